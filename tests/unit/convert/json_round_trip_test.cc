// Random schemas and values through the JSON converter and back: what was written comes back equal.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "runtime/convert/builtin.h"
#include "runtime/convert/json_decoder.h"
#include "runtime/convert/json_encoder.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"

namespace sluice::convert::json {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, data::SchemaPool& pool, data::Arena& arena)
      : random_(seed), pool_(pool), arena_(arena) {}

  const Schema* schema(int depth) {
    const int type = static_cast<int>(below(depth > 0 ? 17 : 13));
    const bool optional = below(2) == 0;
    switch (type) {
      case 9:
        return data::SchemaBuilder::decimal(static_cast<int>(below(6))).optional(optional).build(pool_).value();
      case 10:
        return data::SchemaBuilder::date().optional(optional).build(pool_).value();
      case 11:
        return data::SchemaBuilder::time().optional(optional).build(pool_).value();
      case 12:
        return data::SchemaBuilder::timestamp().optional(optional).build(pool_).value();
      case 13:
        return data::SchemaBuilder::array(schema(depth - 1)).optional(optional).build(pool_).value();
      case 14:
        return data::SchemaBuilder::map(pool_.string(), schema(depth - 1)).optional(optional).build(pool_).value();
      case 15:
        return data::SchemaBuilder::map(pool_.int32(), schema(depth - 1)).optional(optional).build(pool_).value();
      case 16:
        return structure(depth, optional);
      default:
        return pool_.primitive(static_cast<Kind>(type + 1), optional);
    }
  }

  Value value(const Schema& schema) {
    if (schema.optional() && below(4) == 0) return {};
    if (schema.has_name() && schema.name() == kDecimalName) {
      const auto number = static_cast<std::uint64_t>(random_());
      std::string bytes;
      for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> (8 * i));
      return arena_decimal(arena_.c(), std::stoi(std::string(schema.parameter(kDecimalScaleParameter))), bytes);
    }
    if (schema.has_name() && schema.name() == kDateName)
      return Value::instant((static_cast<std::int64_t>(below(40000)) - 20000) * 86'400'000);
    if (schema.has_name() && schema.name() == kTimeName)
      return Value::instant(static_cast<std::int64_t>(below(86'400'001)));
    if (schema.has_name() && schema.name() == kTimestampName)
      return Value::instant(static_cast<std::int64_t>(random_()));
    switch (schema.type()) {
      case Kind::kInt8:
        return Value::int8(static_cast<std::int8_t>(random_()));
      case Kind::kInt16:
        return Value::int16(static_cast<std::int16_t>(random_()));
      case Kind::kInt32:
        return Value::int32(static_cast<std::int32_t>(random_()));
      case Kind::kInt64:
        return Value::int64(static_cast<std::int64_t>(random_() >> below(64)));
      case Kind::kFloat32:
        return Value::float32(static_cast<float>(below(100'000)) / 64.0F);
      case Kind::kFloat64:
        return Value::float64(static_cast<double>(static_cast<std::int64_t>(random_())) / 1e7);
      case Kind::kBoolean:
        return Value::boolean(below(2) == 0);
      case Kind::kString:
        return Value::string(text());
      case Kind::kBytes:
        return Value::bytes(text());
      case Kind::kArray:
        return list(schema, false);
      case Kind::kMap:
        return list(schema, true);
      default:
        break;
    }
    sluice_struct* const record = arena_struct(arena_.c(), &schema);
    for (std::size_t i = 0; i < schema.fields().size(); ++i) record->fields[i] = value(schema.fields()[i].schema());
    return Value::record(record, schema.fields().size());
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  std::string_view text() {
    static const std::vector<std::string> kPieces = {"a", "Z9 ", "\"",   "\\", "\n",           "\x01",
                                                     "/", "é",   "日本", "😀",  "\xED\xA0\x80", "0123456789abcdef"};
    std::string text;
    for (std::uint64_t i = below(6); i > 0; --i) text += kPieces[below(kPieces.size())];
    return arena_.copy(text);
  }

  const Schema* structure(int depth, bool optional) {
    data::SchemaBuilder builder = data::SchemaBuilder::structure();
    builder.name("row").optional(optional);
    for (std::uint64_t i = 0, count = below(40); i < count; ++i)
      builder.field("field é" + std::to_string(i), schema(depth - 1));
    return builder.build(pool_).value();
  }

  Value list(const Schema& schema, bool is_map) {
    const std::size_t count = below(4) == 0 ? below(60) : below(4);
    auto* const items = arena_array<sluice_value>(arena_.c(), count * (is_map ? 2 : 1));
    for (std::size_t i = 0; i < count; ++i) {
      if (is_map)
        items[2 * i] = schema.key_schema()->type() == Kind::kString
                           ? Value::string(arena_.copy("key" + std::to_string(i)))
                           : Value::int32(static_cast<std::int32_t>(i));
      items[is_map ? 2 * i + 1 : i] = value(*schema.value_schema());
    }
    return is_map ? Value::map(items, count) : Value::array(items, count);
  }

  std::mt19937_64 random_;
  data::SchemaPool& pool_;
  data::Arena& arena_;
};

TEST(JsonRoundTrip, RandomSchemasAndValuesComeBackEqual) {
  const std::uint64_t first_seed = std::random_device()();
  for (std::uint64_t seed = first_seed; seed < first_seed + 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    data::SchemaPool pool;
    data::Arena arena;
    const data::ConvertContext context{arena.c(), &pool};
    Encoder encoder({});
    Decoder decoder({}, "");
    Generator generator(seed, pool, arena);
    const Schema* const schema = generator.schema(3);
    for (int i = 0; i < 3; ++i) {
      const Value value = generator.value(*schema);
      const auto bytes = encoder.encode(arena.c(), schema, value);
      ASSERT_TRUE(bytes.has_value()) << bytes.error().message();
      const auto back = decoder.decode(context, *bytes);
      ASSERT_TRUE(back.has_value()) << back.error().message() << "\n" << *bytes;
      EXPECT_EQ(back->schema, schema) << *bytes;
      EXPECT_TRUE(data::values_equal(back->value, value)) << *bytes;
      const auto slow = decoder.decode_slowly(context, *bytes);
      ASSERT_TRUE(slow.has_value());
      EXPECT_TRUE(data::values_equal(slow->value, value)) << *bytes;
    }
  }
}

}  // namespace
}  // namespace sluice::convert::json
