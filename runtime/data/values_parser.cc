#include "runtime/data/values_parser.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/data/convert.h"
#include "runtime/data/date_format.h"
#include "runtime/data/decimal.h"
#include "runtime/data/schema.h"
#include "runtime/data/utf16.h"
#include "runtime/data/value_ops.h"

namespace sluice::data {
namespace {

bool is_blank(std::string_view text) {
  return base::java_trim(text).empty();
}

// Cuts the text into tokens: the delimiters : , { } [ ] " one by one, unless a backslash stands before, and what lies
// between. One token of look-ahead; rewinding to a mark forgets it.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  bool has_next() const { return peeked_ || more(); }
  std::size_t mark() const { return at_ - (peeked_ ? token_.size() : 0); }
  void rewind(std::size_t mark) {
    at_ = mark;
    peeked_ = false;
  }
  std::string_view next() {
    if (!peeked_) return cut();
    peeked_ = false;
    return token_;
  }
  // The text of the next `count` tokens; nothing (and no step) if there are fewer.
  std::optional<std::string_view> next(int count) {
    const std::size_t start = mark();
    for (int i = 0; i < count; ++i) {
      if (!has_next()) {
        rewind(start);
        return std::nullopt;
      }
      next();
    }
    return text_.substr(start, at_ - start);
  }
  // Takes the next token if it is `expected`; blanks before it are skipped for good, blanks around it do not count.
  bool consume(std::string_view expected) {
    if (!peeked_) {
      if (!more()) return false;
      peek();
    }
    while (is_blank(token_) && more()) peek();
    if (base::java_trim(token_) != expected) return false;
    peeked_ = false;
    return true;
  }

 private:
  bool more() const { return at_ < text_.size(); }
  void peek() {
    token_ = cut();
    peeked_ = true;
  }
  std::string_view cut() {
    const std::size_t start = at_;
    bool escaped = false;
    for (; at_ < text_.size(); ++at_) {
      switch (text_[at_]) {
        case '\\':
          escaped = !escaped;
          continue;
        case ':':
        case ',':
        case '{':
        case '}':
        case '[':
        case ']':
        case '"':
          if (!escaped) {
            if (start == at_) ++at_;
            return text_.substr(start, at_ - start);
          }
          break;
        default:
          break;
      }
      escaped = false;
    }
    return text_.substr(start);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view token_;
  bool peeked_ = false;
};

// The schema that all elements share, if they do.
class CommonSchema {
 public:
  void merge(const Schema* schema) {
    if (schema == nullptr || !compatible_) return;
    common_ = common_ == nullptr ? schema : merged(*common_, *schema);
    compatible_ = common_ != nullptr;
  }
  const Schema* get() const { return common_; }

 private:
  static bool is_number(Kind type) { return type >= Kind::kInt8 && type <= Kind::kFloat64; }
  // Numbers take the wider of two types; other types must be the same, and then the later schema stands for both.
  static const Schema* merged(const Schema& previous, const Schema& latest) {
    if (previous.type() == latest.type()) return &latest;
    if (!is_number(previous.type()) || !is_number(latest.type())) return nullptr;
    return previous.type() > latest.type() ? &previous : &latest;
  }

  const Schema* common_ = nullptr;
  bool compatible_ = true;
};

// A java.util.LinkedHashMap: a later value for a key takes the place of the earlier.
class PairList {
 public:
  void put(const Value& key, const Value& value) {
    auto [begin, end] = index_.equal_range(hash_value(key));
    for (auto it = begin; it != end; ++it)
      if (values_equal(items_[it->second], key)) {
        items_[it->second + 1] = value;
        return;
      }
    index_.emplace(hash_value(key), items_.size());
    items_.push_back(key);
    items_.push_back(value);
  }
  const std::vector<Value>& items() const { return items_; }

 private:
  std::vector<Value> items_;
  std::unordered_multimap<std::uint64_t, std::size_t> index_;
};

// kMalformed takes the place of Java's DataException: the enclosing list or map is read as something else.
enum class Outcome { kValue, kNull, kMalformed, kFailed };

class ValuesParser {
 public:
  ValuesParser(const ConvertContext& context, std::string_view text) : context_(context), text_(text), tokens_(text) {}

  base::Result<SchemaAndValue> parse() {
    SchemaAndValue result;
    switch (parse(false, result)) {
      case Outcome::kValue:
        return result;
      case Outcome::kFailed:
        return base::fail(*std::move(error_));
      case Outcome::kNull:
        return SchemaAndValue{};
      case Outcome::kMalformed:
        break;  // cannot reach the top: whatever is malformed is a string there
    }
    return string(text_);
  }

 private:
  SchemaAndValue string(std::string_view text) const { return {context_.schemas->string(), Value::string(text)}; }

  Outcome failed(base::Error error) {
    error_ = std::move(error);
    return Outcome::kFailed;
  }
  Outcome no_memory() {
    return failed({base::Code::kNoMemory, base::exceptions::kConnect, "The batch's memory limit is reached"});
  }

  // Embedded in a list or map, the literal ends where its token ends; at the top it must be the whole text.
  bool literal(bool embedded, std::string_view text) {
    const std::size_t start = tokens_.mark();
    if (tokens_.consume(text) && (embedded || !tokens_.has_next())) return true;
    tokens_.rewind(start);
    return false;
  }

  Outcome parse(bool embedded, SchemaAndValue& out) {
    if (!tokens_.has_next()) return Outcome::kNull;
    if (embedded && tokens_.consume("\"")) return quoted(out);
    if (literal(embedded, "null")) return Outcome::kNull;
    for (const bool truth : {true, false})
      if (literal(embedded, truth ? "true" : "false")) {
        out = {context_.schemas->boolean(), Value::boolean(truth)};
        return Outcome::kValue;
      }
    const std::size_t start = tokens_.mark();
    const bool list = tokens_.consume("[");
    if (list || tokens_.consume("{")) {
      const Outcome outcome = container(list, out);
      if (outcome != Outcome::kMalformed) return outcome;
      tokens_.rewind(start);
    }
    const std::string_view token = tokens_.next();
    if (is_blank(token)) {
      out = string(token);
      return Outcome::kValue;
    }
    return scalar(embedded, base::java_trim(token), out);
  }

  Outcome scalar(bool embedded, std::string_view token, SchemaAndValue& out) {
    const bool digit = java_digit(static_cast<unsigned char>(token[0]) < 0x80 ? static_cast<char16_t>(token[0])
                                                                              : to_utf16(token.substr(0, 4))[0]) >= 0;
    if (digit) {
      if (const Outcome outcome = temporal_of_tokens(token, out); outcome != Outcome::kNull) return outcome;
    }
    if (digit || token[0] == '+' || token[0] == '-') {
      if (const Outcome outcome = number(token, out); outcome != Outcome::kNull) return outcome;
    }
    if (embedded) return Outcome::kMalformed;
    out = string(text_);
    return Outcome::kValue;
  }

  // Blank tokens are lost, so the content may not be a part of the text as it stands.
  Outcome quoted(SchemaAndValue& out) {
    std::string_view first;
    std::string joined;
    int tokens = 0;
    while (tokens_.has_next()) {
      if (tokens_.consume("\"")) break;
      const std::string_view token = tokens_.next();
      if (++tokens == 1) {
        first = token;
        continue;
      }
      if (tokens == 2) joined = first;
      joined += token;
    }
    std::string_view content = first;
    if (tokens > 1) {
      content = arena_copy(context_.arena, joined);
      if (content.data() == nullptr) return no_memory();
    }
    if (const Outcome outcome = temporal(content, out); outcome != Outcome::kNull) return outcome;
    out = string(content);
    return Outcome::kValue;
  }

  Outcome container(bool list, SchemaAndValue& out) {
    if (depth_ >= kNestedTextMax) return Outcome::kMalformed;
    ++depth_;
    const Outcome outcome = list ? parse_list(out) : parse_map(out);
    --depth_;
    return outcome;
  }

  Outcome parse_list(SchemaAndValue& out) {
    std::vector<Value> items;
    CommonSchema element_schema;
    while (tokens_.has_next()) {
      if (tokens_.consume("]")) return finish_list(items, element_schema.get(), out);
      if (tokens_.consume(",")) return Outcome::kMalformed;
      SchemaAndValue element;
      const Outcome outcome = parse(true, element);
      if (outcome == Outcome::kMalformed || outcome == Outcome::kFailed) return outcome;
      element_schema.merge(element.schema);
      items.push_back(element.value);
      const std::size_t before = tokens_.mark();
      if (tokens_.consume("]"))
        tokens_.rewind(before);
      else if (!tokens_.consume(","))
        return Outcome::kMalformed;
    }
    return Outcome::kMalformed;
  }

  Outcome finish_list(std::vector<Value>& items, const Schema* element, SchemaAndValue& out) {
    if (element != nullptr)
      for (Value& item : items)
        if (const Outcome outcome = align(*element, item); outcome != Outcome::kValue) return outcome;
    auto schema = SchemaBuilder::array(element).build(*context_.schemas);
    if (!schema) return failed(std::move(schema).error());
    const sluice_value* kept = keep(items);
    if (kept == nullptr) return no_memory();
    out = {*schema, Value::array(kept, items.size())};
    return Outcome::kValue;
  }

  Outcome parse_map(SchemaAndValue& out) {
    PairList pairs;
    CommonSchema key_schema, value_schema;
    while (tokens_.has_next()) {
      if (tokens_.consume("}")) return finish_map(pairs, key_schema.get(), value_schema.get(), out);
      if (tokens_.consume(",")) return Outcome::kMalformed;
      SchemaAndValue key, value;
      Outcome outcome = parse(true, key);
      if (outcome == Outcome::kFailed) return outcome;
      if (outcome != Outcome::kValue || key.value.is_null() || !tokens_.consume(":")) return Outcome::kMalformed;
      outcome = parse(true, value);
      if (outcome == Outcome::kFailed || outcome == Outcome::kMalformed) return outcome;
      pairs.put(key.value, value.value);
      tokens_.consume(",");
      key_schema.merge(key.schema);
      value_schema.merge(value.schema);
    }
    return Outcome::kMalformed;
  }

  Outcome finish_map(const PairList& pairs, const Schema* key_schema, const Schema* value_schema, SchemaAndValue& out) {
    if (key_schema == nullptr) value_schema = nullptr;
    PairList aligned;
    const std::vector<Value>& items = pairs.items();
    for (std::size_t i = 0; i < items.size(); i += 2) {
      Value key = items[i];
      Value value = items[i + 1];
      if (key_schema != nullptr)
        if (const Outcome outcome = align(*key_schema, key); outcome != Outcome::kValue) return outcome;
      if (value_schema != nullptr)
        if (const Outcome outcome = align(*value_schema, value); outcome != Outcome::kValue) return outcome;
      aligned.put(key, value);
    }
    auto schema = SchemaBuilder::map(key_schema, value_schema).build(*context_.schemas);
    if (!schema) return failed(std::move(schema).error());
    const sluice_value* kept = keep(aligned.items());
    if (kept == nullptr) return no_memory();
    out = {*schema, Value::map(kept, aligned.items().size() / 2)};
    return Outcome::kValue;
  }

  // Brings an element to the schema that all share. Null fails: the schemas here are never optional.
  Outcome align(const Schema& schema, Value& value) {
    auto converted = convert_to(context_, schema, nullptr, value);
    if (converted) {
      value = *converted;
      return Outcome::kValue;
    }
    return converted.error().code() == base::Code::kNoMemory ? failed(std::move(converted).error())
                                                             : Outcome::kMalformed;
  }

  const sluice_value* keep(const std::vector<Value>& items) {
    auto* kept = arena_array<sluice_value>(context_.arena, items.size());
    if (kept != nullptr) std::copy(items.begin(), items.end(), kept);
    return kept;
  }

  // kNull: not a number.
  Outcome number(std::string_view token, SchemaAndValue& out) {
    const auto parsed = parse_decimal(token);
    if (!parsed) return Outcome::kNull;
    if (whole_number(*parsed, out)) return Outcome::kValue;
    if (parsed->scale != 0) {
      if (const float f = decimal_to_float(*parsed); std::isfinite(f)) {
        out = {context_.schemas->float32(), Value::float32(f)};
        return Outcome::kValue;
      }
      if (const double d = decimal_to_double(*parsed); std::isfinite(d)) {
        out = {context_.schemas->float64(), Value::float64(d)};
        return Outcome::kValue;
      }
    }
    auto schema = SchemaBuilder::decimal(parsed->scale).build(*context_.schemas);
    if (!schema) return failed(std::move(schema).error());
    out = {*schema, make_decimal(context_.arena, *parsed)};
    return out.value.is_null() ? no_memory() : Outcome::kValue;
  }

  // The narrowest integer type that holds the number, if it is whole and fits 64 bits.
  bool whole_number(const DecimalNumber& number, SchemaAndValue& out) const {
    const std::int64_t whole_digits = static_cast<std::int64_t>(number.digits.size()) - number.scale;
    if (!number.is_zero() && (whole_digits > 19 || whole_digits < 1)) return false;
    if (!is_whole(number)) return false;
    const std::int64_t value = decimal_to_int64(number);
    if (!number.is_zero() && (value == 0 || (value < 0) != number.negative)) return false;  // 19 digits beyond 64 bits
    if (value == static_cast<std::int8_t>(value))
      out = {context_.schemas->int8(), Value::int8(static_cast<std::int8_t>(value))};
    else if (value == static_cast<std::int16_t>(value))
      out = {context_.schemas->int16(), Value::int16(static_cast<std::int16_t>(value))};
    else if (value == static_cast<std::int32_t>(value))
      out = {context_.schemas->int32(), Value::int32(static_cast<std::int32_t>(value))};
    else
      out = {context_.schemas->int64(), Value::int64(value)};
    return true;
  }

  // A time or timestamp is cut into five tokens by its colons; a date, or one with escaped colons, is one. kNull:
  // neither.
  Outcome temporal_of_tokens(std::string_view token, SchemaAndValue& out) {
    const std::size_t start = tokens_.mark();
    if (const auto rest = tokens_.next(4)) {
      if (token.size() + rest->size() <= kTemporalBytesMax) {
        if (const Outcome outcome = temporal(std::string(token).append(*rest), out); outcome != Outcome::kNull)
          return outcome;
      }
    }
    tokens_.rewind(start);
    return temporal(token, out);
  }

  Outcome temporal(std::string_view text, SchemaAndValue& out) {
    static const DateFormat kTime = DateFormat::compile("HH:mm:ss.SSS'Z'").value();
    static const DateFormat kDate = DateFormat::compile("yyyy-MM-dd").value();
    static const DateFormat kTimestamp = DateFormat::compile("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").value();
    if (text.size() > kTemporalBytesMax || text.size() < 10) return Outcome::kNull;
    std::string unescaped;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] != '\\' || i + 1 == text.size() || text[i + 1] != ':') unescaped.push_back(text[i]);
    const DateFormat* format = nullptr;
    SchemaBuilder builder(Kind::kInt32);
    switch (utf16_length(unescaped)) {
      case 10:
        format = &kDate;
        builder = SchemaBuilder::date();
        break;
      case 13:
        format = &kTime;
        builder = SchemaBuilder::time();
        break;
      case 24:
        format = &kTimestamp;
        builder = SchemaBuilder::timestamp();
        break;
      default:
        return Outcome::kNull;
    }
    const DateFormat::Parsed parsed = format->parse(unescaped, 0);  // four-digit years: today does not matter
    if (!parsed.ok) return Outcome::kNull;
    auto schema = builder.build(*context_.schemas);
    if (!schema) return failed(std::move(schema).error());
    out = {*schema, Value::instant(parsed.epoch_ms)};
    return Outcome::kValue;
  }

  // 24 code units of three bytes each, every one after a backslash.
  static constexpr std::size_t kTemporalBytesMax = 96;

  const ConvertContext& context_;
  std::string_view text_;
  Tokens tokens_;
  int depth_ = 0;
  std::optional<base::Error> error_;
};

}  // namespace

base::Result<SchemaAndValue> parse_values_text(const ConvertContext& context, std::string_view text) {
  if (text.empty()) return SchemaAndValue{context.schemas->string(), Value::string(text)};
  return ValuesParser(context, text).parse();
}

}  // namespace sluice::data
