#include "runtime/convert/string_converter.h"

#include "runtime/convert/errors.h"
#include "runtime/convert/utf8.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"

namespace sluice::convert {
namespace {

using base::fail;
using base::Result;
using data::Bytes;
using data::SchemaAndValue;

}  // namespace

Result<Bytes> StringConverter::encode(const data::ConvertContext& context, const Schema* /*schema*/,
                                      const Value& value) {
  if (value.is_null()) return Bytes();
  std::string_view text;
  if (value.is(Kind::kString)) {
    text = value.text();
    if (charset_ == nullptr && is_utf8(text)) return text;
  } else {
    text_.clear();
    data::append_value_text(value, text_);
    text = text_;
  }
  result_.clear();
  if (charset_ != nullptr)
    charset_->encode(text, result_);
  else
    append_java_utf8(text, result_);
  const std::string_view bytes = arena_copy(context.arena, result_);
  if (bytes.data() == nullptr) return fail(out_of_memory());
  return bytes;
}

Result<SchemaAndValue> StringConverter::decode(const data::ConvertContext& context, Bytes bytes) {
  const Schema* const schema = context.schemas->primitive(Kind::kString, true);
  if (bytes.data() == nullptr) return SchemaAndValue{schema, Value()};
  if (charset_ == nullptr && is_utf8(bytes)) return SchemaAndValue{schema, Value::string(bytes)};
  result_.clear();
  if (charset_ != nullptr)
    charset_->decode(bytes, result_);
  else
    append_java_text(bytes, result_);
  const std::string_view text = arena_copy(context.arena, result_);
  if (text.data() == nullptr) return fail(out_of_memory());
  return SchemaAndValue{schema, Value::string(text)};
}

}  // namespace sluice::convert
