// Reads a JSONPath by recursive descent; filters are read in the same pass.

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "runtime/base/strings.h"
#include "runtime/data/decimal.h"
#include "runtime/data/utf16.h"
#include "smt/json_path.h"
#include "smt/json_path_syntax.h"

namespace sluice::smt::json_path {
namespace {

constexpr const char* kInvalidPath = "com.jayway.jsonpath.InvalidPathException";

struct NamedOperator {
  std::string_view name;
  Operator op;
};
constexpr std::array kSignOperators = {
    NamedOperator{"==", Operator::kEqual},   NamedOperator{"!=", Operator::kNotEqual},
    NamedOperator{"===", Operator::kSame},   NamedOperator{"!==", Operator::kNotSame},
    NamedOperator{"<", Operator::kLess},     NamedOperator{"<=", Operator::kLessOrEqual},
    NamedOperator{">", Operator::kGreater},  NamedOperator{">=", Operator::kGreaterOrEqual},
    NamedOperator{"=~", Operator::kMatches},
};
constexpr std::array kWordOperators = {
    NamedOperator{"in", Operator::kIn},
    NamedOperator{"nin", Operator::kNotIn},
    NamedOperator{"contains", Operator::kContains},
    NamedOperator{"all", Operator::kAll},
    NamedOperator{"size", Operator::kSize},
    NamedOperator{"empty", Operator::kEmpty},
    NamedOperator{"subsetof", Operator::kSubsetOf},
    NamedOperator{"anyof", Operator::kAnyOf},
    NamedOperator{"noneof", Operator::kNoneOf},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

class Parser {
 public:
  Parser(std::string_view text, data::Arena& literals) : text_(text), literals_(literals) {}

  base::Result<Steps> whole_path() {
    SLUICE_TRY_ASSIGN(Steps steps, path(false));
    if (at_ < text_.size()) return fail("unexpected character '{}'", text_[at_]);
    return steps;
  }

 private:
  template <typename... Args>
  tl::unexpected<base::Error> fail(fmt::format_string<Args...> format, Args&&... args) const {
    return base::fail(base::Code::kInvalidConfig, kInvalidPath, "{} at position {} in path {}",
                      fmt::format(format, std::forward<Args>(args)...), at_, text_);
  }

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  base::Status expect(std::string_view token) {
    skip_blanks();
    if (!take(token)) return fail("'{}' is missing", token);
    return {};
  }

  // ---- paths

  base::Result<Steps> path(bool in_filter) {
    Steps result;
    result.from_root = peek() == '$';
    if (!take("$") && !take("@")) return fail("a path begins with $ or @");
    while (peek() == '.' || peek() == '[') {
      if (result.steps.size() >= JsonPath::kStepsMax) return fail("more than {} steps", JsonPath::kStepsMax);
      if (!result.steps.empty() && result.steps.back().kind == StepKind::kLength)
        return fail("nothing may follow a function");
      SLUICE_TRY(step(in_filter, result));
    }
    return result;
  }

  base::Status step(bool in_filter, Steps& path) {
    if (take("..")) {
      path.definite = false;
      path.steps.push_back({StepKind::kScan});
    } else if (peek() == '.') {
      ++at_;
    }
    if (peek() == '[') return bracket(path);
    if (take("*")) {
      path.definite = false;
      path.steps.push_back({StepKind::kWildcard});
      return {};
    }
    return property_or_function(in_filter, path);
  }

  base::Status property_or_function(bool in_filter, Steps& path) {
    const std::string_view ends = in_filter ? std::string_view(".[( )<>=!~&|,\t\r\n]") : std::string_view(".[( ");
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_of(ends, at_), text_.size());
    const std::string_view name = text_.substr(start, at_ - start);
    if (name.empty()) return fail("a name is missing");
    if (!in_filter && peek() == ' ') return fail("a name with blanks must stand in brackets, as in ['my name'];");
    if (peek() != '(') {
      path.steps.push_back({StepKind::kProperty, {std::string(name)}});
      return {};
    }
    if (name != "length" && name != "size")
      return fail("the function {}() is not supported (supported are length() and size())", name);
    ++at_;
    SLUICE_TRY(expect(")"));
    path.steps.push_back({StepKind::kLength});
    return {};
  }

  base::Status bracket(Steps& path) {
    ++at_;
    skip_blanks();
    const char c = peek();
    if (c == '\'' || c == '"') {
      SLUICE_TRY(properties(path));
    } else if (c == '*') {
      ++at_;
      path.definite = false;
      path.steps.push_back({StepKind::kWildcard});
    } else if (c == '?') {
      ++at_;
      SLUICE_TRY(expect("("));
      SLUICE_TRY_ASSIGN(auto expression, alternatives(0));
      SLUICE_TRY(expect(")"));
      path.definite = false;
      path.steps.push_back({StepKind::kFilter});
      path.steps.back().filter = std::make_shared<const Expression>(std::move(expression));
    } else if (is_digit(c) || c == '-' || c == ':') {
      SLUICE_TRY(indexes(path));
    } else {
      return fail("expected ?, a quote, a number or * after '['");
    }
    return expect("]");
  }

  base::Status properties(Steps& path) {
    Step step{StepKind::kProperty};
    do {
      skip_blanks();
      if (peek() != '\'' && peek() != '"') return fail("a quoted name is missing");
      SLUICE_TRY_ASSIGN(step.names.emplace_back(), quoted());
      skip_blanks();
    } while (take(","));
    if (step.names.size() > 1) {
      step.kind = StepKind::kProperties;
      path.definite = false;
    }
    path.steps.push_back(std::move(step));
    return {};
  }

  base::Status indexes(Steps& path) {
    Step step{StepKind::kIndex};
    if (peek() != ':') {
      SLUICE_TRY_ASSIGN(const std::int32_t first, index());
      step.indexes.push_back(first);
      skip_blanks();
    }
    if (take(":")) {
      step.kind = StepKind::kSlice;
      if (!step.indexes.empty()) step.from = step.indexes.front();
      skip_blanks();
      if (is_digit(peek()) || peek() == '-') {
        SLUICE_TRY_ASSIGN(step.to, index());
      }
      if (!step.from && !step.to) return fail("a slice needs a number");
      path.definite = false;
    }
    while (step.kind != StepKind::kSlice && take(",")) {
      skip_blanks();
      SLUICE_TRY_ASSIGN(const std::int32_t next, index());
      step.indexes.push_back(next);
      step.kind = StepKind::kIndexes;
      path.definite = false;
      skip_blanks();
    }
    path.steps.push_back(std::move(step));
    return {};
  }

  base::Result<std::int32_t> index() {
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (error != std::errc()) return fail("expected a whole number of 32 bits");
    at_ = static_cast<std::size_t>(end - text_.data());
    return number;
  }

  // ---- filters

  base::Result<Expression> alternatives(int nesting) {
    return chain(nesting, "||", Expression::Kind::kOr,
                 [&] { return chain(nesting, "&&", Expression::Kind::kAnd, [&] { return term(nesting); }); });
  }

  template <typename Part>
  base::Result<Expression> chain(int nesting, std::string_view sign, Expression::Kind kind, const Part& part) {
    if (nesting > JsonPath::kNestingMax) return fail("filters are nested deeper than {}", JsonPath::kNestingMax);
    SLUICE_TRY_ASSIGN(Expression first, part());
    skip_blanks();
    if (!text_.substr(at_).starts_with(sign)) return first;
    Expression all{kind};
    all.parts.push_back(std::move(first));
    while (take(sign)) {
      SLUICE_TRY_ASSIGN(all.parts.emplace_back(), part());
      skip_blanks();
    }
    return all;
  }

  base::Result<Expression> term(int nesting) {
    skip_blanks();
    if (peek() == '!') {
      ++at_;
      if (nesting >= JsonPath::kNestingMax) return fail("filters are nested deeper than {}", JsonPath::kNestingMax);
      Expression negation{Expression::Kind::kNot};
      SLUICE_TRY_ASSIGN(negation.parts.emplace_back(), term(nesting + 1));
      return negation;
    }
    if (take("(")) {
      SLUICE_TRY_ASSIGN(Expression inner, alternatives(nesting + 1));
      SLUICE_TRY(expect(")"));
      return inner;
    }
    return comparison(nesting);
  }

  base::Result<Expression> comparison(int nesting) {
    SLUICE_TRY_ASSIGN(Operand left, operand(nesting));
    skip_blanks();
    const auto op = relational_operator();
    if (!op) {
      if (!std::holds_alternative<Steps>(left)) return fail("an operator is missing");
      Expression exists{Expression::Kind::kExists};
      exists.left = std::move(left);
      return exists;
    }
    Expression comparison{Expression::Kind::kCompare};
    comparison.left = std::move(left);
    comparison.op = *op;
    SLUICE_TRY_ASSIGN(comparison.right, operand(nesting));
    return comparison;
  }

  std::optional<Operator> relational_operator() {
    const std::size_t start = at_;
    if (is_letter(peek())) {
      while (is_letter(peek())) ++at_;
      const std::string word = base::to_lower_ascii(text_.substr(start, at_ - start));
      for (const auto& known : kWordOperators)
        if (known.name == word) return known.op;
    } else {
      while (peek() != '\0' && std::string_view("<>=!~").find(peek()) != std::string_view::npos) ++at_;
      for (const auto& known : kSignOperators)
        if (known.name == text_.substr(start, at_ - start)) return known.op;
    }
    at_ = start;
    return std::nullopt;
  }

  base::Result<Operand> operand(int nesting) {
    skip_blanks();
    if (peek() == '$' || peek() == '@') {
      if (++filter_paths_ > JsonPath::kStepsMax) return fail("more than {} paths in filters", JsonPath::kStepsMax);
      if (++depth_ > JsonPath::kNestingMax) return fail("filters are nested deeper than {}", JsonPath::kNestingMax);
      auto steps = path(true);
      --depth_;
      SLUICE_TRY(steps);
      return Operand(std::move(*steps));
    }
    if (peek() == '/') return regex();
    SLUICE_TRY_ASSIGN(const Value value, literal(nesting));
    return Operand(value);
  }

  base::Result<Operand> regex() {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '/') at_ += text_[at_] == '\\' ? 2U : 1U;
    if (at_ >= text_.size()) return fail("the end of a regular expression is missing");
    std::string pattern(text_.substr(start, at_ - start));
    ++at_;
    const std::size_t flags = at_;
    while (peek() != '\0' && std::string_view("dixmsuU").find(peek()) != std::string_view::npos) ++at_;
    if (at_ > flags) pattern = fmt::format("(?{}){}", text_.substr(flags, at_ - flags), pattern);
    SLUICE_TRY_ASSIGN(auto compiled, base::Regex::compile(pattern));
    return Operand(std::move(compiled));
  }

  // ---- literals: JSON, with either kind of quotes

  base::Result<Value> literal(int nesting) {
    skip_blanks();
    const char c = peek();
    if (c == '\'' || c == '"') {
      SLUICE_TRY_ASSIGN(const std::string content, quoted());
      return Value::string(literals_.copy(content));
    }
    if (c == '[' || c == '{') return container(nesting + 1);
    if (take("true")) return Value::boolean(true);
    if (take("false")) return Value::boolean(false);
    if (take("null")) return Value();
    return number();
  }

  base::Result<Value> container(int nesting) {
    if (nesting > JsonPath::kNestingMax) return fail("a literal is nested deeper than {}", JsonPath::kNestingMax);
    const bool object = peek() == '{';
    const std::string_view end = object ? "}" : "]";
    ++at_;
    std::vector<Value> items;
    skip_blanks();
    for (bool done = take(end); !done;) {
      if (object) {
        SLUICE_TRY_ASSIGN(const Value name, literal(nesting));
        if (!name.is(Kind::kString)) return fail("the name of a member must be a text");
        items.push_back(name);
        SLUICE_TRY(expect(":"));
      }
      SLUICE_TRY_ASSIGN(const Value item, literal(nesting));
      items.push_back(item);
      skip_blanks();
      done = take(end);
      if (!done && !take(",")) return fail("',' or '{}' is missing", end);
    }
    auto* copy = literals_.alloc_array<sluice_value>(items.size());
    std::copy(items.begin(), items.end(), copy);
    return object ? Value::map(copy, items.size() / 2) : Value::array(copy, items.size());
  }

  base::Result<Value> number() {
    const std::size_t start = at_;
    while (is_digit(peek()) || (peek() != '\0' && std::string_view("+-.eE").find(peek()) != std::string_view::npos))
      ++at_;
    const std::string_view digits = text_.substr(start, at_ - start);
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    if (error == std::errc() && end == digits.data() + digits.size()) return Value::int64(whole);
    const auto decimal = data::parse_decimal(digits);
    if (!decimal) {
      at_ = start;
      return fail("expected a path, a text, a number, true, false, null, a list, an object or a regular expression");
    }
    return data::make_decimal(literals_.c(), *decimal);
  }

  base::Result<std::string> quoted() {
    const char quote = text_[at_++];
    std::u16string units;  // escapes are code units, which may be halves of a pair
    std::string content;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] != '\\') {
        content += text_[at_++];
        continue;
      }
      ++at_;
      units.clear();
      SLUICE_TRY(escape(units));
      while (units.front() >= 0xD800 && units.front() < 0xDC00 && units.size() == 1 && take("\\u")) {
        SLUICE_TRY(hex_unit(units));
      }
      data::append_utf16(units, content);
    }
    if (at_ >= text_.size()) return fail("the closing {} is missing", quote);
    ++at_;
    return content;
  }

  base::Status escape(std::u16string& units) {
    const char c = peek();
    ++at_;
    if (c == 'u') return hex_unit(units);
    if (const auto named = std::string_view("bfnrt").find(c); named != std::string_view::npos && c != '\0') {
      units += u"\b\f\n\r\t"[named];
      return {};
    }
    if (static_cast<unsigned char>(c) >= 0x80 || c == '\0')
      return fail("a backslash must stand before an ASCII character");
    units += static_cast<char16_t>(c);
    return {};
  }

  base::Status hex_unit(std::u16string& units) {
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(peek());
      if (digit < 0) return fail("\\u needs four hexadecimal digits");
      unit = unit * 16 + static_cast<unsigned>(digit);
      ++at_;
    }
    units += static_cast<char16_t>(unit);
    return {};
  }

  const std::string_view text_;
  data::Arena& literals_;
  std::size_t at_ = 0;
  std::size_t filter_paths_ = 0;
  int depth_ = 0;  // of paths in filters in paths
};

}  // namespace

base::Result<std::shared_ptr<const CompiledPath>> parse(std::string_view text) {
  text = base::java_trim(text);
  if (text.empty()) return base::fail(base::Code::kInvalidConfig, kInvalidPath, "path can not be null or empty");
  if (text.size() > JsonPath::kTextBytesMax)
    return base::fail(base::Code::kInvalidConfig, kInvalidPath, "A path of {} bytes is longer than {}", text.size(),
                      JsonPath::kTextBytesMax);
  auto compiled = std::make_shared<CompiledPath>();
  compiled->text = text;
  if (!text.starts_with('$') && !text.starts_with('@')) compiled->text.insert(0, "$.");
  if (compiled->text.ends_with('.'))
    return base::fail(base::Code::kInvalidConfig, kInvalidPath, "Path must not end with a '.' or '..'");
  SLUICE_TRY_ASSIGN(compiled->path, Parser(compiled->text, compiled->literals).whole_path());
  return compiled;
}

}  // namespace sluice::smt::json_path
