// Properties that hold for any value and schema. Inputs come from a seed, which a failure prints; SLUICE_TEST_SEED
// repeats a run.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>

#include "runtime/data/arena.h"
#include "runtime/data/check_value.h"
#include "runtime/data/decimal.h"
#include "runtime/data/java_calendar.h"
#include "runtime/data/java_text.h"
#include "runtime/data/project.h"
#include "runtime/data/schema.h"
#include "runtime/data/utf16.h"
#include "runtime/data/value_ops.h"
#include "runtime/data/values_parser.h"

namespace sluice::data {
namespace {

class Properties : public ::testing::Test {
 protected:
  Properties() {
    const char* given = std::getenv("SLUICE_TEST_SEED");
    seed_ = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
    random_.seed(seed_);
  }
  void SetUp() override { RecordProperty("seed", std::to_string(seed_)); }
  void TearDown() override {
    if (HasFailure())
      std::fprintf(stderr, "repeat with SLUICE_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }

  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string text() {
    static constexpr std::string_view kPieces[] = {"a", "b", "\"", "\\", " ", "é", "😀", "\xED\xA0\x80",
                                                   ",", ":", "{",  "]",  "1"};
    std::string result;
    for (std::size_t n = below(6); n > 0; --n) result += kPieces[below(std::size(kPieces))];
    return result;
  }

  const Schema* schema(int depth) {
    const auto kind = static_cast<Kind>(depth > 2 ? 1 + below(9) : 1 + below(12));
    SchemaBuilder builder(kind);
    if (kind == Kind::kArray) builder = SchemaBuilder::array(schema(depth + 1));
    if (kind == Kind::kMap) builder = SchemaBuilder::map(schema(depth + 1), schema(depth + 1));
    if (kind == Kind::kStruct)
      for (std::size_t i = 0, n = below(4); i < n; ++i) builder.field("f" + std::to_string(i), schema(depth + 1));
    builder.optional(one_in(3));
    if (one_in(4)) builder.name("n" + text());
    if (one_in(5)) builder.version(static_cast<std::int32_t>(below(9)));
    if (one_in(6)) builder.doc(text());
    if (one_in(6)) builder.parameter("p", text());
    if (one_in(4)) builder.default_value(value(*builder.build(pool_).value(), depth + 1));
    return builder.build(pool_).value();
  }

  // A value that fits the schema.
  Value value(const Schema& schema, int depth = 0) {
    if (schema.optional() && one_in(4)) return {};
    switch (schema.type()) {
      case Kind::kInt8:
        return Value::int8(static_cast<std::int8_t>(random_()));
      case Kind::kInt16:
        return Value::int16(static_cast<std::int16_t>(random_()));
      case Kind::kInt32:
        return Value::int32(static_cast<std::int32_t>(random_()));
      case Kind::kInt64:
        return Value::int64(static_cast<std::int64_t>(random_()));
      case Kind::kFloat32:
        return Value::float32(std::bit_cast<float>(static_cast<std::uint32_t>(random_())));
      case Kind::kFloat64:
        return Value::float64(std::bit_cast<double>(random_()));
      case Kind::kBoolean:
        return Value::boolean(one_in(2));
      case Kind::kString:
        return Value::string(arena_.copy(text()));
      case Kind::kBytes:
        return Value::bytes(arena_.copy(text()));
      case Kind::kArray: {
        const std::size_t n = below(4);
        auto* items = arena_.alloc_array<sluice_value>(n);
        for (std::size_t i = 0; i < n; ++i) items[i] = value(*schema.value_schema(), depth + 1);
        return Value::array(items, n);
      }
      case Kind::kMap: {
        const std::size_t n = below(4);
        auto* items = arena_.alloc_array<sluice_value>(n * 2);
        for (std::size_t i = 0; i < n; ++i) {
          items[i * 2] = value(*schema.key_schema(), depth + 1);
          items[i * 2 + 1] = value(*schema.value_schema(), depth + 1);
        }
        return Value::map(items, n);
      }
      default: {
        sluice_struct* record = arena_struct(arena_.c(), &schema);
        for (std::uint32_t i = 0; i < schema.field_count; ++i)
          record->fields[i] = value(schema.fields()[i].schema(), depth + 1);
        return Value::record(record, schema.field_count);
      }
    }
  }

  ConvertContext context() { return {arena_.c(), &pool_}; }

  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  Arena arena_;
  SchemaPool pool_;
};

TEST_F(Properties, EqualSchemasOfOnePoolAreOneHandle) {
  std::vector<const Schema*> handles;
  for (int i = 0; i < 300; ++i) handles.push_back(schema(0));
  for (const Schema* a : handles) {
    EXPECT_EQ(pool_.import(*a).value(), a);
    EXPECT_EQ(SchemaBuilder::like(*a).build(pool_).value(), a);
    for (const Schema* b : handles) ASSERT_EQ(schemas_equal(a, b), a == b);
  }
}

TEST_F(Properties, AForeignSchemaIsEqualButAnotherHandle) {
  SchemaPool other;
  for (int i = 0; i < 200; ++i) {
    const Schema* ours = schema(0);
    const Schema* theirs = other.import(*ours).value();
    EXPECT_NE(ours, theirs);
    EXPECT_TRUE(schemas_equal(ours, theirs));
    EXPECT_EQ(pool_.import(*theirs).value(), ours);
  }
}

TEST_F(Properties, CopiesAreEqualAndHashAlike) {
  for (int i = 0; i < 2000; ++i) {
    const Schema* type = schema(0);
    const Value original = value(*type);
    Arena arena;
    bool ok = true;
    const Value copy = copy_value(arena.c(), original, &ok);
    ASSERT_TRUE(ok);
    ASSERT_TRUE(values_equal(original, copy));
    ASSERT_TRUE(values_equal(copy, original));
    ASSERT_EQ(hash_value(original), hash_value(copy));
    const Value other = value(*type);
    if (values_equal(original, other)) {
      ASSERT_EQ(hash_value(original), hash_value(other));
    }
  }
}

TEST_F(Properties, ACopyWithoutMemoryFailsCleanly) {
  for (int i = 0; i < 300; ++i) {
    const Schema* type = schema(0);
    const Value original = value(*type);
    const std::size_t limit = below(200);
    Arena arena(limit);
    bool ok = true;
    const Value copy = copy_value(arena.c(), original, &ok);
    ASSERT_LE(arena.reserved_bytes(), limit);
    if (ok) {
      ASSERT_TRUE(values_equal(original, copy));
    }
  }
}

TEST_F(Properties, AnArenaNeverTakesMoreThanItsLimit) {
  for (int round = 0; round < 50; ++round) {
    const std::size_t limit = 1 + below(1 << 20);
    Arena arena(limit);
    for (int batch = 0; batch < 3; ++batch) {
      std::size_t given = 0;
      for (;;) {
        const std::size_t size = 1 + below(one_in(20) ? 100'000 : 300);
        const std::size_t align = std::size_t{1} << below(5);
        auto* bytes = static_cast<char*>(arena.alloc(size, align));
        if (bytes == nullptr) break;
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % align, 0u);
        std::memset(bytes, 'x', size);  // the sanitizers see it if this is not ours
        given += size;
        ASSERT_LE(given, limit);
      }
      ASSERT_LE(arena.reserved_bytes(), limit);
      arena.reset();
    }
  }
}

TEST_F(Properties, ValuesThatFitTheirSchemaPassTheCheck) {
  for (int i = 0; i < 2000; ++i) {
    const Schema* type = schema(0);
    const Value fitting = value(*type);
    const auto status = check_value(*type, fitting);
    ASSERT_TRUE(status) << status.error().to_string();
  }
}

TEST_F(Properties, ProjectionOnItsOwnSchemaFillsDefaultsAndThenRests) {
  for (int i = 0; i < 2000; ++i) {
    const Schema* type = schema(0);
    const Value original = value(*type);
    const auto once = project(context(), *type, original, *type);
    ASSERT_TRUE(once) << once.error().to_string();
    const auto twice = project(context(), *type, *once, *type);
    ASSERT_TRUE(twice) << twice.error().to_string();
    ASSERT_TRUE(values_equal(*once, *twice));
  }
}

TEST_F(Properties, TextsOfFloatingNumbersReadBackToTheSameBits) {
  for (int i = 0; i < 200'000; ++i) {
    const auto d = std::bit_cast<double>(random_() >> (one_in(4) ? 12 + below(50) : 0));
    std::string text;
    append_double(d, text);
    const auto read = parse_double(text);
    ASSERT_TRUE(read) << text;
    ASSERT_TRUE(std::bit_cast<std::uint64_t>(*read) == std::bit_cast<std::uint64_t>(d) ||
                (std::isnan(*read) && std::isnan(d)))
        << text;
    const auto f = std::bit_cast<float>(static_cast<std::uint32_t>(random_()));
    text.clear();
    append_float(f, text);
    const auto read_float = parse_float(text);
    ASSERT_TRUE(read_float) << text;
    ASSERT_TRUE(std::bit_cast<std::uint32_t>(*read_float) == std::bit_cast<std::uint32_t>(f) ||
                (std::isnan(*read_float) && std::isnan(f)))
        << text;
  }
}

TEST_F(Properties, DecimalsSurviveTextAndBytes) {
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (std::size_t n = 1 + below(40); n > 0; --n)
      bytes.push_back(static_cast<char>(one_in(3) ? (one_in(2) ? 0 : -1) : random_()));
    const Value decimal = arena_decimal(arena_.c(), static_cast<std::int32_t>(below(80)) - 40, bytes);
    const DecimalNumber number = decimal_number(decimal);
    ASSERT_EQ(decimal_bytes(number), decimal.decimal_unscaled());
    std::string text;
    append_decimal(number, text);
    const auto read = parse_decimal(text);
    ASSERT_TRUE(read) << text;
    ASSERT_TRUE(values_equal(make_decimal(arena_.c(), *read), decimal)) << text;
  }
}

TEST_F(Properties, DatesSurviveTheirFields) {
  for (int i = 0; i < 100'000; ++i) {
    const auto ms = static_cast<std::int64_t>(random_()) >> below(24);
    const CalendarFields f = calendar_fields(ms);
    const std::int64_t time = ((f.hour * 60 + f.minute) * 60 + f.second) * std::int64_t{1000} + f.millisecond;
    ASSERT_EQ(calendar_epoch_ms(f.astronomical_year(), f.month, f.day, time), ms);
    ASSERT_EQ(calendar_epoch_ms(f.astronomical_year(), 1, f.day_of_year, time, true), ms);
  }
}

TEST_F(Properties, TextsSurviveUtf16) {
  for (int i = 0; i < 20'000; ++i) {
    const std::string original = text();
    const std::u16string units = to_utf16(original);
    EXPECT_EQ(utf16_length(original), units.size());
    std::string back;
    append_utf16(units, back);
    ASSERT_EQ(to_utf16(back), units);  // a high and a low surrogate that meet become one character
  }
}

TEST_F(Properties, AnyHeaderTextIsReadAsAValueThatFitsItsSchema) {
  for (int i = 0; i < 20'000; ++i) {
    std::string input;
    for (std::size_t n = below(8); n > 0; --n) input += one_in(2) ? text() : one_in(2) ? "[" : one_in(2) ? "{1:" : "}";
    const auto result = parse_values_text(context(), input);
    ASSERT_TRUE(result) << input;
    const bool untyped = result->schema != nullptr && result->schema->type() >= Kind::kArray;
    if (result->schema != nullptr && !untyped) {
      ASSERT_TRUE(check_value(*result->schema, result->value)) << input;
    }
  }
}

}  // namespace
}  // namespace sluice::data
