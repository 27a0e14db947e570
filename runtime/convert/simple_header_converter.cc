#include "runtime/convert/simple_header_converter.h"

#include "runtime/convert/errors.h"
#include "runtime/convert/utf8.h"
#include "runtime/data/convert.h"
#include "runtime/data/schema.h"
#include "runtime/data/values_parser.h"

namespace sluice::convert {

using base::fail;
using base::Result;
using data::Bytes;
using data::SchemaAndValue;

Result<Bytes> SimpleHeaderConverter::from_connect(const data::ConvertContext& context, std::string_view /*topic*/,
                                                  std::string_view /*header*/, const Schema* /*schema*/,
                                                  const Value& value) {
  if (value.is_null()) return Bytes();
  text_.clear();
  data::append_values_text(value, false, text_);
  std::string_view bytes = text_;
  std::string replaced;
  if (!is_utf8(text_)) {
    append_java_utf8(text_, replaced);
    bytes = replaced;
  }
  bytes = arena_copy(context.arena, bytes);
  if (bytes.data() == nullptr) return fail(out_of_memory());
  return bytes;
}

Result<SchemaAndValue> SimpleHeaderConverter::to_connect(const data::ConvertContext& context,
                                                         std::string_view /*topic*/, std::string_view /*header*/,
                                                         Bytes bytes) {
  if (bytes.data() == nullptr) return SchemaAndValue{};
  if (bytes.empty()) return SchemaAndValue{context.schemas->string(), Value::string("")};
  if (!is_utf8(bytes)) {
    text_.clear();
    append_java_text(bytes, text_);
    bytes = arena_copy(context.arena, text_);
    if (bytes.data() == nullptr) return fail(out_of_memory());
  }
  return data::parse_values_text(context, bytes);
}

}  // namespace sluice::convert
