#include "runtime/convert/primitive_converters.h"

#include <bit>
#include <cstring>

#include "runtime/convert/errors.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"

namespace sluice::convert {
namespace {

using base::data_error;
using base::fail;
using base::Result;
using data::Bytes;
using data::ConvertContext;
using data::SchemaAndValue;

struct NumberFormat {
  std::string_view word;          // in Connect's messages
  std::string_view java_class;    // of the value
  std::string_view deserializer;  // in Kafka's messages
  std::size_t width;
};

NumberFormat format_of(Kind kind) {
  switch (kind) {
    case Kind::kInt16:
      return {"short", "java.lang.Short", "ShortDeserializer", 2};
    case Kind::kInt32:
      return {"integer", "java.lang.Integer", "IntegerDeserializer", 4};
    case Kind::kFloat32:
      return {"float", "java.lang.Float", "Deserializer", 4};
    case Kind::kFloat64:
      return {"double", "java.lang.Double", "Deserializer", 8};
    default:
      return {"long", "java.lang.Long", "LongDeserializer", 8};
  }
}

// The cause that Java's failed cast has.
base::Error cast_failure(const Value& value, std::string_view target) {
  const std::string_view from = data::java_class_name(value);
  const bool number =
      value.is_integer() || value.is(Kind::kFloat32) || value.is(Kind::kFloat64) || value.is(Kind::kDecimal);
  const std::string_view to = number ? target : "java.lang.Number";
  return {base::Code::kBadRecord, base::exceptions::kClassCast,
          fmt::format("class {} cannot be cast to class {}", from, to)};
}

}  // namespace

Result<Bytes> ByteArrayConverter::encode(const ConvertContext& /*context*/, const Schema* schema, const Value& value) {
  if (schema != nullptr && schema->type() != Kind::kBytes)
    return data_error("Invalid schema type for ByteArrayConverter: {}", data::type_name(schema->type()));
  if (value.is_null()) return Bytes();
  if (!value.is(Kind::kBytes))
    return data_error("ByteArrayConverter is not compatible with objects of type class {}",
                      data::java_class_name(value));
  return value.text();
}

Result<SchemaAndValue> ByteArrayConverter::decode(const ConvertContext& context, Bytes bytes) {
  const Schema* const schema = context.schemas->primitive(Kind::kBytes, true);
  return SchemaAndValue{schema, bytes.data() == nullptr ? Value() : Value::bytes(bytes)};
}

Result<Bytes> BooleanConverter::encode(const ConvertContext& /*context*/, const Schema* schema, const Value& value) {
  if (schema != nullptr && schema->type() != Kind::kBoolean)
    return data_error("Invalid schema type for BooleanConverter: {}", data::type_name(schema->type()));
  if (value.is_null()) return Bytes();
  if (!value.is(Kind::kBoolean))
    return data_error("BooleanConverter is not compatible with objects of type class {}", data::java_class_name(value));
  return value.boolean_value() ? Bytes("\x01", 1) : Bytes("\x00", 1);
}

Result<SchemaAndValue> BooleanConverter::decode(const ConvertContext& context, Bytes bytes) {
  const Schema* const schema = context.schemas->primitive(Kind::kBoolean, true);
  if (bytes.data() == nullptr) return SchemaAndValue{schema, Value()};
  if (bytes.size() != 1)
    return serialization_failure("Failed to deserialize boolean: ",
                                 "Size of data received by BooleanDeserializer is not 1");
  if (bytes[0] != 0 && bytes[0] != 1)
    return serialization_failure(
        "Failed to deserialize boolean: ",
        fmt::format("Unexpected byte received by BooleanDeserializer: {}", static_cast<signed char>(bytes[0])));
  return SchemaAndValue{schema, Value::boolean(bytes[0] == 1)};
}

Result<Bytes> NumberConverter::encode(const ConvertContext& context, const Schema* /*schema*/, const Value& value) {
  if (value.is_null()) return Bytes();
  const NumberFormat format = format_of(kind_);
  if (!value.is(kind_)) {
    return fail(base::Error(base::Code::kBadRecord, base::exceptions::kData,
                            fmt::format("Failed to serialize to {} (was class {}): ", format.word,
                                        data::java_class_name(value)))
                    .with_cause(cast_failure(value, format.java_class)));
  }
  std::uint64_t bits = static_cast<std::uint64_t>(value.i64());
  if (kind_ == Kind::kFloat32) bits = std::bit_cast<std::uint32_t>(value.f32());
  // Kafka's DoubleSerializer writes one NaN for all; its FloatSerializer keeps the bits.
  if (kind_ == Kind::kFloat64 && value.f64() != value.f64()) bits = 0x7FF8000000000000;
  char* const out = arena_array<char>(context.arena, format.width);
  if (out == nullptr) return fail(out_of_memory());
  for (std::size_t i = 0; i < format.width; ++i) out[i] = static_cast<char>(bits >> (8 * (format.width - 1 - i)));
  return Bytes(out, format.width);
}

Result<SchemaAndValue> NumberConverter::decode(const ConvertContext& context, Bytes bytes) {
  const Schema* const schema = context.schemas->primitive(kind_, true);
  if (bytes.data() == nullptr) return SchemaAndValue{schema, Value()};
  const NumberFormat format = format_of(kind_);
  if (bytes.size() != format.width)
    return serialization_failure(
        fmt::format("Failed to deserialize {}: ", format.word),
        fmt::format("Size of data received by {} is not {}", format.deserializer, format.width));
  std::uint64_t bits = 0;
  for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
  switch (kind_) {
    case Kind::kInt16:
      return SchemaAndValue{schema, Value::int16(static_cast<std::int16_t>(bits))};
    case Kind::kInt32:
      return SchemaAndValue{schema, Value::int32(static_cast<std::int32_t>(bits))};
    case Kind::kFloat32:
      return SchemaAndValue{schema, Value::float32(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))};
    case Kind::kFloat64:
      return SchemaAndValue{schema, Value::float64(std::bit_cast<double>(bits))};
    default:
      return SchemaAndValue{schema, Value::int64(static_cast<std::int64_t>(bits))};
  }
}

}  // namespace sluice::convert
