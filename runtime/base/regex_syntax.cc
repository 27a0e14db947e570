#include "runtime/base/regex_syntax.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::base {
namespace {

constexpr const char* kPatternSyntaxException = "java.util.regex.PatternSyntaxException";
constexpr int kNestingMax = 250;  // groups and classes; PCRE2's own limit for groups

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::string code_point(std::uint32_t value) {
  return fmt::format("\\x{{{:x}}}", value);
}

struct PosixClass {
  std::string_view name;
  std::string_view items;  // as inside a class
};
// Java's POSIX classes are ASCII.
constexpr std::array<PosixClass, 13> kPosixClasses = {{{"Lower", "a-z"},
                                                       {"Upper", "A-Z"},
                                                       {"ASCII", "\\x00-\\x7f"},
                                                       {"Alpha", "a-zA-Z"},
                                                       {"Digit", "0-9"},
                                                       {"Alnum", "a-zA-Z0-9"},
                                                       {"Punct", "!-\\/:-@\\[-`{-~"},
                                                       {"Graph", "!-~"},
                                                       {"Print", " -~"},
                                                       {"Blank", " \\t"},
                                                       {"Cntrl", "\\x00-\\x1f\\x7f"},
                                                       {"XDigit", "0-9a-fA-F"},
                                                       {"Space", "\\x09-\\x0d\\x20"}}};
constexpr std::array<PosixClass, 10> kUnicodeClasses = {{{"javaLowerCase", "\\p{Ll}"},
                                                         {"javaUpperCase", "\\p{Lu}"},
                                                         {"javaWhitespace", "\\s"},
                                                         {"IsAlphabetic", "\\p{L}\\p{Nl}"},
                                                         {"IsLetter", "\\p{L}"},
                                                         {"IsDigit", "\\p{Nd}"},
                                                         {"IsUppercase", "\\p{Lu}"},
                                                         {"IsLowercase", "\\p{Ll}"},
                                                         {"IsPunctuation", "\\p{P}"},
                                                         {"LC", "\\p{Ll}\\p{Lu}\\p{Lt}"}}};

// What stands inside one pair of square brackets, or one operand of && there.
struct ClassPart {
  std::string items;                // for [...]
  std::vector<std::string> others;  // whole expressions of one character each

  bool empty() const { return items.empty() && others.empty(); }
  std::string expression() const {
    if (others.empty()) return "[" + items + "]";
    if (items.empty() && others.size() == 1) return others[0];
    std::string text = "(?:";
    if (!items.empty()) text += "[" + items + "]|";
    for (std::size_t i = 0; i < others.size(); ++i) text += (i > 0 ? "|" : "") + others[i];
    return text + ")";
  }
};

// One pass over the pattern, as Java's own compiler makes it, so that mistakes are found where Java finds them.
class Translator {
 public:
  Translator(std::string_view pattern, bool (*known_property)(std::string_view))
      : pattern_(pattern), known_property_(known_property) {}

  Result<std::string> run() {
    while (!at_end()) SLUICE_TRY(element());
    if (!groups_.empty()) return error("Unclosed group", size());
    return std::move(out_);
  }

 private:
  struct Group {
    bool extended;  // the (?x) flag outside of it, which comes back at its end
  };
  // A single character, or a set of them such as \d.
  struct Atom {
    std::optional<std::uint32_t> character;
    std::string items;  // usable within [...]; empty if only `expression` can say it
    std::string expression;
  };

  bool at_end() const { return at_ >= pattern_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0'; }
  bool take(char c) {
    if (at_end() || pattern_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(pattern_.size()); }
  std::ptrdiff_t here() const { return static_cast<std::ptrdiff_t>(at_); }
  tl::unexpected<Error> error(std::string_view description, std::ptrdiff_t at) const {
    return fail(regex_syntax_error(description, at, pattern_));
  }

  Status element() {
    const char c = peek();
    switch (c) {
      case '\\':
        return escape_outside();
      case '[': {
        ++at_;
        SLUICE_TRY_ASSIGN(const std::string expression, char_class(0));
        return atom(expression);
      }
      case '(':
        return open_group();
      case ')':
        if (groups_.empty()) return error("Unmatched closing ')'", here() - 1);
        extended_ = groups_.back().extended;
        groups_.pop_back();
        ++at_;
        return atom(")");
      case '*':
      case '+':
      case '?':
        if (!repeatable_) return error(fmt::format("Dangling meta character '{}'", c), here());
        ++at_;
        return quantifier(std::string(1, c));
      case '{':
        return counted();
      case '|':
        ++at_;
        out_ += '|';
        repeatable_ = false;
        return {};
      case '^':
      case '$':
      case '.':
        ++at_;
        return atom(std::string(1, c));
      default:
        return literal_or_blank();
    }
  }

  Status atom(std::string_view text) {
    out_ += text;
    repeatable_ = true;
    return {};
  }

  Status quantifier(std::string text) {
    if (peek() == '?' || peek() == '+') text += pattern_[at_++];
    out_ += text;
    repeatable_ = false;
    return {};
  }

  Status literal_or_blank() {
    if (extended_ && is_blank(peek())) {
      ++at_;
      return {};
    }
    if (extended_ && peek() == '#') {
      while (!at_end() && peek() != '\n') ++at_;
      return {};
    }
    return atom(code_point(take_character()));
  }

  Status counted() {
    const auto start = here();
    if (!repeatable_ || !is_digit(peek(1))) return error("Illegal repetition", start + 1);
    ++at_;
    const auto number = [&] {
      std::int64_t value = 0;
      while (is_digit(peek())) value = std::min<std::int64_t>(value * 10 + (pattern_[at_++] - '0'), INT32_MAX);
      return value;
    };
    const std::int64_t min = number();
    std::int64_t max = min;
    std::string text = "{" + std::to_string(min);
    if (take(',')) {
      text += ',';
      if (peek() != '}') {
        if (!is_digit(peek())) return error("Unclosed counted closure", here());
        max = number();
        text += std::to_string(max);
      }
    }
    if (!take('}')) return error("Unclosed counted closure", here());
    if (max < min) return error("Illegal repetition range", here() - 1);
    return quantifier(text + "}");
  }

  Status open_group() {
    if (groups_.size() >= static_cast<std::size_t>(kNestingMax)) return error("Groups are nested too deeply", here());
    const Group group{extended_};
    ++at_;
    repeatable_ = false;
    if (!take('?')) {
      out_ += '(';
      ++group_count_;
      groups_.push_back(group);
      return {};
    }
    for (const std::string_view kind : {":", "=", "!", ">", "<=", "<!"}) {
      if (!pattern_.substr(at_).starts_with(kind)) continue;
      at_ += kind.size();
      out_ += "(?" + std::string(kind);
      groups_.push_back(group);
      return {};
    }
    if (take('<')) return named_group(group);
    return flags(group);
  }

  Status named_group(Group group) {
    if (!is_letter(peek())) return error("capturing group name does not start with a Latin letter", here());
    std::string name;
    while (is_letter(peek()) || is_digit(peek())) name += pattern_[at_++];
    if (!take('>')) return error("named capturing group is missing trailing '>'", here());
    if (std::find(names_.begin(), names_.end(), name) != names_.end())
      return error(fmt::format("Named capturing group <{}> is already defined", name), here() - 1);
    names_.push_back(name);
    out_ += "(?<" + name + ">";
    ++group_count_;
    groups_.push_back(group);
    return {};
  }

  // (?i) and (?i:...)
  Status flags(Group group) {
    std::string text = "(?";
    bool on = true;
    bool extended = extended_;
    for (;;) {
      const char c = peek();
      if (c == ')' || c == ':') break;
      if (at_end()) return error("Unknown inline modifier", here());
      ++at_;
      if (c == '-' && on) {
        on = false;
        text += c;
      } else if (c == 'i' || c == 'm' || c == 's') {
        text += c;
      } else if (c == 'x') {
        extended = on;  // blanks and comments are dropped here, so PCRE2 need not know
      } else if (c == 'd' || c == 'u') {
        // Line terminators and case folding: PCRE2 is set up for the wider meaning already.
      } else if (c == 'U') {
        return error("The flag (?U) is not supported; write the Unicode classes as \\p{...}", here() - 1);
      } else {
        return error("Unknown inline modifier", here() - 1);
      }
    }
    if (text.back() == '-') text.pop_back();
    const bool scoped = pattern_[at_++] == ':';
    extended_ = extended;
    if (scoped) {
      out_ += text + ":";
      groups_.push_back(group);
    } else if (text.size() > 2) {
      out_ += text + ")";
    }
    return {};
  }

  // The code point at the cursor, which moves on. Malformed UTF-8 counts byte by byte.
  std::uint32_t take_character() {
    const std::size_t length = std::min(sequence_length(pattern_[at_]), pattern_.size() - at_);
    std::uint32_t value = static_cast<unsigned char>(pattern_[at_]);
    if (length > 1) {
      value &= 0x7Fu >> length;
      for (std::size_t i = 1; i < length; ++i)
        value = value << 6 | (static_cast<unsigned char>(pattern_[at_ + i]) & 0x3F);
    }
    at_ += length;
    return value;
  }

  Status escape_outside() {
    if (peek(1) == 'Q') {
      for (const std::uint32_t character : quoted()) SLUICE_TRY(atom(code_point(character)));
      return {};
    }
    const char c = peek(1);
    if (c >= '1' && c <= '9') return back_reference();
    if (c == 'k') return named_reference();
    if (c != '\0' && std::string_view("AbBGZzRX").find(c) != std::string_view::npos) {
      at_ += 2;
      return atom(std::string("\\") + c);
    }
    SLUICE_TRY_ASSIGN(const Atom escaped, escape());
    return atom(escaped.character ? code_point(*escaped.character) : escaped.expression);
  }

  Status back_reference() {
    ++at_;
    int number = pattern_[at_++] - '0';
    while (is_digit(peek())) {
      const int longer = number * 10 + (peek() - '0');
      if (longer > group_count_) break;
      number = longer;
      ++at_;
    }
    // Java compiles a reference to a group that does not exist yet; it never matches.
    return atom(number > group_count_ ? std::string("(?!)") : fmt::format("\\g{{{}}}", number));
  }

  Status named_reference() {
    at_ += 2;
    if (!take('<')) return error("\\k is not followed by '<' for named capturing group", here());
    if (!is_letter(peek())) return error("capturing group name does not start with a Latin letter", here());
    std::string name;
    while (is_letter(peek()) || is_digit(peek())) name += pattern_[at_++];
    if (!take('>')) return error("named capturing group is missing trailing '>'", here());
    if (std::find(names_.begin(), names_.end(), name) == names_.end())
      return error(fmt::format("named capturing group <{}> does not exist", name), here() - 1);
    return atom("\\k<" + name + ">");
  }

  // The characters between \Q and \E, or the end.
  std::vector<std::uint32_t> quoted() {
    at_ += 2;
    std::vector<std::uint32_t> characters;
    while (!at_end()) {
      if (peek() == '\\' && peek(1) == 'E') {
        at_ += 2;
        break;
      }
      characters.push_back(take_character());
    }
    return characters;
  }

  std::optional<std::uint32_t> hex_digits(std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = static_cast<char>(peek(i) | 0x20);
      const bool letter = c >= 'a' && c <= 'f';
      if (!letter && !is_digit(peek(i))) return std::nullopt;
      value = value << 4 | static_cast<std::uint32_t>(letter ? c - 'a' + 10 : c - '0');
    }
    at_ += count;
    return value;
  }

  // An escape that means one character or a set of them; the cursor is at the backslash.
  Result<Atom> escape() {
    ++at_;
    if (at_end()) return error("Unexpected internal error", size());
    const char c = peek();
    if (!is_letter(c) && !is_digit(c)) return Atom{take_character(), {}, {}};
    ++at_;
    const auto character = [](std::uint32_t value) { return Atom{value, {}, {}}; };
    switch (c) {
      case 'a':
        return character(7);
      case 'e':
        return character(27);
      case 'f':
        return character(12);
      case 'n':
        return character(10);
      case 'r':
        return character(13);
      case 't':
        return character(9);
      case '0':
        return octal();
      case 'x':
        return hexadecimal();
      case 'u':
        return utf16();
      case 'c':
        if (at_end()) return error("Illegal control escape sequence", here() - 1);
        return character(static_cast<unsigned char>(pattern_[at_++]) ^ 64u);
      case 'p':
      case 'P':
        return property(c == 'P');
      default:
        break;
    }
    if (std::string_view("dDhHsSvVwW").find(c) == std::string_view::npos)
      return error("Illegal/unsupported escape sequence", here() - 1);
    const std::string text{'\\', c};
    return Atom{std::nullopt, text, text};
  }

  Result<Atom> octal() {
    std::uint32_t value = 0;
    int digits = 0;
    const auto is_octal = [&] { return peek() >= '0' && peek() <= '7'; };
    while (digits < 3 && is_octal() && value * 8 + static_cast<std::uint32_t>(peek() - '0') <= 0377) {
      value = value * 8 + static_cast<std::uint32_t>(pattern_[at_++] - '0');
      ++digits;
    }
    if (digits == 0) return error("Illegal octal escape sequence", here());
    return Atom{value, {}, {}};
  }

  Result<Atom> hexadecimal() {
    if (take('{')) {
      std::uint32_t value = 0;
      while (const auto digit = hex_digits(1)) {
        value = value << 4 | *digit;
        if (value > 0x10FFFF) return error("Hexadecimal codepoint is too big", here() - 1);
      }
      if (!take('}')) return error("Unclosed hexadecimal escape sequence", here());
      return Atom{value, {}, {}};
    }
    if (const auto value = hex_digits(2)) return Atom{*value, {}, {}};
    return error("Illegal hexadecimal escape sequence", here());
  }

  Result<Atom> utf16() {
    const auto high = hex_digits(4);
    if (!high) return error("Illegal Unicode escape sequence", here());
    if (*high >= 0xD800 && *high < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
      const std::size_t back = at_;
      at_ += 2;
      const auto low = hex_digits(4);
      if (low && *low >= 0xDC00 && *low < 0xE000)
        return Atom{0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00), {}, {}};
      at_ = back;
    }
    if (*high >= 0xD800 && *high < 0xE000) return Atom{std::nullopt, {}, "(?!)"};  // UTF-8 has no lone surrogates
    return Atom{*high, {}, {}};
  }

  Result<Atom> property(bool negated) {
    std::string name;
    if (take('{')) {
      while (!at_end() && peek() != '}') name += pattern_[at_++];
      if (!take('}')) return error("Unclosed character family", size() - 1);
      if (name.empty()) return error("Empty character family", here() - 1);
    } else if (!at_end()) {
      name = std::string(1, pattern_[at_++]);
    }
    std::string items;
    for (const auto& known : kPosixClasses)
      if (known.name == name) items = known.items;
    for (const auto& known : kUnicodeClasses)
      if (known.name == name) items = known.items;
    if (items.empty()) {
      for (const std::string_view prefix : {"script=", "sc=", "general_category=", "gc=", "Is"}) {
        if (!name.starts_with(prefix)) continue;
        name.erase(0, prefix.size());
        break;
      }
      const bool sane =
          !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || c == '_'; });
      if (!sane || !known_property_(name))
        return error(fmt::format("Unknown character property name {{{}}}", name), here() - 1);
      items = "\\p{" + name + "}";
    }
    if (negated) return Atom{std::nullopt, {}, "[^" + items + "]"};
    return Atom{std::nullopt, items, "[" + items + "]"};
  }

  // An expression for the class whose '[' was just taken.
  Result<std::string> char_class(int depth) {
    if (depth > kNestingMax) return error("Character classes are nested too deeply", here());
    const bool negated = take('^');
    std::vector<ClassPart> parts(1);
    bool first = true;
    for (;; first = false) {
      if (at_end()) return error("Unclosed character class", size() - 1);
      ClassPart& part = parts.back();
      if (extended_ && is_blank(peek())) {
        ++at_;
      } else if (peek() == ']' && !first) {
        ++at_;
        break;
      } else if (take('[')) {
        SLUICE_TRY_ASSIGN(std::string nested, char_class(depth + 1));
        part.others.push_back(std::move(nested));
      } else if (peek() == '&' && peek(1) == '&') {
        at_ += 2;
        parts.emplace_back();
      } else {
        SLUICE_TRY(class_item(part));
      }
    }
    // Operands without a content restrict nothing.
    std::erase_if(parts, [](const ClassPart& part) { return part.empty(); });
    if (parts.empty()) return error("Bad class syntax", here() - 1);
    return class_expression(parts, negated);
  }

  static std::string class_expression(const std::vector<ClassPart>& parts, bool negated) {
    if (parts.size() == 1 && parts[0].others.empty()) return (negated ? "[^" : "[") + parts[0].items + "]";
    std::string all;
    for (std::size_t i = 1; i < parts.size(); ++i) all += "(?=" + parts[i].expression() + ")";
    all = "(?:" + all + parts[0].expression() + ")";
    return negated ? "(?:(?!" + all + ")[\\x{0}-\\x{10ffff}])" : all;
  }

  Status class_item(ClassPart& part) {
    if (peek() == '\\' && peek(1) == 'Q') {
      for (const std::uint32_t character : quoted()) part.items += code_point(character);
      return {};
    }
    SLUICE_TRY_ASSIGN(const Atom low, class_atom());
    if (!low.character) {
      if (low.items.empty()) {
        part.others.push_back(low.expression);
      } else {
        part.items += low.items;
      }
      return {};
    }
    part.items += code_point(*low.character);
    if (peek() != '-' || peek(1) == ']' || peek(1) == '[' || at_ + 1 >= pattern_.size()) return {};
    ++at_;
    SLUICE_TRY_ASSIGN(const Atom high, class_atom());
    if (!high.character || *high.character < *low.character) return error("Illegal character range", here() - 1);
    part.items += "-" + code_point(*high.character);
    return {};
  }

  Result<Atom> class_atom() {
    if (peek() == '\\') return escape();
    return Atom{take_character(), {}, {}};
  }

  std::string_view pattern_;
  bool (*known_property_)(std::string_view);
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Group> groups_;
  int group_count_ = 0;
  std::vector<std::string> names_;
  bool repeatable_ = false;  // what was just written can take a quantifier
  bool extended_ = false;
};

}  // namespace

Error regex_syntax_error(std::string_view description, std::ptrdiff_t at, std::string_view pattern) {
  std::string text(description);
  // Java counts UTF-16 units.
  std::size_t index = 0;
  for (std::ptrdiff_t i = 0; i < at && i < static_cast<std::ptrdiff_t>(pattern.size()); ++i) {
    const auto byte = static_cast<unsigned char>(pattern[static_cast<std::size_t>(i)]);
    if ((byte & 0xC0) != 0x80) index += byte >= 0xF0 ? 2 : 1;
  }
  if (at >= 0) text += " near index " + std::to_string(index);
  text += '\n';
  text += pattern;
  if (at >= 0 && at < static_cast<std::ptrdiff_t>(pattern.size())) text += '\n' + std::string(index, ' ') + '^';
  return Error(Code::kInvalidConfig, kPatternSyntaxException, std::move(text));
}

Result<std::string> java_regex_to_pcre2(std::string_view pattern, bool (*known_property)(std::string_view)) {
  return Translator(pattern, known_property).run();
}

}  // namespace sluice::base
