// What converters cost, per record: the change event of the generator's shape `envelope` (424 bytes of JSON, 2.3 kB
// with its schema), the flat row in it, and a text of 100 bytes. The arena is reset after each round, as between two
// polls. Budgets: bench/README.md. Java's figures for comparison are in its vectors' description: 2.9 us to write such
// an event, 3.7 us to read it.

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fixed_work.h"
#include "runtime/convert/builtin.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"

namespace sluice {
namespace {

constexpr std::size_t kRecords = 256;
constexpr std::string_view kTopic = "orders";

struct Shapes {
  data::SchemaPool pool;
  data::Arena arena;
  const Schema* row_schema = nullptr;
  const Schema* envelope_schema = nullptr;
  std::vector<Value> rows, envelopes, texts;

  Shapes() {
    describe();
    for (std::uint64_t i = 0; i < kRecords; ++i) add(i * 0x9E3779B97F4A7C15ULL + 1, static_cast<std::int64_t>(i));
  }

 private:
  const Schema* optional(Kind kind) { return pool.primitive(kind, true); }

  void describe() {
    data::SchemaBuilder row = data::SchemaBuilder::structure();
    row.name("s.public.orders.Value").optional();
    row.field("id", pool.int64())
        .field("customer_id", pool.int64())
        .field("status", pool.string())
        .field("amount", pool.float64());
    row.field("note", optional(Kind::kString))
        .field("created_at", pool.int64())
        .field("flag", pool.boolean())
        .field("qty", pool.int32());
    row_schema = row.build(pool).value();
    data::SchemaBuilder source = data::SchemaBuilder::structure();
    source.name("io.debezium.connector.postgresql.Source");
    source.field("version", pool.string())
        .field("connector", pool.string())
        .field("name", pool.string())
        .field("ts_ms", pool.int64());
    source.field("snapshot", optional(Kind::kString))
        .field("db", pool.string())
        .field("sequence", optional(Kind::kString));
    source.field("schema", pool.string()).field("table", pool.string());
    source.field("txId", optional(Kind::kInt64)).field("lsn", optional(Kind::kInt64));
    source_schema_ = source.build(pool).value();
    data::SchemaBuilder envelope = data::SchemaBuilder::structure();
    envelope.name("s.public.orders.Envelope");
    envelope.field("before", row_schema).field("after", row_schema).field("source", source_schema_);
    envelope.field("op", pool.string()).field("ts_ms", optional(Kind::kInt64));
    envelope_schema = envelope.build(pool).value();
  }

  Value structure(const Schema* schema, const std::vector<Value>& values) {
    sluice_struct* const record = arena_struct(arena.c(), schema);
    std::copy(values.begin(), values.end(), record->fields);
    return Value::record(record, values.size());
  }

  Value text_of(std::uint64_t random, std::size_t size) {
    static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ";
    std::string text;
    while (text.size() < size) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      text += kLetters[random >> 58];
    }
    return Value::string(arena.copy(text));
  }

  void add(std::uint64_t random, std::int64_t n) {
    static constexpr std::array<std::string_view, 4> kStatus = {"NEW", "PAID", "SENT", "DONE"};
    const std::int64_t at = 1'700'000'000'000 + n;
    const Value row =
        structure(row_schema, {Value::int64(n), Value::int64(100'000 + static_cast<std::int64_t>(random % 900'000)),
                               Value::string(kStatus[random >> 20 & 3]),
                               Value::float64(static_cast<double>(random >> 24 & 0xffff) / 100), text_of(random, 36),
                               Value::int64(at), Value::boolean((random >> 40 & 1) != 0),
                               Value::int32(static_cast<std::int32_t>(random >> 44 & 0x3f))});
    const Value source = structure(
        source_schema_, {Value::string("3.6.1.Final"), Value::string("postgresql"), Value::string("s"),
                         Value::int64(at), Value::string("false"), Value::string("shop"),
                         Value::string(R"(["24023119","24023128"])"), Value::string("public"), Value::string("orders"),
                         Value::int64(700 + n / 10), Value::int64(24'023'128 + n * 64)});
    rows.push_back(row);
    envelopes.push_back(structure(envelope_schema, {Value(), row, source, Value::string("c"), Value::int64(at + 3)}));
    texts.push_back(text_of(random, 100));
  }

  const Schema* source_schema_ = nullptr;
};

Shapes& shapes() {
  static Shapes kShapes;
  return kShapes;
}

std::unique_ptr<data::Converter> make(std::string_view name, bool schemas) {
  return convert::find_builtin_converter(name)->create({{"schemas.enable", schemas ? "true" : "false"}}, false).value();
}

void encode(benchmark::State& state, std::string_view name, bool schemas, const Schema* schema,
            const std::vector<Value>& values) {
  const auto converter = make(name, schemas);
  data::Arena arena;
  const data::ConvertContext context{arena.c(), &shapes().pool};
  std::size_t bytes = 0;
  for (auto _ : state) {
    arena.reset();
    for (const Value& value : values) {
      const auto result = converter->from_connect(context, kTopic, schema, value);
      if (!result) return state.SkipWithError(result.error().message().c_str());
      bytes += result->size();
      benchmark::DoNotOptimize(*result);
    }
  }
  const auto records = state.iterations() * static_cast<std::int64_t>(values.size());
  state.SetItemsProcessed(records);
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["ns_per_record"] = benchmark::Counter(static_cast<double>(records) * 1e-9,
                                                       benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_record"] = static_cast<double>(bytes) / static_cast<double>(records);
}

void decode(benchmark::State& state, std::string_view name, bool schemas, const Schema* schema,
            const std::vector<Value>& values) {
  const auto converter = make(name, schemas);
  data::Arena messages_arena;
  std::vector<std::string_view> messages;
  for (const Value& value : values)
    messages.push_back(converter->from_connect({messages_arena.c(), &shapes().pool}, kTopic, schema, value).value());
  data::Arena arena;
  const data::ConvertContext context{arena.c(), &shapes().pool};
  std::size_t bytes = 0;
  for (auto _ : state) {
    arena.reset();
    for (const std::string_view message : messages) {
      const auto result = converter->to_connect(context, kTopic, message);
      if (!result) return state.SkipWithError(result.error().message().c_str());
      bytes += message.size();
      benchmark::DoNotOptimize(result->value);
    }
  }
  const auto records = state.iterations() * static_cast<std::int64_t>(messages.size());
  state.SetItemsProcessed(records);
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["ns_per_record"] = benchmark::Counter(static_cast<double>(records) * 1e-9,
                                                       benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const Shapes& s() {
  return shapes();
}

BENCHMARK_CAPTURE(encode, json_envelope, "Json", false, s().envelope_schema, s().envelopes)->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(encode, json_envelope_with_schema, "Json", true, s().envelope_schema, s().envelopes)
    ->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(encode, json_row, "Json", false, s().row_schema, s().rows)->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(encode, string, "String", false, nullptr, s().texts)->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(decode, json_envelope, "Json", false, s().envelope_schema, s().envelopes)->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(decode, json_envelope_with_schema, "Json", true, s().envelope_schema, s().envelopes)
    ->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(decode, json_row, "Json", false, s().row_schema, s().rows)->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(decode, json_row_with_schema, "Json", true, s().row_schema, s().rows)->Apply(bench::fixed_work);
BENCHMARK_CAPTURE(decode, string, "String", false, nullptr, s().texts)->Apply(bench::fixed_work);

}  // namespace
}  // namespace sluice
