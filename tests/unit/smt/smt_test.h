#pragma once
// A batch with one record, and a transform over it.

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/data/batch.h"
#include "runtime/data/schema.h"
#include "runtime/data/transform.h"
#include "runtime/data/value_text.h"
#include "smt/builtin.h"

namespace sluice::smt {

using Config = std::initializer_list<std::pair<std::string, std::string>>;

inline base::Result<std::unique_ptr<data::Transform>> make_transform(std::string_view class_name, Config keys) {
  config::ConfigMap config;
  for (const auto& [key, value] : keys) config.set(key, value);
  for (const auto& transform : builtin_transforms())
    if (transform.class_name == class_name) return transform.create(config);
  return base::config_error("no transform {}", class_name);
}

class SmtTest : public ::testing::Test {
 protected:
  SmtTest() { fresh(); }

  // A fresh record of topic "orders" without key and value.
  data::Record& fresh() {
    batch_.reset();
    EXPECT_TRUE(batch_.allocate_records(1));
    data::Record& made = record();
    made.topic = batch_.topic_index("orders");
    made.partition = SLUICE_NO_PARTITION;
    made.timestamp_ms = SLUICE_NO_TIMESTAMP;
    made.key_schema = made.value_schema = SLUICE_NO_SCHEMA;
    return made;
  }
  data::Record& record() { return batch_.record(0); }
  Value value() { return record().value_value(); }
  std::string value_text() { return data::value_text(value()); }
  std::string topic() { return std::string(batch_.topic(record())); }

  Value text(std::string_view text) { return Value::string(batch_.arena().copy(text)); }
  Value list(std::initializer_list<Value> items) {
    auto* copy = batch_.arena().alloc_array<sluice_value>(items.size());
    std::size_t at = 0;
    for (const Value& item : items) copy[at++] = item;
    return Value::array(copy, items.size());
  }
  Value map(std::initializer_list<std::pair<std::string_view, Value>> pairs) {
    auto* copy = batch_.arena().alloc_array<sluice_value>(pairs.size() * 2);
    std::size_t at = 0;
    for (const auto& [key, item] : pairs) {
      copy[at++] = text(key);
      copy[at++] = item;
    }
    return Value::map(copy, pairs.size());
  }
  Value structure(const Schema* schema, std::initializer_list<Value> fields) {
    sluice_struct* made = arena_struct(batch_.arena().c(), schema);
    std::size_t at = 0;
    for (const Value& field : fields) made->fields[at++] = field;
    return Value::record(made, at);
  }
  const Schema* struct_schema(std::initializer_list<std::pair<std::string_view, const Schema*>> fields,
                              bool optional = false) {
    auto builder = data::SchemaBuilder::structure().optional(optional);
    for (const auto& [name, schema] : fields) builder.field(name, schema);
    return builder.build(pool_).value();
  }
  const Schema* optional(Kind kind) { return pool_.primitive(kind, true); }

  void set_value(const Value& value) { record().value = value; }
  void set_value(const Schema* schema, std::initializer_list<Value> fields) {
    record().value_schema = batch_.schema_index(schema);
    record().value = structure(schema, fields);
  }

  // Nothing, or the text of the error with its causes.
  std::string apply(data::Transform& transform, bool sink = false) {
    Errors errors;
    const auto status = transform.apply({&pool_, sink}, batch_, errors);
    if (!status) return "batch: " + status.error().to_string();
    return errors.text;
  }
  // The same, keeping the transform for the rest of the test: values may refer to its texts.
  std::string apply(std::unique_ptr<data::Transform> transform) {
    kept_.push_back(std::move(transform));
    return apply(*kept_.back());
  }

  data::SchemaPool pool_;
  data::Batch batch_;

 private:
  struct Errors final : data::RecordErrors {
    void fail(data::Batch& batch, std::uint32_t index, base::Error error) override {
      batch.record(index).flags |= SLUICE_RECORD_FAILED;
      text = error.to_string();
    }
    std::string text;
  };
  std::vector<std::unique_ptr<data::Transform>> kept_;
};

}  // namespace sluice::smt
