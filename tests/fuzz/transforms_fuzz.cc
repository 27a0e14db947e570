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
#include "runtime/data/number_value.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"
#include "smt/builtin.h"

namespace {

using sluice::Kind;
using sluice::Schema;
using sluice::Value;
using sluice::data::Batch;
using sluice::data::SchemaBuilder;
namespace config = sluice::config;

// Takes each choice from a byte of the input; behind its end from a generator that the input seeds, so that a short
// input makes rich records too.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {
    for (std::size_t i = 0; i < size; ++i) state_ = (state_ ^ data[i]) * 0x100000001B3ULL;
  }
  std::size_t below(std::size_t n) {
    if (at_ < size_) return data_[at_++] % n;
    return static_cast<std::size_t>(next() % n);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::int64_t number() {
    static constexpr std::array<std::int64_t, 8> kEdges = {
        0, 1, -1, INT64_MAX, INT64_MIN, 86'400'000, 1'700'000'000'123, -62'135'596'800'000};
    return one_in(2) ? kEdges[below(kEdges.size())] : static_cast<std::int64_t>(next() >> below(64));
  }
  template <typename List>
  auto pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

constexpr std::array<std::string_view, 6> kNames = {"a", "b", "c", "before", "after", "a.b"};
constexpr std::array<std::string_view, 10> kTexts = {"",
                                                     "a",
                                                     "12",
                                                     "-3.5e7",
                                                     "true",
                                                     "2024-02-29T01:02:03.004Z",
                                                     "20240229",
                                                     "\xF0\x9F\x8D\x8B",
                                                     "\xED\xA0\x80",
                                                     "{\"a\":[1,null]}"};

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

class Maker {
 public:
  Maker(Choices& choices, Batch& batch, sluice::data::SchemaPool& pool)
      : choices_(choices), arena_(batch.arena().c()), pool_(pool) {}

  const Schema* schema(int depth) {
    const std::size_t kinds = depth == 0 ? 4 : depth > 2 ? 13 : 16;
    SchemaBuilder builder = depth == 0 && !choices_.one_in(kinds) ? structure(depth) : of(choices_.below(16), depth);
    if (choices_.one_in(3)) builder.optional();
    const Schema* plain = builder.build(pool_).value();
    if (!choices_.one_in(4)) return plain;
    const Value value = fitting(*plain, depth + 1);
    return value.is_null() ? plain : builder.default_value(value).build(pool_).value();
  }

  Value fitting(const Schema& schema, int depth) {
    if (schema.optional() && choices_.one_in(4)) return {};
    const std::string_view name = schema.name();
    if (name == sluice::kDateName) return Value::instant(static_cast<std::int32_t>(choices_.number()) * 86'400'000LL);
    if (name == sluice::kTimeName) return Value::instant(static_cast<std::int64_t>(choices_.below(86'400'000)));
    if (name == sluice::kTimestampName) return Value::instant(choices_.number());
    if (name == sluice::kDecimalName) return sluice::arena_decimal(arena_, 2, text());
    switch (schema.type()) {
      case Kind::kArray:
        return items(false, [&](bool) { return fitting(*schema.value_schema(), depth + 1); });
      case Kind::kMap:
        return items(true,
                     [&](bool key) { return fitting(key ? *schema.key_schema() : *schema.value_schema(), depth + 1); });
      case Kind::kStruct: {
        sluice_struct* record = sluice::arena_struct(arena_, &schema);
        for (std::uint32_t i = 0; i < schema.field_count; ++i) {
          const Schema& field = schema.fields()[i].schema();
          const bool unset = field.has_default() && choices_.one_in(3);  // null, though the field may be required
          if (!unset) record->fields[i] = fitting(field, depth + 1);
        }
        return Value::record(record, schema.field_count);
      }
      default:
        return primitive(schema.type());
    }
  }

  // A value without a schema.
  Value loose(int depth) {
    switch (choices_.below(depth == 0 ? 4 : 8)) {
      case 0:
        return primitive(static_cast<Kind>(choices_.below(10)));
      case 1:
        return depth < 3
                   ? items(true,
                           [&](bool key) { return key ? Value::string(choices_.pick(kNames)) : loose(depth + 1); })
                   : Value();
      case 2:
        return depth < 3 ? items(false, [&](bool) { return loose(depth + 1); }) : Value();
      case 3:
        return items(true, [&](bool key) { return key ? Value::string(choices_.pick(kNames)) : loose(depth + 2); });
      case 4:
        return Value::instant(choices_.number());
      case 5:
        return sluice::arena_decimal(arena_, static_cast<std::int32_t>(choices_.below(3)), text());
      case 6:
        return fitting(*structure(2).build(pool_).value(), 2);
      default:
        return items(true, [&](bool) { return loose(3); });  // keys of any kind
    }
  }

 private:
  std::string_view text() { return choices_.pick(kTexts); }

  SchemaBuilder structure(int depth) {
    auto builder = SchemaBuilder::structure();
    if (choices_.one_in(2)) builder.name("s.Value");
    for (const std::string_view name : kNames)
      if (choices_.one_in(2)) builder.field(name, schema(depth + 1));
    return builder;
  }

  SchemaBuilder of(std::size_t kind, int depth) {
    if (depth > 2 && kind > 12) kind -= 4;
    switch (kind) {
      case 9:
        return SchemaBuilder::decimal(2);
      case 10:
        return SchemaBuilder::date();
      case 11:
        return SchemaBuilder::time();
      case 12:
        return SchemaBuilder::timestamp();
      case 13:
        return SchemaBuilder::array(schema(depth + 1));
      case 14:
        return SchemaBuilder::map(pool_.string(), schema(depth + 1));
      case 15:
        return structure(depth);
      default:
        return SchemaBuilder(static_cast<Kind>(kind + 1));
    }
  }

  Value primitive(Kind kind) {
    const std::int64_t number = choices_.number();
    switch (kind) {
      case Kind::kNull:
        return {};
      case Kind::kFloat32:
        return Value::float32(static_cast<float>(number) / 3);
      case Kind::kFloat64:
        return Value::float64(static_cast<double>(number) / 3);
      case Kind::kBoolean:
        return Value::boolean(number < 0);
      case Kind::kString:
        return Value::string(text());
      case Kind::kBytes:
        return Value::bytes(text());
      default:
        return sluice::data::integer_value(kind, number);
    }
  }

  template <typename Make>
  Value items(bool map, Make make) {
    const std::size_t count = choices_.below(4) * (map ? 2 : 1);
    auto* list = sluice::arena_array<sluice_value>(arena_, count);
    for (std::size_t i = 0; i < count; ++i) list[i] = make(map && i % 2 == 0);
    return map ? Value::map(list, count / 2) : Value::array(list, count);
  }

  Choices& choices_;
  sluice_arena* arena_;
  sluice::data::SchemaPool& pool_;
};

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
