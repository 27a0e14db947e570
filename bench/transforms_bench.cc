// What each transform costs a record, for bench/transforms.py to set beside what Java takes (java_transforms.csv). The
// records are those of Java's loops: a Debezium update with two rows of 20 columns and PostgreSQL's source block, its
// row, and a flat schemaless map; one record again and again, 256 in a batch. Each round gets the records anew: what
// that takes is measured by itself (`restore`), to be subtracted.

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/fixed_work.h"
#include "runtime/base/clock.h"
#include "runtime/config/config_map.h"
#include "runtime/data/batch.h"
#include "runtime/data/schema.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/stop_signal.h"
#include "runtime/task/transform_chain.h"
#include "smt/builtin.h"

namespace sluice {
namespace {

constexpr std::uint32_t kRecords = 256;
constexpr std::int64_t kTimestampMs = 1'700'000'000'000;

// Values and schemas of the records; they live as long as the program.
class Events {
 public:
  data::SchemaPool pool;
  const Schema *key_schema = nullptr, *row_schema = nullptr, *envelope_schema = nullptr;
  Value key, row, envelope, map;
  std::array<sluice_header, 2> headers;

  Events() {
    key_schema = build(data::SchemaBuilder::structure().name("s.public.orders_1.Key").field("id", pool.int64()));
    key = structure(key_schema, {Value::int64(1)});
    describe_row();
    row = structure(row_schema, columns(100));
    describe_envelope();
    const Value source =
        structure(source_schema_, {Value::string("3.6.1.Final"), Value::string("postgresql"), Value::string("s"),
                                   Value::int64(kTimestampMs), Value::string("false"), Value::string("shop"),
                                   Value::string(R"(["24023119","24023128"])"), Value::string("public"),
                                   Value::string("orders_1"), Value::int64(771), Value::int64(24'023'128), Value()});
    envelope = structure(envelope_schema, {structure(row_schema, columns(99)), row, source, Value::string("u"),
                                           Value::int64(kTimestampMs + 3)});
    const std::vector<Value> pairs = {
        Value::string("id"),     Value::int64(12345),       Value::string("name"),   Value::string("customer-12345"),
        Value::string("amount"), Value::float64(12.5),      Value::string("active"), Value::boolean(true),
        Value::string("at"),     Value::int64(kTimestampMs)};
    auto* items = arena_.alloc_array<sluice_value>(pairs.size());
    std::copy(pairs.begin(), pairs.end(), items);
    map = Value::map(items, pairs.size() / 2);
    headers = {sluice_header{str("trace"), pool.string(), Value::string("a1b2c3")},
               sluice_header{str("tenant"), pool.int32(), Value::int32(7)}};
  }

 private:
  const Schema* build(const data::SchemaBuilder& builder) { return builder.build(pool).value(); }

  Value structure(const Schema* schema, const std::vector<Value>& values) {
    sluice_struct* const made = arena_struct(arena_.c(), schema);
    std::copy(values.begin(), values.end(), made->fields);
    return Value::record(made, values.size());
  }

  void describe_row() {
    data::SchemaBuilder builder = data::SchemaBuilder::structure();
    builder.name("s.public.orders_1.Value").optional().field("id", pool.int64());
    const std::pair<const char*, Kind> columns[] = {
        {"customer_id", Kind::kInt64},   {"status", Kind::kString},    {"amount", Kind::kFloat64},
        {"discount", Kind::kFloat64},    {"qty", Kind::kInt32},        {"created_at", Kind::kInt64},
        {"updated_at", Kind::kInt64},    {"paid", Kind::kBoolean},     {"gift", Kind::kBoolean},
        {"note", Kind::kString},         {"street", Kind::kString},    {"city", Kind::kString},
        {"zip", Kind::kString},          {"country", Kind::kString},   {"currency", Kind::kString},
        {"warehouse_id", Kind::kInt32},  {"carrier_id", Kind::kInt32}, {"weight_g", Kind::kInt32},
        {"tracking_code", Kind::kString}};
    for (const auto& [name, kind] : columns) builder.field(name, pool.primitive(kind, true));
    row_schema = build(builder);
  }

  std::vector<Value> columns(std::int32_t quantity) {
    return {Value::int64(1),
            Value::int64(700'123),
            Value::string("PAID"),
            Value::float64(129.95),
            Value::float64(0.5),
            Value::int32(quantity),
            Value::int64(kTimestampMs),
            Value::int64(kTimestampMs + quantity),
            Value::boolean(true),
            Value::boolean(false),
            Value::string(copy("please ring twice, dog is friendly")),
            Value::string(copy("Invalidenstrasse 116")),
            Value::string(copy("Berlin")),
            Value::string(copy("10115")),
            Value::string(copy("DE")),
            Value::string(copy("EUR")),
            Value::int32(12),
            Value::int32(3),
            Value::int32(1450),
            Value::string(copy("JJD0099998888777"))};
  }
  std::string_view copy(std::string_view text) { return arena_.copy(text); }

  void describe_envelope() {
    data::SchemaBuilder source = data::SchemaBuilder::structure();
    source.name("io.debezium.connector.postgresql.Source");
    for (const char* name : {"version", "connector", "name"}) source.field(name, pool.string());
    source.field("ts_ms", pool.int64())
        .field("snapshot", pool.primitive(Kind::kString, true))
        .field("db", pool.string())
        .field("sequence", pool.primitive(Kind::kString, true))
        .field("schema", pool.string())
        .field("table", pool.string());
    for (const char* name : {"txId", "lsn", "xmin"}) source.field(name, pool.primitive(Kind::kInt64, true));
    source_schema_ = build(source);
    envelope_schema = build(data::SchemaBuilder::structure()
                                .name("s.public.orders_1.Envelope")
                                .field("before", row_schema)
                                .field("after", row_schema)
                                .field("source", source_schema_)
                                .field("op", pool.string())
                                .field("ts_ms", pool.primitive(Kind::kInt64, true)));
  }

  data::Arena arena_;
  const Schema* source_schema_ = nullptr;
};

Events& events() {
  static Events kEvents;
  return kEvents;
}

enum class Shape { kRow, kMap, kEnvelope };

// The records of one batch, to start each round from.
class Input {
 public:
  explicit Input(Shape shape) {
    const Events& all = events();
    batch_.allocate_records(kRecords);
    const std::uint32_t topic = batch_.topic_index("s.public.orders_1");
    const Schema* schema = shape == Shape::kMap ? nullptr : shape == Shape::kRow ? all.row_schema : all.envelope_schema;
    for (std::uint32_t i = 0; i < kRecords; ++i) {
      data::Record& record = batch_.record(i);
      record.topic = topic;
      record.timestamp_ms = kTimestampMs + i;
      record.key_schema = batch_.schema_index(all.key_schema);
      record.key = all.key;
      record.value_schema = batch_.schema_index(schema);
      record.value = shape == Shape::kMap ? all.map : shape == Shape::kRow ? all.row : all.envelope;
      record.headers = all.headers.data();
      record.header_count = static_cast<std::uint32_t>(all.headers.size());
    }
  }

  // The batch becomes what `transform` makes of it.
  void advance(data::Transform& transform, data::RecordErrors& errors) {
    (void)transform.apply({&events().pool, false}, batch_, errors);
  }

  void restore(data::Batch& batch, std::vector<sluice_record>& records) const {
    batch.reset();
    // One record again and again, as in Java's loops; not in one copy, which would leave them out of the nearest cache.
    for (sluice_record& record : records) {
      record = batch_.record(0);
      benchmark::DoNotOptimize(record.flags);
    }
    sluice_batch& c = *batch.c();
    c.records = records.data();
    c.record_count = kRecords;
    c.topics = batch_.c()->topics;
    c.topic_count = batch_.c()->topic_count;
    c.schemas = batch_.c()->schemas;
    c.schema_count = batch_.c()->schema_count;
  }

 private:
  data::Batch batch_;
};

class Errors final : public data::RecordErrors {
 public:
  void fail(data::Batch&, std::uint32_t, base::Error error) override { text = error.to_string(); }
  std::string text;
};

using Config = std::vector<std::pair<std::string, std::string>>;

struct Case {
  std::string name;
  std::string transform;  // without Connect's package
  Config config;
  Shape shape;
};

std::unique_ptr<data::Transform> make(const std::string& name, const Config& keys) {
  config::ConfigMap config;
  for (const auto& [key, value] : keys) config.set(key, value);
  const std::string class_name = name.starts_with("io.") ? name : "org.apache.kafka.connect.transforms." + name;
  for (const auto& known : smt::builtin_transforms())
    if (known.class_name == class_name) return known.create(config).value();
  std::abort();
}

void count(benchmark::State& state) {
  const auto records = state.iterations() * kRecords;
  state.SetItemsProcessed(records);
  state.counters["ns_per_record"] = benchmark::Counter(static_cast<double>(records) * 1e-9,
                                                       benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void run(benchmark::State& state, const Input& input, data::Transform* transform) {
  data::Batch batch;
  std::vector<sluice_record> records(kRecords);
  Errors errors;
  const data::TransformContext context{&events().pool, false};
  for (auto _ : state) {
    input.restore(batch, records);
    if (transform != nullptr && !transform->apply(context, batch, errors)) return state.SkipWithError("failed");
    benchmark::DoNotOptimize(records.data());
    benchmark::ClobberMemory();
  }
  if (!errors.text.empty()) state.SkipWithError(errors.text.c_str());
  count(state);
}

// A usual chain over change events: unwrap, add, drop and rename, convert a time, route.
const std::vector<Case>& chain() {
  static const std::vector<Case> kChain = {
      {"unwrap", "io.debezium.transforms.ExtractNewRecordState", {{"add.fields", "op,source.ts_ms"}}, Shape::kEnvelope},
      {"insert", "InsertField$Value", {{"static.field", "region"}, {"static.value", "eu"}}, Shape::kEnvelope},
      {"replace", "ReplaceField$Value", {{"exclude", "note"}, {"renames", "zip:postcode"}}, Shape::kEnvelope},
      {"convert",
       "TimestampConverter$Value",
       {{"field", "created_at"}, {"target.type", "Timestamp"}},
       Shape::kEnvelope},
      {"route", "RegexRouter", {{"regex", "(.*)_[0-9]+"}, {"replacement", "$1"}}, Shape::kEnvelope}};
  return kChain;
}

// One transform of the chain, on what those before it leave.
void chain_part(benchmark::State& state, std::size_t part) {
  Input input(Shape::kEnvelope);
  Errors errors;
  std::vector<std::unique_ptr<data::Transform>> before;
  for (std::size_t i = 0; i < part; ++i) {
    before.push_back(make(chain()[i].transform, chain()[i].config));
    input.advance(*before.back(), errors);
  }
  const auto transform = make(chain()[part].transform, chain()[part].config);
  run(state, input, transform.get());
}

void chain_whole(benchmark::State& state) {
  metrics::Registry registry({}, base::system_clock());
  auto group = registry.group("task-error-metrics", {});
  task::StopSignal stop;
  task::ErrorPolicy policy({"bench", 0}, {}, nullptr, *group, stop, base::system_clock());
  std::vector<task::TransformStage> stages(chain().size());
  for (std::size_t i = 0; i < stages.size(); ++i) stages[i].transform = make(chain()[i].transform, chain()[i].config);
  task::TransformChain transforms(std::move(stages));
  const Input input(Shape::kEnvelope);
  data::Batch batch;
  std::vector<sluice_record> records(kRecords);
  for (auto _ : state) {
    input.restore(batch, records);
    benchmark::DoNotOptimize(transforms.apply({&events().pool, false}, batch, policy));
    benchmark::ClobberMemory();
  }
  count(state);
}

// Java's figures are ratios to this: what carries over from one machine to another.
void sha256(benchmark::State& state) {
  const std::vector<unsigned char> block(1024, 'x');
  EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  for (auto _ : state) {
    EVP_DigestInit_ex2(context, algorithm, nullptr);
    EVP_DigestUpdate(context, block.data(), block.size());
    EVP_DigestFinal_ex(context, digest.data(), nullptr);
    benchmark::DoNotOptimize(digest);
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(algorithm);
}

// The rows of java_transforms.csv, by its names.
std::vector<Case> cases() {
  constexpr const char* kUnwrap = "io.debezium.transforms.ExtractNewRecordState";
  const Config inserted = {{"topic.field", "topic"}, {"static.field", "region"}, {"static.value", "eu"}};
  const Config metadata = {{"schema.name", "shop.Order"}, {"schema.version", "3"}};
  return {
      {"Cast, row", "Cast$Value", {{"spec", "customer_id:string,qty:int64"}}, Shape::kRow},
      {"Cast, map", "Cast$Value", {{"spec", "id:string,active:int8"}}, Shape::kMap},
      {"ExtractField, row", "ExtractField$Value", {{"field", "customer_id"}}, Shape::kRow},
      {"ExtractField, map", "ExtractField$Value", {{"field", "name"}}, Shape::kMap},
      {"ExtractField V2 after.id, envelope",
       "ExtractField$Value",
       {{"field", "after.id"}, {"field.syntax.version", "V2"}},
       Shape::kEnvelope},
      {"Flatten, envelope", "Flatten$Value", {}, Shape::kEnvelope},
      {"Flatten, map", "Flatten$Value", {}, Shape::kMap},
      {"HeaderFrom copy, row",
       "HeaderFrom$Value",
       {{"fields", "customer_id"}, {"headers", "customer"}, {"operation", "copy"}},
       Shape::kRow},
      {"HeaderFrom move, map",
       "HeaderFrom$Value",
       {{"fields", "name"}, {"headers", "customer"}, {"operation", "move"}},
       Shape::kMap},
      {"HoistField, row", "HoistField$Value", {{"field", "order"}}, Shape::kRow},
      {"HoistField, map", "HoistField$Value", {{"field", "order"}}, Shape::kMap},
      {"InsertField, row", "InsertField$Value", inserted, Shape::kRow},
      {"InsertField, map", "InsertField$Value", inserted, Shape::kMap},
      {"InsertField, envelope", "InsertField$Value", inserted, Shape::kEnvelope},
      {"InsertHeader", "InsertHeader", {{"header", "h"}, {"value.literal", "7"}}, Shape::kRow},
      {"DropHeaders", "DropHeaders", {{"headers", "trace"}}, Shape::kRow},
      {"MaskField, row", "MaskField$Value", {{"fields", "street,zip"}}, Shape::kRow},
      {"MaskField, map", "MaskField$Value", {{"fields", "name"}}, Shape::kMap},
      {"RegexRouter", "RegexRouter", {{"regex", "(.*)_[0-9]+"}, {"replacement", "$1"}}, Shape::kRow},
      {"TimestampRouter", "TimestampRouter", {}, Shape::kRow},
      {"ReplaceField, row", "ReplaceField$Value", {{"exclude", "note"}, {"renames", "zip:postcode"}}, Shape::kRow},
      {"ReplaceField, map", "ReplaceField$Value", {{"exclude", "active"}, {"renames", "at:created_at"}}, Shape::kMap},
      {"ReplaceField, envelope", "ReplaceField$Value", {{"exclude", "source"}}, Shape::kEnvelope},
      {"SetSchemaMetadata, row", "SetSchemaMetadata$Value", metadata, Shape::kRow},
      {"SetSchemaMetadata, envelope", "SetSchemaMetadata$Value", metadata, Shape::kEnvelope},
      {"TimestampConverter unix to string, row",
       "TimestampConverter$Value",
       {{"field", "created_at"}, {"target.type", "string"}, {"format", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"}},
       Shape::kRow},
      {"TimestampConverter unix to Timestamp, map",
       "TimestampConverter$Value",
       {{"field", "at"}, {"target.type", "Timestamp"}},
       Shape::kMap},
      {"ValueToKey, row", "ValueToKey", {{"fields", "customer_id"}}, Shape::kRow},
      {"ValueToKey, map", "ValueToKey", {{"fields", "id"}}, Shape::kMap},
      {"Filter", "Filter", {}, Shape::kRow},
      {"ExtractNewRecordState, envelope", kUnwrap, {}, Shape::kEnvelope},
      {"ExtractNewRecordState add.fields op,table,source.ts_ms, envelope",
       kUnwrap,
       {{"add.fields", "op,table,source.ts_ms"}},
       Shape::kEnvelope},
      {"ByLogicalTableRouter, envelope",
       "io.debezium.transforms.ByLogicalTableRouter",
       {{"topic.regex", "(.*)_[0-9]+"}, {"topic.replacement", "$1"}},
       Shape::kEnvelope},
      {"PartitionRouting, envelope",
       "io.debezium.transforms.partitions.PartitionRouting",
       {{"partition.payload.fields", "change.customer_id,source.table"}, {"partition.topic.num", "12"}},
       Shape::kEnvelope},
      {"ExtractChangedRecordState, envelope",
       "io.debezium.transforms.ExtractChangedRecordState",
       {{"header.changed.name", "Changed"}, {"header.unchanged.name", "Unchanged"}},
       Shape::kEnvelope}};
}

bool register_all() {
  benchmark::RegisterBenchmark("sha256_1k", sha256);
  benchmark::RegisterBenchmark("transform/restore",
                               [](benchmark::State& state) { run(state, Input(Shape::kRow), nullptr); });
  for (const Case& each : cases())
    benchmark::RegisterBenchmark(("transform/" + each.name).c_str(), [each](benchmark::State& state) {
      const auto transform = make(each.transform, each.config);
      run(state, Input(each.shape), transform.get());
    });
  for (std::size_t i = 0; i < chain().size(); ++i)
    benchmark::RegisterBenchmark(("chain/" + chain()[i].name).c_str(),
                                 [i](benchmark::State& state) { chain_part(state, i); });
  benchmark::RegisterBenchmark("chain/whole", chain_whole)->Apply(bench::fixed_work);
  return true;
}

const bool kRegistered = register_all();

}  // namespace
}  // namespace sluice
