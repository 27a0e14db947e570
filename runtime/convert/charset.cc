#include "runtime/convert/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <unordered_map>

#include "runtime/base/strings.h"
#include "runtime/convert/utf8.h"

namespace sluice::convert {
namespace {

bool is_surrogate(char32_t point) {
  return point >= 0xD800 && point <= 0xDFFF;
}

void append_point(char32_t point, std::string& text) {
  std::array<char, 4> buffer;
  const char* const end = put_point(buffer.data(), point);
  text.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

// US-ASCII and ISO-8859-1: code points below a limit are bytes.
class LowCharset final : public Charset {
 public:
  explicit LowCharset(char32_t limit) : limit_(limit) {}
  void encode(std::string_view text, std::string& bytes) const override {
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
      const char32_t point = take_point(&p, end);
      bytes += point < limit_ ? static_cast<char>(point) : '?';
    }
  }
  void decode(std::string_view bytes, std::string& text) const override {
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      append_point(byte < limit_ ? byte : 0xFFFD, text);
    }
  }

 private:
  const char32_t limit_;
};

enum class Order { kBig, kLittle };

void append_number(std::uint32_t number, int width, Order order, std::string& bytes) {
  for (int i = 0; i < width; ++i) {
    const int shift = 8 * (order == Order::kBig ? width - 1 - i : i);
    bytes += static_cast<char>(number >> shift);
  }
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t width, Order order) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t from = at + (order == Order::kBig ? i : width - 1 - i);
    number = number << 8 | static_cast<unsigned char>(bytes[from]);
  }
  return number;
}

struct WideForm {
  int width;         // bytes of a unit: 2 or 4
  Order order;       // of writing, and of reading without a mark
  bool writes_mark;  // a byte order mark first, unless the text is empty
  bool reads_mark;
};

// UTF-16 and UTF-32.
class WideCharset final : public Charset {
 public:
  explicit WideCharset(WideForm form) : form_(form) {}

  void encode(std::string_view text, std::string& bytes) const override {
    if (form_.writes_mark && !text.empty()) append_number(0xFEFF, form_.width, form_.order, bytes);
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
      char32_t point = take_point(&p, end);
      if (is_surrogate(point)) point = 0xFFFD;
      if (form_.width == 2 && point >= 0x10000) {
        append_number(0xD800 + ((point - 0x10000) >> 10), 2, form_.order, bytes);
        point = 0xDC00 + (point & 0x3FF);
      }
      append_number(point, form_.width, form_.order, bytes);
    }
  }

  void decode(std::string_view bytes, std::string& text) const override {
    const auto width = static_cast<std::size_t>(form_.width);
    Order order = form_.order;
    std::size_t at = 0;
    if (form_.reads_mark && bytes.size() >= width) {
      const bool big = number_at(bytes, 0, width, Order::kBig) == 0xFEFF;
      const bool little = number_at(bytes, 0, width, Order::kLittle) == 0xFEFF;
      if (big || little) {
        order = big ? Order::kBig : Order::kLittle;
        at = width;
      }
    }
    while (bytes.size() - at >= width) {
      char32_t point = number_at(bytes, at, width, order);
      at += width;
      if (width == 2 && is_surrogate(point)) {
        const bool high = point < 0xDC00;
        if (high && bytes.size() - at < 2) {
          at = bytes.size() - 1;  // with nothing to follow, Java counts it into what is left over
          break;
        }
        const char32_t low = high ? number_at(bytes, at, 2, order) : 0;
        const bool pair = low >= 0xDC00 && low <= 0xDFFF;
        point = pair ? 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
        if (high) at += 2;
      } else if (point > 0x10FFFF) {
        point = 0xFFFD;
      }
      append_point(point, text);
    }
    if (at < bytes.size()) append_point(0xFFFD, text);
  }

 private:
  const WideForm form_;
};

// A conversion descriptor of the C library.
class Iconv {
 public:
  Iconv(const char* to, const char* from) : handle_(iconv_open(to, from)) {}
  ~Iconv() {
    if (valid()) iconv_close(handle_);
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;
  bool valid() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // Converts all of `in`, and appends `replacement` for each `step` bytes that cannot be converted.
  template <typename Step>
  void convert(std::string_view in, std::string_view replacement, Step step, std::string& out) const {
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    char* from = const_cast<char*>(in.data());  // iconv's signature; it does not write there
    std::size_t left = in.size();
    std::array<char, 256> buffer;
    while (left > 0) {
      char* to = buffer.data();
      std::size_t room = buffer.size();
      const std::size_t result = iconv(handle_, &from, &left, &to, &room);
      const int error = result == static_cast<std::size_t>(-1) ? errno : 0;
      out.append(buffer.data(), static_cast<std::size_t>(to - buffer.data()));
      if (error == 0 || error == E2BIG) continue;
      const std::size_t skipped = error == EINVAL ? left : std::min(left, step(from, left));
      out += replacement;
      from += skipped;
      left -= skipped;
    }
    char* to = buffer.data();
    std::size_t room = buffer.size();
    iconv(handle_, nullptr, nullptr, &to, &room);  // back to the initial state, for sets with shifts
    out.append(buffer.data(), static_cast<std::size_t>(to - buffer.data()));
  }

 private:
  const iconv_t handle_;
};

class LibraryCharset final : public Charset {
 public:
  explicit LibraryCharset(const std::string& name) : to_(name.c_str(), "UTF-8"), from_("UTF-8", name.c_str()) {}
  bool valid() const { return to_.valid() && from_.valid(); }
  void encode(std::string_view text, std::string& bytes) const override {
    const auto step = [](const char* at, std::size_t left) {
      const char* p = at;
      take_point(&p, at + left);
      return static_cast<std::size_t>(p - at);
    };
    to_.convert(text, "?", step, bytes);
  }
  void decode(std::string_view bytes, std::string& text) const override {
    from_.convert(
        bytes, "\xEF\xBF\xBD", [](const char*, std::size_t) { return std::size_t{1}; }, text);
  }

 private:
  Iconv to_, from_;
};

enum class Family {
  kUtf8,
  kLatin1,
  kAscii,
  kUtf16,
  kUtf16Big,
  kUtf16Little,
  kUtf16LittleMark,
  kUtf32,
  kUtf32Big,
  kUtf32Little,
  kUtf32BigMark,
  kUtf32LittleMark
};

// Java's names and aliases, in lower case.
const std::unordered_map<std::string_view, Family>& families() {
  static const auto kFamilies = [] {
    std::unordered_map<std::string_view, Family> map;
    const auto add = [&](Family family, std::initializer_list<std::string_view> names) {
      for (const std::string_view name : names) map.emplace(name, family);
    };
    add(Family::kUtf8, {"utf-8", "utf8", "unicode-1-1-utf-8"});
    add(Family::kLatin1,
        {"iso-8859-1", "819", "iso8859-1", "l1", "iso_8859-1:1987", "iso_8859-1", "8859_1", "iso-ir-100", "latin1",
         "cp819", "iso8859_1", "ibm819", "iso_8859_1", "ibm-819", "csisolatin1"});
    add(Family::kAscii,
        {"us-ascii", "ansi_x3.4-1968", "cp367", "csascii", "iso-ir-6", "ascii", "iso_646.irv:1983", "ansi_x3.4-1986",
         "ascii7", "default", "iso_646.irv:1991", "iso646-us", "ibm367", "646", "us"});
    add(Family::kUtf16, {"utf-16", "utf_16", "unicode", "utf16", "unicodebig"});
    add(Family::kUtf16Big, {"utf-16be", "x-utf-16be", "utf_16be", "iso-10646-ucs-2", "unicodebigunmarked"});
    add(Family::kUtf16Little, {"utf-16le", "unicodelittleunmarked", "utf_16le", "x-utf-16le"});
    add(Family::kUtf16LittleMark, {"x-utf-16le-bom", "unicodelittle"});
    add(Family::kUtf32, {"utf-32", "utf_32", "utf32"});
    add(Family::kUtf32Big, {"utf-32be", "x-utf-32be", "utf_32be"});
    add(Family::kUtf32Little, {"utf-32le", "x-utf-32le", "utf_32le"});
    add(Family::kUtf32BigMark, {"x-utf-32be-bom", "utf_32be_bom", "utf-32be-bom"});
    add(Family::kUtf32LittleMark, {"x-utf-32le-bom", "utf_32le_bom", "utf-32le-bom"});
    return map;
  }();
  return kFamilies;
}

std::unique_ptr<Charset> make(Family family) {
  const auto wide = [](WideForm form) { return std::make_unique<WideCharset>(form); };
  switch (family) {
    case Family::kUtf8:
      return nullptr;
    case Family::kLatin1:
      return std::make_unique<LowCharset>(0x100);
    case Family::kAscii:
      return std::make_unique<LowCharset>(0x80);
    case Family::kUtf16:
      return wide({2, Order::kBig, true, true});
    case Family::kUtf16Big:
      return wide({2, Order::kBig, false, false});
    case Family::kUtf16Little:
      return wide({2, Order::kLittle, false, false});
    case Family::kUtf16LittleMark:
      return wide({2, Order::kLittle, true, true});
    case Family::kUtf32:
      return wide({4, Order::kBig, false, true});
    case Family::kUtf32Big:
      return wide({4, Order::kBig, false, false});
    case Family::kUtf32Little:
      return wide({4, Order::kLittle, false, false});
    case Family::kUtf32BigMark:
      return wide({4, Order::kBig, true, true});
    case Family::kUtf32LittleMark:
      return wide({4, Order::kLittle, true, true});
  }
  return nullptr;
}

// Java's rule for names: letters, digits and - + . : _, where the last five may not come first.
bool is_charset_name(std::string_view name) {
  if (name.empty()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && (i == 0 || std::string_view("-+.:_").find(c) == std::string_view::npos)) return false;
  }
  return true;
}

}  // namespace

base::Result<std::unique_ptr<Charset>> Charset::find(std::string_view name) {
  if (!is_charset_name(name))
    return base::fail(base::Code::kInvalidConfig, "java.nio.charset.IllegalCharsetNameException", "{}", name);
  const std::string lower = base::to_lower_ascii(name);
  if (const auto it = families().find(lower); it != families().end()) return make(it->second);
  // Java's own spelling of sets that iconv names without the prefix: "x-IBM737", "windows-31j".
  std::string library_name = lower == "windows-31j"          ? "cp932"
                             : lower.starts_with("windows-") ? "cp" + lower.substr(8)
                                                             : lower;
  if (library_name.starts_with("x-")) library_name.erase(0, 2);
  // iconv takes options after a slash, which is_charset_name has ruled out; names of the unicode family were settled
  // above.
  if (!library_name.starts_with("ucs") && !library_name.starts_with("utf")) {
    auto library = std::make_unique<LibraryCharset>(library_name);
    if (library->valid()) return library;
  }
  return base::fail(base::Code::kInvalidConfig, "java.nio.charset.UnsupportedCharsetException", "{}", name);
}

}  // namespace sluice::convert
