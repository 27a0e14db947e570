// transform, predicate and stage: one record goes in as a batch of one.

#include <array>
#include <optional>

#include "runtime/data/batch.h"
#include "runtime/data/schema.h"
#include "runtime/data/transform.h"
#include "tests/vectors/product.h"
#include "tests/vectors/runner.h"

namespace sluice::vectors {
namespace {

using base::Result;
using config::ComponentKind;

std::string built_class(const Json& component, ComponentKind kind) {
  auto name = component.at("class").get<std::string>();
  if (!product().is_a(name, kind)) throw NotBuilt(name + " is not built");
  return name;
}

bool is_sink(const Json& record) {
  return record.at("kind").get<std::string>() == "sink";
}

const Json& member(const Json& json, const char* name) {
  static const Json kNull;
  return json.contains(name) ? json.at(name) : kNull;
}

std::uint32_t timestamp_flags(const Json& record) {
  const auto type = record.value("timestamp_type", std::string());
  if (type == "CreateTime") return SLUICE_RECORD_TS_CREATE;
  return type == "LogAppendTime" ? SLUICE_RECORD_TS_APPEND : 0;
}

const char* timestamp_type(const data::Record& record) {
  if ((record.flags & SLUICE_RECORD_TS_CREATE) != 0) return "CreateTime";
  return (record.flags & SLUICE_RECORD_TS_APPEND) != 0 ? "LogAppendTime" : "NoTimestampType";
}

// ---- records
// ------------------------------------------------------------------------------------------------------------

// The batch takes a map with text keys for each source partition; the notation's values serve as they are.
class RecordBatch {
 public:
  RecordBatch(const Json& json, Notation& notation) : notation_(notation), sink_(is_sink(json)) {
    if (!batch_.allocate_records(1)) throw NotationError("no memory for the record");
    data::Record& record = batch_.record(0);
    record.topic = batch_.topic_index(require_text(json.at("topic")));
    record.partition = json.at("partition").is_null() ? SLUICE_NO_PARTITION : json.at("partition").get<std::int32_t>();
    record.timestamp_ms =
        json.at("timestamp").is_null() ? SLUICE_NO_TIMESTAMP : json.at("timestamp").get<std::int64_t>();
    const Schema* key_schema = notation.read_schema(json.at("key_schema"));
    const Schema* value_schema = notation.read_schema(json.at("value_schema"));
    record.key_schema = batch_.schema_index(key_schema);
    record.value_schema = batch_.schema_index(value_schema);
    record.key = notation.read_value(json.at("key"), key_schema);
    record.value = notation.read_value(json.at("value"), value_schema);
    record.flags = timestamp_flags(json);
    if (sink_) record.kafka_offset = json.at("offset").get<std::int64_t>();
    read_headers(json.at("headers"), record);
    source_partition_ = notation.read_value(member(json, "source_partition"), nullptr);
    if (!source_partition_.is_null()) {
      batch_.c()->source_partitions = &source_partition_;
      batch_.c()->source_partition_count = 1;
    }
    record.source_offset = notation.read_value(member(json, "source_offset"), nullptr);
  }

  data::Batch& batch() { return batch_; }
  data::TransformContext context() { return {&notation_.schemas(), sink_}; }

  bool equals(const Json& json) {
    const data::Record& record = batch_.record(0);
    if (json.is_null() || record.dropped()) return json.is_null() && record.dropped();
    const Schema* key_schema = notation_.read_schema(json.at("key_schema"));
    const Schema* value_schema = notation_.read_schema(json.at("value_schema"));
    return require_text(json.at("topic")) == batch_.topic(record) &&
           member(write(), "partition") == json.at("partition") &&
           member(write(), "timestamp") == json.at("timestamp") &&
           same(key_schema, record.key_value(), batch_.key_schema(record), json.at("key")) &&
           same(value_schema, record.value_value(), batch_.value_schema(record), json.at("value")) &&
           same_headers(json.at("headers"), record) &&
           (sink_ ? same_sink_part(json, record) : same_source_part(json, record));
  }

  Json write() {
    const data::Record& record = batch_.record(0);
    if (record.dropped()) return nullptr;
    Json json;
    json["kind"] = sink_ ? "sink" : "source";
    json["topic"] = write_text(batch_.topic(record));
    json["partition"] = record.partition == SLUICE_NO_PARTITION ? Json() : Json(record.partition);
    json["key_schema"] = notation_.write_schema(batch_.key_schema(record));
    json["key"] = notation_.write_value(record.key_value(), batch_.key_schema(record));
    json["value_schema"] = notation_.write_schema(batch_.value_schema(record));
    json["value"] = notation_.write_value(record.value_value(), batch_.value_schema(record));
    json["timestamp"] = record.timestamp_ms == SLUICE_NO_TIMESTAMP ? Json() : Json(record.timestamp_ms);
    json["headers"] = Json::array();
    for (std::uint32_t i = 0; i < record.header_count; ++i) {
      const sluice_header& header = record.headers[i];
      const auto* schema = static_cast<const Schema*>(header.schema);
      json["headers"].push_back(Json::array(
          {write_text(view(header.key)), notation_.write_schema(schema), notation_.write_value(header.value, schema)}));
    }
    if (sink_) {
      json["timestamp_type"] = timestamp_type(record);
      json["offset"] = record.kafka_offset;
    } else {
      json["source_partition"] = notation_.write_value(batch_.source_partition(record), nullptr);
      json["source_offset"] = notation_.write_value(record.source_offset, nullptr);
    }
    return json;
  }

 private:
  void read_headers(const Json& json, data::Record& record) {
    auto* headers = batch_.arena().alloc_array<sluice_header>(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
      const Schema* schema = notation_.read_schema(json[i].at(1));
      headers[i] = {str(batch_.arena().copy(require_text(json[i].at(0)))), schema,
                    notation_.read_value(json[i].at(2), schema)};
    }
    record.headers = headers;
    record.header_count = static_cast<std::uint32_t>(json.size());
  }

  bool same(const Schema* expected_schema, const Value& value, const Schema* schema, const Json& expected) {
    return data::schemas_equal(expected_schema, schema) &&
           same_value(notation_.read_value(expected, expected_schema), value);
  }

  bool same_headers(const Json& json, const data::Record& record) {
    if (json.size() != record.header_count) return false;
    for (std::size_t i = 0; i < json.size(); ++i) {
      const sluice_header& header = record.headers[i];
      if (require_text(json[i].at(0)) != view(header.key)) return false;
      if (!same(notation_.read_schema(json[i].at(1)), header.value, static_cast<const Schema*>(header.schema),
                json[i].at(2)))
        return false;
    }
    return true;
  }

  bool same_sink_part(const Json& json, const data::Record& record) const {
    return record.kafka_offset == json.at("offset").get<std::int64_t>() &&
           json.at("timestamp_type").get<std::string>() == timestamp_type(record);
  }

  bool same_source_part(const Json& json, const data::Record& record) {
    return same_value(notation_.read_value(member(json, "source_partition"), nullptr),
                      batch_.source_partition(record)) &&
           same_value(notation_.read_value(member(json, "source_offset"), nullptr), record.source_offset);
  }

  Notation& notation_;
  const bool sink_;
  data::Batch batch_;
  Value source_partition_;
};

// Keeps the error of the one record.
class FirstError final : public data::RecordErrors {
 public:
  void fail(data::Batch& batch, std::uint32_t index, base::Error error) override {
    batch.record(index).flags |= SLUICE_RECORD_FAILED;
    if (!error_) error_ = std::move(error);
  }
  base::Status status() {
    if (error_) return base::fail(*std::move(error_));
    return {};
  }

 private:
  std::optional<base::Error> error_;
};

// ---- operations
// ---------------------------------------------------------------------------------------------------------

base::Status apply(data::Transform& transform, RecordBatch& record) {
  FirstError errors;
  SLUICE_TRY(transform.apply(record.context(), record.batch(), errors));
  return errors.status();
}

Result<bool> test(data::Predicate& predicate, RecordBatch& record) {
  FirstError errors;
  std::array<std::uint64_t, 1> matches{};
  SLUICE_TRY(predicate.test(record.context(), record.batch(), matches, errors));
  SLUICE_TRY(errors.status());
  return matches[0] == 1;
}

const Json& expected_record(const Json& test_case, const Json& expected) {
  return test_case.contains("unchanged") ? test_case.at("record") : expected;
}

Result<Outcome> run_transform(const Json& test_case, const Json& expected, Notation& notation) {
  const auto services = host_services(notation.schemas());
  SLUICE_TRY_ASSIGN(const auto transform,
                    product().make_transform(built_class(test_case, ComponentKind::kTransformation),
                                             read_config(test_case), *services));
  RecordBatch record(test_case.at("record"), notation);
  SLUICE_TRY(apply(*transform, record));
  if (test_case.contains("error")) return Outcome{false, record.write()};
  return Outcome{record.equals(expected_record(test_case, expected)), record.write()};
}

Result<Outcome> run_predicate(const Json& test_case, const Json& expected, Notation& notation) {
  const auto services = host_services(notation.schemas());
  SLUICE_TRY_ASSIGN(const auto predicate, product().make_predicate(built_class(test_case, ComponentKind::kPredicate),
                                                                   read_config(test_case), *services));
  RecordBatch record(test_case.at("record"), notation);
  SLUICE_TRY_ASSIGN(const bool matched, test(*predicate, record));
  return Outcome{Json(matched) == expected, matched};
}

// The runtime's rule: the transform applies where the predicate's answer is not `negate`.
Result<Outcome> run_stage(const Json& test_case, const Json& expected, Notation& notation) {
  const auto services = host_services(notation.schemas());
  const Json& guard = test_case.at("predicate");
  SLUICE_TRY_ASSIGN(const auto transform,
                    product().make_transform(built_class(test_case, ComponentKind::kTransformation),
                                             read_config(test_case), *services));
  SLUICE_TRY_ASSIGN(const auto predicate, product().make_predicate(built_class(guard, ComponentKind::kPredicate),
                                                                   read_config(guard), *services));
  RecordBatch record(test_case.at("record"), notation);
  SLUICE_TRY_ASSIGN(const bool matched, test(*predicate, record));
  if (matched != test_case.value("negate", false)) SLUICE_TRY(apply(*transform, record));
  if (test_case.contains("error")) return Outcome{false, record.write()};
  return Outcome{record.equals(expected_record(test_case, expected)), record.write()};
}

}  // namespace

void add_transform_operations(Operations& operations) {
  operations["transform"] = run_transform;
  operations["predicate"] = run_predicate;
  operations["stage"] = run_stage;
}

}  // namespace sluice::vectors
