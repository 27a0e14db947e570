#include "runtime/group/bytes.h"

#include <limits>

namespace sluice::group {
namespace {

constexpr std::size_t kStringBytesMax = std::numeric_limits<std::int16_t>::max();

}  // namespace

void ByteReader::fail() {
  ok_ = false;
  rest_ = {};
}

template <typename T>
T ByteReader::number() {
  if (rest_.size() < sizeof(T)) {
    fail();
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(sizeof(T));
  return static_cast<T>(value);
}
template std::uint8_t ByteReader::number();
template std::uint16_t ByteReader::number();
template std::uint32_t ByteReader::number();
template std::uint64_t ByteReader::number();

std::uint32_t ByteReader::uvarint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto byte = number<std::uint8_t>();
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) != 0) continue;
    if (value > std::numeric_limits<std::uint32_t>::max()) break;
    return static_cast<std::uint32_t>(value);
  }
  fail();
  return 0;
}

std::string_view ByteReader::take(std::size_t size) {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::optional<std::string_view> ByteReader::sized(std::int64_t size) {
  if (!ok_ || size == -1) return std::nullopt;
  if (size < 0) {
    fail();
    return std::nullopt;
  }
  const std::string_view taken = take(static_cast<std::size_t>(size));
  return ok_ ? std::optional(taken) : std::nullopt;
}

std::optional<std::string_view> ByteReader::nullable_string(bool flexible) {
  return sized(flexible ? std::int64_t{uvarint()} - 1 : std::int64_t{int16()});
}

std::string ByteReader::string(bool flexible) {
  const auto text = nullable_string(flexible);
  if (!text) fail();
  return std::string(text.value_or(""));
}

std::optional<std::string_view> ByteReader::nullable_bytes(bool flexible) {
  return sized(flexible ? std::int64_t{uvarint()} - 1 : std::int64_t{int32()});
}

std::string ByteReader::bytes(bool flexible) {
  const auto value = nullable_bytes(flexible);
  if (!value) fail();
  return std::string(value.value_or(""));
}

std::size_t ByteReader::count(bool flexible, std::size_t item_size_min) {
  const std::int64_t items = flexible ? std::int64_t{uvarint()} - 1 : std::int64_t{int32()};
  if (!ok_ || items == -1) return 0;
  if (items < 0 || static_cast<std::uint64_t>(items) > rest_.size() / item_size_min) {
    fail();
    return 0;
  }
  return static_cast<std::size_t>(items);
}

void ByteReader::tags(bool flexible) {
  if (!flexible) return;
  for (std::uint32_t fields = uvarint(); ok_ && fields > 0; --fields) {
    uvarint();
    take(uvarint());
  }
}

template <typename T>
void ByteWriter::number(T value) {
  for (std::size_t i = sizeof(T); i-- > 0;)
    out_.push_back(static_cast<char>(static_cast<unsigned char>(static_cast<std::uint64_t>(value) >> (8 * i))));
}
template void ByteWriter::number(std::uint8_t);
template void ByteWriter::number(std::uint16_t);
template void ByteWriter::number(std::uint32_t);
template void ByteWriter::number(std::uint64_t);

void ByteWriter::uvarint(std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) int8(static_cast<std::int8_t>(value | 0x80));
  int8(static_cast<std::int8_t>(value));
}

void ByteWriter::string(std::string_view value, bool flexible) {
  value = value.substr(0, kStringBytesMax);
  if (flexible)
    uvarint(static_cast<std::uint32_t>(value.size() + 1));
  else
    int16(static_cast<std::int16_t>(value.size()));
  raw(value);
}

void ByteWriter::nullable_string(const std::optional<std::string>& value, bool flexible) {
  if (value) return string(*value, flexible);
  if (flexible)
    uvarint(0);
  else
    int16(-1);
}

void ByteWriter::sized_bytes(std::string_view value, bool flexible) {
  count(value.size(), flexible);
  raw(value);
}

void ByteWriter::count(std::size_t items, bool flexible) {
  if (flexible)
    uvarint(static_cast<std::uint32_t>(items + 1));
  else
    int32(static_cast<std::int32_t>(items));
}

}  // namespace sluice::group
