#pragma once
// Inside the module: Kafka's primitive types (big-endian) out of and into a buffer.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::group {

// Reads from the front. The first thing that does not fit makes the reader fail for good: everything read from then on
// is zero or empty, so a caller may read a whole message and look at ok() once, as long as its loops are bounded by
// count() and stop when !ok().
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return rest_.size(); }
  std::string_view rest() const { return rest_; }
  void fail();

  bool boolean() { return number<std::uint8_t>() != 0; }
  std::int8_t int8() { return static_cast<std::int8_t>(number<std::uint8_t>()); }
  std::int16_t int16() { return static_cast<std::int16_t>(number<std::uint16_t>()); }
  std::int32_t int32() { return static_cast<std::int32_t>(number<std::uint32_t>()); }
  std::int64_t int64() { return static_cast<std::int64_t>(number<std::uint64_t>()); }
  std::uint32_t uvarint();

  // The next `size` bytes as they are.
  std::string_view take(std::size_t size);

  // Lengths as int16 (strings) or int32 (bytes), or as an unsigned varint plus one if `flexible`; null is nullopt, and
  // a failure where the caller does not take it.
  std::optional<std::string_view> nullable_string(bool flexible = false);
  std::string string(bool flexible = false);
  std::optional<std::string_view> nullable_bytes(bool flexible = false);
  std::string bytes(bool flexible = false);
  // How many items follow: null counts as none. Fails where the rest cannot hold that many of `item_size_min` bytes.
  std::size_t count(bool flexible = false, std::size_t item_size_min = 1);
  // The tagged fields that end each structure of a flexible version; none is known here.
  void tags(bool flexible);

 private:
  template <typename T>
  T number();
  std::optional<std::string_view> sized(std::int64_t size);

  std::string_view rest_;
  bool ok_ = true;
};

class ByteWriter {
 public:
  const std::string& bytes() const& { return out_; }
  std::string take() { return std::move(out_); }

  void boolean(bool value) { int8(value ? 1 : 0); }
  void int8(std::int8_t value) { number(static_cast<std::uint8_t>(value)); }
  void int16(std::int16_t value) { number(static_cast<std::uint16_t>(value)); }
  void int32(std::int32_t value) { number(static_cast<std::uint32_t>(value)); }
  void int64(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void uvarint(std::uint32_t value);
  void raw(std::string_view value) { out_.append(value); }

  // A string of more than 32767 bytes is cut: the caller checks what users can make that long.
  void string(std::string_view value, bool flexible = false);
  void nullable_string(const std::optional<std::string>& value, bool flexible = false);
  void sized_bytes(std::string_view value, bool flexible = false);
  void count(std::size_t items, bool flexible = false);
  void tags(bool flexible) {
    if (flexible) uvarint(0);
  }

 private:
  template <typename T>
  void number(T value);

  std::string out_;
};

}  // namespace sluice::group
