#include "runtime/store/java_serialization.h"

#include <bit>
#include <cstdint>
#include <span>

namespace sluice::store {
namespace {

// Type codes and constants of java.io.ObjectStreamConstants.
constexpr std::uint16_t kMagic = 0xACED;
constexpr std::uint16_t kVersion = 5;
constexpr std::uint8_t kNull = 0x70;
constexpr std::uint8_t kReference = 0x71;
constexpr std::uint8_t kClassDescription = 0x72;
constexpr std::uint8_t kObject = 0x73;
constexpr std::uint8_t kArray = 0x75;
constexpr std::uint8_t kBlockData = 0x77;
constexpr std::uint8_t kEndBlockData = 0x78;
constexpr std::uint32_t kBaseHandle = 0x7E0000;
constexpr std::uint8_t kWriteMethodSerializable = 0x03;
constexpr std::uint8_t kSerializable = 0x02;

constexpr std::string_view kHashMapName = "java.util.HashMap";
constexpr std::uint64_t kHashMapUid = 0x0507DAC1C31660D1;
constexpr std::string_view kByteArrayName = "[B";
constexpr std::uint64_t kByteArrayUid = 0xACF317F8060854E0;

class Reader {
 public:
  explicit Reader(std::string_view stream) : stream_(stream) {}

  base::Result<JavaByteMap> read_map() {
    SLUICE_TRY_ASSIGN(const auto magic, number(2));
    SLUICE_TRY_ASSIGN(const auto version, number(2));
    if (magic != kMagic || version != kVersion) return error_at(0, "this is not a Java serialization stream");
    SLUICE_TRY(expect(kObject, "an object"));
    SLUICE_TRY(read_hash_map_class());
    handles_.push_back({});  // the map itself
    SLUICE_TRY_ASSIGN(const auto size, read_map_fields());
    JavaByteMap map;
    map.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      SLUICE_TRY_ASSIGN(auto key, read_bytes());
      SLUICE_TRY_ASSIGN(auto value, read_bytes());
      map.emplace_back(std::move(key), std::move(value));
    }
    SLUICE_TRY(expect(kEndBlockData, "the end of the map"));
    if (at_ != stream_.size()) return error("{} more bytes follow the map", stream_.size() - at_);
    return map;
  }

 private:
  enum class What { kOther, kByteArrayClass, kBytes };
  struct Handle {
    What what = What::kOther;
    std::string_view bytes{};
  };

  template <typename... Args>
  tl::unexpected<base::Error> error(fmt::format_string<Args...> format, Args&&... args) const {
    return error_at(at_, fmt::format(format, std::forward<Args>(args)...));
  }
  static tl::unexpected<base::Error> error_at(std::size_t at, std::string_view what) {
    return base::connect_error("at byte {}: {}", at, what);
  }

  base::Result<std::string_view> take(std::size_t count) {
    if (stream_.size() - at_ < count)
      return error("the stream ends {} bytes too early", count - (stream_.size() - at_));
    const auto bytes = stream_.substr(at_, count);
    at_ += count;
    return bytes;
  }
  base::Result<std::uint64_t> number(std::size_t width) {
    SLUICE_TRY_ASSIGN(const auto bytes, take(width));
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }
  base::Status expect(std::uint8_t code, std::string_view what) {
    SLUICE_TRY_ASSIGN(const auto found, number(1));
    if (found != code)
      return error_at(at_ - 1, fmt::format("{} should stand here, not type code 0x{:02x}", what, found));
    return {};
  }
  base::Result<std::string_view> short_text() {
    SLUICE_TRY_ASSIGN(const auto length, number(2));
    return take(static_cast<std::size_t>(length));
  }
  base::Result<const Handle*> reference() {
    SLUICE_TRY_ASSIGN(const auto handle, number(4));
    if (handle < kBaseHandle || handle - kBaseHandle >= handles_.size()) return error("unknown handle 0x{:x}", handle);
    return &handles_[handle - kBaseHandle];
  }

  base::Status read_hash_map_class() {
    SLUICE_TRY(expect(kClassDescription, "a class description"));
    SLUICE_TRY_ASSIGN(const auto name, short_text());
    if (name != kHashMapName) return error("the object is a {}, not a {}", printable(name), kHashMapName);
    SLUICE_TRY_ASSIGN(const auto uid, number(8));
    if (uid != kHashMapUid) return error("an unknown version of {}", kHashMapName);
    handles_.push_back({});
    SLUICE_TRY_ASSIGN(const auto flags, number(1));
    if (flags != kWriteMethodSerializable) return error("unexpected flags 0x{:02x} of {}", flags, kHashMapName);
    SLUICE_TRY_ASSIGN(const auto fields, number(2));
    for (std::uint64_t i = 0; i < fields; ++i) {
      SLUICE_TRY_ASSIGN(const auto type, number(1));
      SLUICE_TRY_ASSIGN(const auto field, short_text());
      if (type != 'F' && type != 'I') return error("unexpected field {} of {}", printable(field), kHashMapName);
      field_bytes_ += 4;
    }
    SLUICE_TRY(expect(kEndBlockData, "the end of the class annotations"));
    return expect(kNull, "no superclass");
  }

  // What the map's own writeObject writes: its fields, then the number of buckets and the size in a block.
  base::Result<std::size_t> read_map_fields() {
    SLUICE_TRY(take(field_bytes_));
    SLUICE_TRY(expect(kBlockData, "the size of the map"));
    SLUICE_TRY_ASSIGN(const auto length, number(1));
    if (length != 8) return error("the size of the map takes 8 bytes, not {}", length);
    SLUICE_TRY(number(4));
    SLUICE_TRY_ASSIGN(const auto size, number(4));
    // Each pair takes two bytes at least: bounds what a damaged size can make us reserve.
    if (size > (stream_.size() - at_) / 2) return error("the map cannot hold {} pairs", size);
    return static_cast<std::size_t>(size);
  }

  base::Status read_byte_array_class() {
    SLUICE_TRY_ASSIGN(const auto code, number(1));
    if (code == kReference) {
      SLUICE_TRY_ASSIGN(const Handle* handle, reference());
      if (handle->what != What::kByteArrayClass) return error("an array that is not a byte[]");
      return {};
    }
    if (code != kClassDescription) return error("unexpected type code 0x{:02x} for the class of an array", code);
    SLUICE_TRY_ASSIGN(const auto name, short_text());
    SLUICE_TRY_ASSIGN(const auto uid, number(8));
    if (name != kByteArrayName || uid != kByteArrayUid)
      return error("an array that is not a byte[] but {}", printable(name));
    handles_.push_back({What::kByteArrayClass});
    SLUICE_TRY(take(1));
    SLUICE_TRY_ASSIGN(const auto fields, number(2));
    if (fields != 0) return error("a byte[] with fields");
    SLUICE_TRY(expect(kEndBlockData, "the end of the class annotations"));
    return expect(kNull, "no superclass");
  }

  base::Result<std::optional<std::string>> read_bytes() {
    SLUICE_TRY_ASSIGN(const auto code, number(1));
    if (code == kNull) return std::optional<std::string>();
    if (code == kReference) {
      SLUICE_TRY_ASSIGN(const Handle* handle, reference());
      if (handle->what != What::kBytes) return error("a reference to something that is not a byte[]");
      return std::optional<std::string>(std::string(handle->bytes));
    }
    if (code != kArray) return error("a byte[] should stand here, not type code 0x{:02x}", code);
    SLUICE_TRY(read_byte_array_class());
    const std::size_t handle = handles_.size();
    handles_.push_back({});
    SLUICE_TRY_ASSIGN(const auto length, number(4));
    if (length > stream_.size()) return error("a byte[] of {} bytes", length);
    SLUICE_TRY_ASSIGN(const auto bytes, take(static_cast<std::size_t>(length)));
    handles_[handle] = {What::kBytes, bytes};
    return std::optional<std::string>(std::string(bytes));
  }

  static std::string printable(std::string_view name) {
    std::string text;
    for (const char c : name.substr(0, 80)) text += c >= ' ' && c < 0x7F ? c : '?';
    return text;
  }

  std::string_view stream_;
  std::size_t at_ = 0;
  std::size_t field_bytes_ = 0;
  std::vector<Handle> handles_;
};

class Writer {
 public:
  std::string write(const JavaByteMap& map) {
    const std::uint32_t buckets = bucket_count(map.size());
    number(kMagic, 2);
    number(kVersion, 2);
    number(kObject, 1);
    class_description(kHashMapName, kHashMapUid, kWriteMethodSerializable, 2);
    field('F', "loadFactor");
    field('I', "threshold");
    end_of_class();
    number(std::bit_cast<std::uint32_t>(0.75F), 4);
    number(buckets / 4 * 3, 4);
    number(kBlockData, 1);
    number(8, 1);
    number(buckets, 4);
    number(map.size(), 4);
    for (const auto& [key, value] : map) {
      bytes(key);
      bytes(value);
    }
    number(kEndBlockData, 1);
    return std::move(out_);
  }

 private:
  // As HashMap grows: powers of two, three quarters full at most.
  static std::uint32_t bucket_count(std::size_t size) {
    std::uint32_t buckets = 16;
    while (buckets / 4 * 3 < size && buckets < (1U << 30)) buckets *= 2;
    return buckets;
  }
  void number(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) out_ += static_cast<char>(value >> shift & 0xFF);
  }
  void short_text(std::string_view text) {
    number(text.size(), 2);
    out_ += text;
  }
  void class_description(std::string_view name, std::uint64_t uid, std::uint8_t flags, unsigned fields) {
    number(kClassDescription, 1);
    short_text(name);
    number(uid, 8);
    number(flags, 1);
    number(fields, 2);
  }
  void field(char type, std::string_view name) {
    number(static_cast<std::uint8_t>(type), 1);
    short_text(name);
  }
  void end_of_class() {
    number(kEndBlockData, 1);
    number(kNull, 1);
  }
  void bytes(const std::optional<std::string>& value) {
    if (!value) return number(kNull, 1);
    number(kArray, 1);
    if (byte_array_described_) {
      number(kReference, 1);
      number(kBaseHandle + 2, 4);  // after the map's class and the map
    } else {
      class_description(kByteArrayName, kByteArrayUid, kSerializable, 0);
      end_of_class();
      byte_array_described_ = true;
    }
    number(value->size(), 4);
    out_ += *value;
  }

  std::string out_;
  bool byte_array_described_ = false;
};

}  // namespace

base::Result<JavaByteMap> read_java_byte_map(std::string_view stream) {
  return Reader(stream).read_map();
}

std::string write_java_byte_map(const JavaByteMap& map) {
  return Writer().write(map);
}

}  // namespace sluice::store
