#include "smt/geometry_bytes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "smt/debezium_envelope.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

constexpr std::uint32_t kZFlag = 0x80000000;
constexpr std::uint32_t kMFlag = 0x40000000;
constexpr std::uint32_t kSridFlag = 0x20000000;
constexpr std::uint32_t kTypeMask = 0xFF;
constexpr char kLittleEndian = 0x01;

enum Type : std::uint32_t {
  kPoint = 1,
  kLineString,
  kPolygon,
  kMultiPoint,
  kMultiLineString,
  kMultiPolygon,
  kGeometryCollection,
};

std::uint32_t load32(const char* at, bool little) {
  std::array<unsigned char, 4> b;
  std::memcpy(b.data(), at, b.size());
  if (little) std::reverse(b.begin(), b.end());
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

void store32(char* at, std::uint32_t value, bool little) {
  std::array<unsigned char, 4> b = {static_cast<unsigned char>(value >> 24), static_cast<unsigned char>(value >> 16),
                                    static_cast<unsigned char>(value >> 8), static_cast<unsigned char>(value)};
  if (little) std::reverse(b.begin(), b.end());
  std::memcpy(at, b.data(), b.size());
}

tl::unexpected<base::Error> too_short(std::string_view geometry) {
  return base::fail(base::Code::kBadRecord, "java.nio.BufferUnderflowException",
                    "The geometry ends too soon, after {} bytes", geometry.size());
}

// Copies a geometry number by number. All numbers are written in the outermost byte order, also those of a part that is
// marked with another one: so does Debezium.
class Swapper {
 public:
  Swapper(std::string_view in, char* out) : in_(in), out_(out) {}

  bool swap() {
    if (in_.empty()) return false;
    out_little_ = in_[0] == kLittleEndian;
    little_ = out_little_;
    *out_++ = in_[0];
    in_.remove_prefix(1);
    return geometry(0);
  }
  char* end() const { return out_; }

 private:
  bool geometry(int depth) {
    std::uint32_t type = 0;
    if (depth > kGeometryDepthMax || !number(&type)) return false;
    const int stride = 2 + ((type & kZFlag) != 0 ? 1 : 0) + ((type & kMFlag) != 0 ? 1 : 0);
    std::uint32_t srid = 0;
    if ((type & kSridFlag) != 0 && !number(&srid)) return false;
    switch (type & kTypeMask) {
      case kPoint:
        return point(stride);
      case kLineString:
        return line(stride);
      case kPolygon:
        return polygon(stride);
      case kMultiPoint:
        return parts([&] { return typed([&] { return point(stride); }); });
      case kMultiLineString:
        return parts([&] { return typed([&] { return line(stride); }); });
      case kMultiPolygon:
        return parts([&] { return typed([&] { return polygon(stride); }); });
      case kGeometryCollection:
        return parts([&] { return geometry(depth + 1); });
      default:
        return false;
    }
  }

  bool number(std::uint32_t* value) {
    if (in_.size() < 4) return false;
    *value = load32(in_.data(), little_);
    in_.remove_prefix(4);
    store32(out_, *value, out_little_);
    out_ += 4;
    return true;
  }

  void copy_ordinate(const char* from) {
    std::memcpy(out_, from, 8);
    if (little_ != out_little_) std::reverse(out_, out_ + 8);
    out_ += 8;
  }

  bool point(int stride) {
    const auto size = static_cast<std::size_t>(stride) * 8;
    if (in_.size() < size) return false;
    copy_ordinate(in_.data() + 8);
    copy_ordinate(in_.data());
    for (std::size_t at = 16; at < size; at += 8) copy_ordinate(in_.data() + at);
    in_.remove_prefix(size);
    return true;
  }

  // A count, which Java reads as a signed number, and as many of what `each` reads.
  template <typename Each>
  bool counted(Each&& each) {
    std::uint32_t count = 0;
    if (!number(&count)) return false;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(count); ++i)
      if (!each()) return false;
    return true;
  }
  bool line(int stride) {
    return counted([&] { return point(stride); });
  }
  bool polygon(int stride) {
    return counted([&] { return line(stride); });
  }
  template <typename Each>
  bool parts(Each&& each) {
    return counted([&] {
      if (in_.empty()) return false;
      const bool outer = little_;
      little_ = in_[0] == kLittleEndian;
      *out_++ = in_[0];
      in_.remove_prefix(1);
      const bool read = each();
      little_ = outer;
      return read;
    });
  }
  template <typename Rest>
  bool typed(Rest&& rest) {
    std::uint32_t type = 0;
    return number(&type) && rest();
  }

  std::string_view in_;
  char* out_;
  bool little_ = false;
  bool out_little_ = false;
};

}  // namespace

bool is_extended(std::string_view geometry) {
  return geometry.size() >= 5 && (load32(geometry.data() + 1, geometry[0] == kLittleEndian) & kSridFlag) != 0;
}

base::Result<std::string_view> to_extended(sluice_arena* arena, std::string_view wkb, std::int32_t srid) {
  if (is_extended(wkb)) return wkb;
  if (wkb.size() < 5) return too_short(wkb);
  auto* out = arena_array<char>(arena, wkb.size() + 4);
  if (out == nullptr) return out_of_memory();
  const bool little = wkb[0] == kLittleEndian;
  out[0] = wkb[0];
  store32(out + 1, load32(wkb.data() + 1, little) | kSridFlag, little);
  store32(out + 5, static_cast<std::uint32_t>(srid), little);
  std::copy(wkb.begin() + 5, wkb.end(), out + 9);
  return std::string_view(out, wkb.size() + 4);
}

base::Result<std::string_view> to_plain(sluice_arena* arena, std::string_view ewkb) {
  if (!is_extended(ewkb)) return ewkb;
  if (ewkb.size() < 9) return too_short(ewkb);
  auto* out = arena_array<char>(arena, ewkb.size() - 4);
  if (out == nullptr) return out_of_memory();
  const bool little = ewkb[0] == kLittleEndian;
  out[0] = ewkb[0];
  store32(out + 1, load32(ewkb.data() + 1, little) & ~kSridFlag, little);
  std::copy(ewkb.begin() + 9, ewkb.end(), out + 5);
  return std::string_view(out, ewkb.size() - 4);
}

base::Result<std::string_view> swap_coordinates(sluice_arena* arena, std::string_view geometry) {
  auto* out = arena_array<char>(arena, geometry.size() + 1);
  if (out == nullptr) return out_of_memory();
  Swapper swapper(geometry, out);
  if (!swapper.swap())
    return base::fail(base::Code::kBadRecord, kDebeziumException, "Failed to swap EWKB/WKB coordinates");
  return std::string_view(out, static_cast<std::size_t>(swapper.end() - out));
}

}  // namespace sluice::smt
