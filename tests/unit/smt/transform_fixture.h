#pragma once
// Records for tests of transforms: a batch made by hand, a transform of the list, and what became of the records.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"
#include "smt/builtin.h"

namespace sluice::smt {

inline std::unique_ptr<data::Transform> make_transform(std::string_view short_name, const config::ConfigMap& config) {
  for (const auto& transform : builtin_transforms())
    if (transform.class_name == "org.apache.kafka.connect.transforms." + std::string(short_name))
      return transform.create(config).value();
  return nullptr;
}

class Failures final : public data::RecordErrors {
 public:
  void fail(data::Batch& batch, std::uint32_t index, base::Error error) override {
    batch.record(index).flags |= SLUICE_RECORD_FAILED;
    messages.emplace(index, error.message());
  }
  std::map<std::uint32_t, std::string> messages;
};

// A batch of source records of one topic with schemas in `pool`.
class TransformTest : public testing::Test {
 protected:
  // Adds no record: the batch is as large as it is made.
  void start(std::uint32_t count) {
    batch.reset();
    ASSERT_TRUE(batch.allocate_records(count));
    for (std::uint32_t i = 0; i < count; ++i) batch.record(i).topic = batch.topic_index("orders");
  }
  void set_value(std::uint32_t i, const Schema* schema, const Value& value) {
    batch.record(i).value_schema = batch.schema_index(schema);
    batch.record(i).value = value;
  }
  Value row(const Schema* schema, const std::vector<Value>& values) {
    sluice_struct* fields = arena_struct(batch.arena().c(), schema);
    std::copy(values.begin(), values.end(), fields->fields);
    return Value::record(fields, values.size());
  }
  Value map(const std::vector<Value>& keys_and_values) {
    auto* items = batch.arena().alloc_array<sluice_value>(keys_and_values.size());
    std::copy(keys_and_values.begin(), keys_and_values.end(), items);
    return Value::map(items, keys_and_values.size() / 2);
  }
  void apply(data::Transform& transform) {
    failures.messages.clear();
    ASSERT_TRUE(transform.apply({&pool, false}, batch, failures));
  }
  std::string value_text(std::uint32_t i) { return data::value_text(batch.record(i).value_value()); }
  const Schema* value_schema(std::uint32_t i) { return batch.value_schema(batch.record(i)); }

  data::SchemaPool pool;
  data::Batch batch;
  Failures failures;
};

}  // namespace sluice::smt
