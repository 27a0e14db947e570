#include "runtime/convert/json_reader.h"

#include <cstring>

#include "runtime/convert/base64.h"
#include "runtime/convert/byte_scan.h"

namespace sluice::convert::json {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::ptrdiff_t kPlainTextMax = 256;

}  // namespace

void ReaderScratch::trim() {
  stack.clear();
  if (stack.capacity() > kKeptMax) stack.shrink_to_fit();
  unique_keys.trim();
}

// ---- scalars
// -------------------------------------------------------------------------------------------------------------

bool Reader::take(std::string_view bytes) {
  if (static_cast<std::size_t>(end_ - p_) < bytes.size() || std::memcmp(p_, bytes.data(), bytes.size()) != 0)
    return false;
  p_ += bytes.size();
  return true;
}

// A whole number, whatever its size.
bool Reader::integer(std::int64_t* value) {
  const char* p = p_;
  const bool negative = p != end_ && *p == '-';
  if (negative) ++p;
  const char* const digits = p;
  std::uint64_t magnitude = 0;
  while (p != end_ && is_digit(*p)) magnitude = magnitude * 10 + static_cast<std::uint64_t>(*p++ - '0');
  if (p == digits || p == end_) return false;
  if (*p == '.' || (*p | 0x20) == 'e') return false;
  if (p - digits > static_cast<std::ptrdiff_t>(kNumberDigitsMax)) return false;
  *value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
  p_ = p;
  return true;
}

bool Reader::float64(sluice_value* value) {
  if (p_ == end_ || (*p_ != '-' && !is_digit(*p_))) return false;
  Number number;
  const char* const after = scan_number(p_, end_, &number);
  if (after == nullptr) return false;
  p_ = after;
  const bool small = number.integral && number.width != IntegerWidth::kBig;
  *value = Value::float64(small ? static_cast<double>(number.low64) : number_to_double(number.text));
  return true;
}

bool Reader::float32(sluice_value* value) {
  if (*p_ != '-' && !is_digit(*p_)) return false;
  Number number;
  const char* const after = scan_number(p_, end_, &number);
  if (after == nullptr) return false;
  p_ = after;
  const bool small = number.integral && number.width != IntegerWidth::kBig;
  *value = Value::float32(small ? static_cast<float>(number.low64) : number_to_float(number.text));
  return true;
}

// A short text of plain ASCII, which most are. False: nothing is read, another look is needed.
inline bool Reader::plain_text(std::string_view* text) {
  const char* const start = p_ + 1;
  for (const char* p = start; end_ - p >= static_cast<std::ptrdiff_t>(kTextBlock) && p - start < kPlainTextMax;
       p += kTextBlock) {
    const TextBlock block = look_at_text(p);
    if (block.none) continue;
    if (!block.closed) return false;
    p += block.plain;
    *text = {start, static_cast<std::size_t>(p - start)};
    p_ = p + 1;
    return true;
  }
  return false;
}

bool Reader::text(TextRole role, std::string_view* text) {
  if (p_ == end_ || *p_ != '"') return false;
  if (plain_text(text)) return true;
  ++p_;
  const char* close = nullptr;
  const TextKind kind = scan_text(p_, end_, &close);
  if (kind == TextKind::kMalformed) return false;
  *text = {p_, static_cast<std::size_t>(close - p_)};
  p_ = close + 1;
  if (kind == TextKind::kMarked) {
    bool malformed = false;
    if (!unescape(*text, role, false, arena_, text, &malformed)) return false;
  }
  return text->size() <= (role == TextRole::kName ? kNameUnitsMax : kStringUnitsMax);
}

// `true`, `false`, `null`, not followed by anything that would make another word of it.
bool Reader::word(std::string_view expected) {
  if (!take(expected) || p_ == end_) return false;
  return *p_ == ',' || *p_ == '}' || *p_ == ']' || is_blank(*p_);
}

bool Reader::name(std::string_view* name) {
  return text(TextRole::kName, name) && take(':');
}

// ---- schemaless
// ----------------------------------------------------------------------------------------------------------

bool Reader::schemaless(sluice_value* value) {
  skip_blanks();
  if (p_ == end_) return false;
  switch (*p_) {
    case '"': {
      std::string_view content;
      if (!text(TextRole::kValue, &content)) return false;
      *value = Value::string(content);
      return true;
    }
    case '{':
      return map(nullptr, value);
    case '[':
      return array(nullptr, value);
    case 't':
      *value = Value::boolean(true);
      return word("true");
    case 'f':
      *value = Value::boolean(false);
      return word("false");
    case 'n':
      *value = Value();
      return word("null");
    default:
      break;
  }
  std::int64_t number = 0;
  if (!integer(&number)) return float64(value);
  *value = Value::int64(number);
  return true;
}

bool Reader::array(const ReaderNode* element, sluice_value* value) {
  if (++depth_ > kDepthMax) return false;
  ++p_;
  const std::size_t first = scratch_.stack.size();
  if (!take(']')) {
    for (;;) {
      sluice_value item;
      if (element != nullptr ? !typed(*element, &item) : !schemaless(&item)) return false;
      scratch_.stack.push_back(item);
      if (take(',')) continue;
      if (!take(']')) return false;
      break;
    }
  }
  --depth_;
  return settle_list(first, SLUICE_ARRAY, value);
}

bool Reader::map(const ReaderNode* element, sluice_value* value) {
  if (++depth_ > kDepthMax) return false;
  ++p_;
  const std::size_t first = scratch_.stack.size();
  if (!take('}')) {
    for (;;) {
      skip_blanks();
      std::string_view key;
      if (!name(&key)) return false;
      scratch_.stack.push_back(Value::string(key));
      sluice_value item;
      if (element != nullptr ? !typed(*element, &item) : !schemaless(&item)) return false;
      scratch_.stack.push_back(item);
      if (take(',')) continue;
      if (!take('}')) return false;
      break;
    }
  }
  --depth_;
  const std::size_t count = (scratch_.stack.size() - first) / 2;
  scratch_.stack.resize(first + 2 * scratch_.unique_keys.keep(scratch_.stack.data() + first, count));
  return settle_list(first, SLUICE_MAP, value);
}

// Moves the values from `first` on from the stack to where they stay.
bool Reader::settle_list(std::size_t first, std::uint8_t kind, sluice_value* value) {
  const std::size_t count = scratch_.stack.size() - first;
  auto* const items = arena_array<sluice_value>(arena_, count);
  if (items == nullptr) return false;
  if (count != 0) std::memcpy(items, scratch_.stack.data() + first, count * sizeof(sluice_value));
  scratch_.stack.resize(first);
  *value = kind == SLUICE_MAP ? Value::map(items, count / 2) : Value::array(items, count);
  return true;
}

// ---- by schema
// -----------------------------------------------------------------------------------------------------------

bool Reader::null(const ReaderNode& node, sluice_value* value) {
  if (!node.null_allowed) return false;
  *value = node.null_value;
  return true;
}

bool Reader::typed(const ReaderNode& node, sluice_value* value) {
  skip_blanks();
  if (p_ == end_) return false;
  if (*p_ == 'n') return word("null") && null(node, value);
  std::int64_t number = 0;
  std::string_view content;
  switch (node.op) {
    // Numbers that do not fit are cut, as Java's narrowing does.
    case ReadOp::kInt8:
      return integer(&number) && (*value = Value::int8(static_cast<std::int8_t>(number)), true);
    case ReadOp::kInt16:
      return integer(&number) && (*value = Value::int16(static_cast<std::int16_t>(number)), true);
    case ReadOp::kInt32:
      return integer(&number) && (*value = Value::int32(static_cast<std::int32_t>(number)), true);
    case ReadOp::kInt64:
      return integer(&number) && (*value = Value::int64(number), true);
    case ReadOp::kFloat64:
      return float64(value);
    case ReadOp::kFloat32:
      return float32(value);
    case ReadOp::kBoolean:
      *value = Value::boolean(*p_ == 't');
      return word(*p_ == 't' ? "true" : "false");
    case ReadOp::kString:
      return text(TextRole::kValue, &content) && (*value = Value::string(content), true);
    case ReadOp::kBytes:
      return binary(&content) && (*value = Value::bytes(content), true);
    case ReadOp::kArray:
      return *p_ == '[' && array(node.element, value);
    case ReadOp::kMap:
      return *p_ == '{' && map(node.element, value);
    case ReadOp::kStruct:
      return *p_ == '{' && structure(node, value);
    case ReadOp::kDecimal:
      return decimal(node, value);
    case ReadOp::kDate:
      if (!integer(&number) || number < INT32_MIN || number > INT32_MAX) return false;
      *value = Value::instant(number * kDayMs);
      return true;
    case ReadOp::kTime:
      if (!integer(&number) || number < 0 || number > kDayMs) return false;
      *value = Value::instant(number);
      return true;
    case ReadOp::kTimestamp:
      return integer(&number) && (*value = Value::instant(number), true);
  }
  return false;
}

bool Reader::binary(std::string_view* bytes) {
  std::string_view content;
  if (!text(TextRole::kValue, &content)) return false;
  auto* const out = static_cast<char*>(arena_alloc(arena_, content.size() * 3 / 4 + 4, 1));
  if (out == nullptr) return false;
  const char* const end = read_base64(out, content);
  if (end == nullptr) return false;
  *bytes = {out, static_cast<std::size_t>(end - out)};
  return true;
}

bool Reader::decimal(const ReaderNode& node, sluice_value* value) {
  if (*p_ == '"') {
    std::string_view unscaled;
    if (!binary(&unscaled) || unscaled.empty()) return false;
    *value = arena_decimal(arena_, node.scale, unscaled);
    return value->kind != SLUICE_NULL;
  }
  if (*p_ != '-' && !is_digit(*p_)) return false;
  Number number;
  const char* const after = scan_number(p_, end_, &number);
  if (after == nullptr) return false;
  p_ = after;
  *value = number_to_decimal(number.text, arena_);
  return value->kind != SLUICE_NULL;
}

bool Reader::structure(const ReaderNode& node, sluice_value* value) {
  if (++depth_ > kDepthMax) return false;
  ++p_;
  sluice_struct* const record = arena_struct(arena_, node.schema);
  if (record == nullptr || !fields(node, record)) return false;
  --depth_;
  *value = Value::record(record, node.fields.size());
  return true;
}

bool Reader::fields(const ReaderNode& node, sluice_struct* record) {
  const std::size_t count = node.fields.size();
  std::size_t next = 0;  // the field that comes next if all come in order
  bool in_order = true;
  if (!take('}')) {
    for (;;) {
      skip_blanks();
      std::size_t at = next;
      const ReaderNode* child = nullptr;
      if (next < count && node.keys[next].matches(p_, end_)) {
        p_ += node.keys[next].size;
        child = node.fields[next++];
      } else {
        std::string_view key;
        if (!name(&key)) return false;
        for (std::size_t step = 0; step < count && child == nullptr; ++step) {
          at = next + step < count ? next + step : next + step - count;
          if (node.schema->fields()[at].name() == key) child = node.fields[at];
        }
        in_order = in_order && at == next && child != nullptr;
        if (child != nullptr) next = at + 1;
      }
      sluice_value unknown;
      if (child == nullptr ? !schemaless(&unknown) : !typed(*child, &record->fields[at])) return false;
      if (take(',')) continue;
      if (!take('}')) return false;
      break;
    }
  }
  if (in_order && next == count) return true;
  // Fields that did not come are null, as are those that came as null; both mean the default where there is one.
  for (std::size_t i = 0; i < count; ++i)
    if (record->fields[i].kind == SLUICE_NULL && !null(*node.fields[i], &record->fields[i])) return false;
  return true;
}

bool Reader::step_over_object(std::string_view* text) {
  const char* const start = p_;
  if (p_ == end_ || *p_ != '{') return false;
  int open = 0;
  const char* p = p_;
  while (p != end_) {
    const char c = *p++;
    if (c == '{') {
      ++open;
    } else if (c == '}') {
      if (--open == 0) {
        p_ = p;
        *text = {start, static_cast<std::size_t>(p - start)};
        return true;
      }
    } else if (c == '"') {
      const char* close = nullptr;
      if (scan_text(p, end_, &close) == TextKind::kMalformed) return false;
      p = close + 1;
    }
  }
  return false;
}

}  // namespace sluice::convert::json
