// The steady state of the JSON converter takes nothing from the heap: its own test program counts what operator new
// gives out.

#include <gtest/gtest.h>

#include "runtime/convert/builtin.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "tests/unit/count_allocations.h"

namespace sluice::convert {
namespace {

void expect_no_allocation(const char* schemas_enabled) {
  data::SchemaPool pool;
  data::Arena arena;
  const data::ConvertContext context{arena.c(), &pool};
  const auto converter = find_builtin_converter("Json")->create({{"schemas.enable", schemas_enabled}}, false).value();
  const Schema* const schema = data::SchemaBuilder::structure()
                                   .name("row")
                                   .field("id", pool.int64())
                                   .field("name", pool.string())
                                   .field("price", data::SchemaBuilder::decimal(2).build(pool).value())
                                   .field("list", data::SchemaBuilder::array(pool.float64()).build(pool).value())
                                   .build(pool)
                                   .value();
  for (int round = 0; round < 100; ++round) {
    arena.reset();
    const std::size_t before = allocations;
    sluice_struct* const record = arena_struct(arena.c(), schema);
    auto* const list = arena_array<sluice_value>(arena.c(), 2);
    list[0] = Value::float64(0.25);
    list[1] = Value::float64(1e300);
    record->fields[0] = Value::int64(round);
    record->fields[1] = Value::string("a \"text\" that is longer than a short string \xC3\xA9");
    record->fields[2] = arena_decimal(arena.c(), 2, "\x01\x02");
    record->fields[3] = Value::array(list, 2);
    const auto bytes = converter->from_connect(context, "t", schema, Value::record(record, 4));
    const bool ok = bytes.has_value() && converter->to_connect(context, "t", *bytes).has_value();
    const std::size_t after = allocations;
    ASSERT_TRUE(ok);
    if (round >= 2) {
      EXPECT_EQ(after, before) << "round " << round;
    }
  }
}

TEST(Allocation, JsonWithoutSchemas) {
  expect_no_allocation("false");
}
TEST(Allocation, JsonWithSchemas) {
  expect_no_allocation("true");
}

}  // namespace
}  // namespace sluice::convert
