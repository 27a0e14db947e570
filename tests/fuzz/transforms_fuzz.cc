// Links: sluice::smt
// Every transform of the worker, with configurations from a small grammar, on batches of records of any schema: none
// crashes, a record that fails is as it was, and what Kafka's own transforms make of a record fits its schema.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/data/check_value.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"
#include "smt/builtin.h"
#include "tests/fuzz/random_records.h"

namespace {

using sluice::Kind;
using sluice::Schema;
using sluice::Value;
using sluice::data::Batch;
using sluice::fuzz::Choices;
using sluice::fuzz::Maker;
namespace config = sluice::config;

// ---- configurations

// What a key may be set to, by its name; the first list whose name ends the key's counts.
struct Grammar {
  std::string_view ending;
  std::vector<std::string_view> texts;
};

const std::vector<Grammar>& grammar() {
  static const std::vector<Grammar> kGrammar = {
      {"spec",
       {"int8", "string", "a:int32,b:string", "a:boolean,c:float32", "b:int64", "a.b:float64", ":int16", "x:y"}},
      {"target.type", {"string", "unix", "Date", "Time", "Timestamp"}},
      {"unix.precision", {"seconds", "milliseconds", "microseconds", "nanoseconds"}},
      {"topic.format", {"${topic}-${timestamp}", "${topic}${topic}", "x"}},
      {"format", {"yyyyMMdd", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "EEE, d MMM yyyy HH:mm:ss z", "YY w u F k K", "'"}},
      {"syntax.version", {"V1", "V2"}},
      {"with.default", {"true", "false"}},
      {"schema.version", {"1", "-7"}},
      {"schema.name", {"n", "", "s.Value"}},
      {"operation", {"move", "copy"}},
      {"delimiter", {".", "_", ""}},
      {"renames", {"a:b", "a:b,b:a", "c:d", "a:a"}},
      {"regex", {"(.*)", "t(.)", "((a+)+)b"}},
      {"replacement", {"$1", "x", "70000", "-1.5", "*"}},
      {"value.literal", {"1", "[1,2]", "{\"a\":1}", "2024-02-29"}},
      {"static.value", {"x", ""}},
      {"field", {"a", "b", "", "a.b", "after.a", "`a.b`", "d?", "absent"}},
      {"", {"a", "a,b", "c", "after", "absent,b", "h", "a.b", "before,after"}}};
  return kGrammar;
}

config::ConfigMap configuration(const config::ConfigDef& definition, Choices& choices) {
  config::ConfigMap result;
  for (const auto& key : definition.keys()) {
    if (!key.required() && choices.one_in(2)) continue;
    for (const auto& [ending, texts] : grammar()) {
      if (!std::string_view(key.name).ends_with(ending)) continue;
      result.set(key.name, std::string(choices.pick(texts)));
      break;
    }
  }
  return result;
}

// ---- records

void fill(Batch& batch, Choices& choices, sluice::data::SchemaPool& pool) {
  static const sluice_header kHeaders[] = {{sluice::str("h"), nullptr, Value::int32(1)},
                                           {sluice::str("a"), nullptr, Value::string("x")}};
  batch.reset();
  SLUICE_ASSERT(batch.allocate_records(static_cast<std::uint32_t>(1 + choices.below(4))));
  Maker maker(choices, batch, pool);
  const Schema* schemas[] = {nullptr, maker.schema(0), maker.schema(0)};
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    auto& record = batch.record(i);
    record.topic = batch.topic_index(choices.one_in(2) ? "t1" : "${timestamp}");
    if (!choices.one_in(3)) record.timestamp_ms = choices.number();
    record.headers = kHeaders;
    record.header_count = static_cast<std::uint32_t>(choices.below(3));
    const Schema* key = choices.pick(schemas);
    const Schema* value = choices.pick(schemas);
    record.key_schema = batch.schema_index(key);
    record.value_schema = batch.schema_index(value);
    record.key = key != nullptr ? maker.fitting(*key, 0) : maker.loose(0);
    record.value = value != nullptr ? maker.fitting(*value, 0) : maker.loose(0);
  }
}

// ---- what must hold

class Failures final : public sluice::data::RecordErrors {
 public:
  void fail(Batch& batch, std::uint32_t index, sluice::base::Error error) override {
    SLUICE_ASSERT(error.exception() != nullptr);
    SLUICE_ASSERT(batch.record(index).live());
    batch.record(index).flags |= SLUICE_RECORD_FAILED;
  }
};

// Java keeps the name of a date or number when Cast makes another type of a whole value, takes a null out of a null
// whatever the field, and puts nulls as they are where InsertField and HoistField are told that a field is required.
bool may_misfit(std::string_view class_name, const Schema& schema, const Value& value) {
  return (class_name.find("ExtractField") != std::string_view::npos && value.is_null()) ||
         class_name.find("InsertField") != std::string_view::npos ||
         class_name.find("HoistField") != std::string_view::npos ||
         (class_name.find("Cast") != std::string_view::npos && schema.type() != Kind::kStruct && schema.has_name());
}

void check_fits(std::string_view class_name, const Schema* schema, const Value& value) {
  static_cast<void>(sluice::data::hash_value(value));  // reads all of it
  if (schema == nullptr || may_misfit(class_name, *schema, value) || !class_name.starts_with("org.apache.kafka."))
    return;
  // A null stands for the default where there is one; a default that is a struct has a schema without that default.
  if (schema->has_default() && (value.is_null() || sluice::data::values_equal(value, schema->default_value()))) return;
  SLUICE_ASSERT(sluice::data::check_value(*schema, value).has_value());
}

void check(std::string_view class_name, Batch& batch, const std::vector<sluice::data::Record>& before) {
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const auto& record = batch.record(i);
    if (record.dropped()) continue;
    if (record.failed()) {
      SLUICE_ASSERT(record.topic == before[i].topic && record.header_count == before[i].header_count);
      SLUICE_ASSERT(record.key_schema == before[i].key_schema && record.value_schema == before[i].value_schema);
      SLUICE_ASSERT(sluice::data::values_equal(record.key_value(), before[i].key_value()));
      SLUICE_ASSERT(sluice::data::values_equal(record.value_value(), before[i].value_value()));
      continue;
    }
    SLUICE_ASSERT(record.topic < batch.c()->topic_count);
    check_fits(class_name, batch.key_schema(record), record.key_value());
    check_fits(class_name, batch.value_schema(record), record.value_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const auto& transforms = sluice::smt::builtin_transforms();
  const auto& chosen = transforms[choices.below(transforms.size())];
  auto transform = chosen.create(configuration(chosen.config_def(), choices));
  if (!transform) return 0;
  sluice::data::SchemaPool pool;
  Batch batch(16 * 1024 * 1024);
  Failures failures;
  const sluice::data::TransformContext context{&pool, choices.one_in(2)};
  for (int round = 0; round < 2; ++round) {
    fill(batch, choices, pool);
    std::vector<sluice::data::Record> before;
    for (std::uint32_t i = 0; i < batch.size(); ++i) before.push_back(batch.record(i));
    SLUICE_ASSERT((*transform)->apply(context, batch, failures).has_value());
    check(chosen.class_name, batch, before);
  }
  return 0;
}
