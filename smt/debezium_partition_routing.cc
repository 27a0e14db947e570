#include "smt/debezium_partition_routing.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/data/value_text.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_fields.h"
#include "smt/java_hash.h"
#include "smt/murmur_hash3.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;

// The name in a path that means `after`, or `before` for a delete.
constexpr std::string_view kChange = "change";

const DebeziumFields& config_fields() {
  static const DebeziumFields kFields(
      {debezium_field("partition.payload.fields", Type::kList, Importance::kHigh,
                      "List of payload fields to use for compute partition.",
                      "The fields of the event whose values decide: source.table, after.id, or change.id for the row "
                      "after the change or, of a delete, before it. Fields that an event lacks are not used.")
           .without_empty_elements()
           .required(),
       debezium_field("partition.topic.num", Type::kInt, Importance::kHigh, "Number of partition configured for topic",
                      "How many partitions the topic has.")
           .positive()
           .required(),
       debezium_field("partition.hash.function", Type::kString, Importance::kLow, "Hash function",
                      "How values are hashed: java (the default) or murmur.")
           .defaults_to("java")},
      "partitions");
  return kFields;
}

// The way to a field, as far as it goes.
struct Step {
  const Schema* schema = nullptr;
  std::size_t position = 0;
};
struct Way {
  std::vector<Step> steps;
  bool complete = true;  // else nothing is found, though a null struct on the way is an error all the same
};

class PartitionRouting final : public data::RecordTransform {
 public:
  PartitionRouting(std::vector<std::vector<std::string>> paths, std::int32_t partitions, bool murmur)
      : paths_(std::move(paths)), partitions_(partitions), murmur_(murmur) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value& event = record.value_value();
    if (event.is_null() || !is_envelope(batch.value_schema(record))) return {};
    if (!event.is(Kind::kStruct))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "The value is no struct");
    auto partition = partition_of(context, event);
    if (!partition)
      return base::fail(
          base::Error(base::Code::kBadRecord, kDebeziumException, "Unprocessable message " + data::value_text(event))
              .with_cause(std::move(partition).error()));
    if (*partition) record.partition = **partition;
    return {};
  }

 private:
  struct Plan {
    int op = -1;
    std::vector<Way> ways;            // for each path
    std::vector<Way> ways_of_delete;  // `change` is another field there
  };

  // Nothing: the record stays where it is.
  base::Result<std::optional<std::int32_t>> partition_of(const data::TransformContext& context, const Value& event) {
    if (context.sink)
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast,
                        "class org.apache.kafka.connect.sink.SinkRecord cannot be cast to class "
                        "org.apache.kafka.connect.source.SourceRecord");
    const Schema& envelope = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&envelope, [&] { return prepare(envelope); }));
    const Value op = plan->op < 0 ? Value() : event.items()[static_cast<std::size_t>(plan->op)];
    const Operation operation = operation_of(op);
    if (operation == Operation::kTruncate || operation == Operation::kMessage) return std::nullopt;
    std::uint32_t sum = 0;
    bool any = false;
    for (const Way& way : operation == Operation::kDelete ? plan->ways_of_delete : plan->ways) {
      SLUICE_TRY_ASSIGN(const Value value, value_at(event, way));
      if (value.is_null()) continue;
      any = true;
      sum += static_cast<std::uint32_t>(murmur_ ? debezium_murmur(value) : java_hash(value));
    }
    if (!any) return std::nullopt;
    constexpr auto kMax = std::numeric_limits<std::int32_t>::max();
    const auto hash = static_cast<std::int32_t>(sum & static_cast<std::uint32_t>(kMax));
    return (hash == kMax ? 0 : hash) % partitions_;
  }

  // Structs on the way are read as they are; the last field gives its default for a null.
  static base::Result<Value> value_at(const Value& event, const Way& way) {
    Value holder = event;
    const std::size_t structs = way.steps.size() - (way.complete ? 1 : 0);
    for (std::size_t i = 0; i < structs; ++i) {
      const Step& step = way.steps[i];
      holder = field_at(holder, *step.schema, step.position);
      if (holder.is_null())
        return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "{} is null",
                          step.schema->fields()[step.position].name());
      SLUICE_TRY(require_struct(holder, "partition routing"));
    }
    if (!way.complete) return Value();
    const Step& last = way.steps.back();
    const Value value = field_at(holder, *last.schema, last.position);
    return value.is_null() ? last.schema->fields()[last.position].schema().default_value() : value;
  }

  base::Result<Plan> prepare(const Schema& envelope) const {
    Plan plan;
    plan.op = envelope.field_index("op");
    if (plan.op >= 0) SLUICE_TRY(typed_field(envelope, "op", Kind::kString));
    for (const auto& path : paths_) {
      if (path.empty())
        return base::fail(base::Code::kBadRecord, "java.lang.ArrayIndexOutOfBoundsException",
                          "Index -1 out of bounds for length 0");
      plan.ways.push_back(way_to(envelope, path, "after"));
      plan.ways_of_delete.push_back(way_to(envelope, path, "before"));
    }
    return plan;
  }

  static Way way_to(const Schema& envelope, const std::vector<std::string>& path, std::string_view change) {
    Way way;
    const Schema* schema = &envelope;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const bool last = i + 1 == path.size();
      const bool is_change = !last && path[i] == kChange;
      if (is_change && envelope.field_index("op") < 0) return Way{{}, false};
      const std::string_view name = is_change ? change : path[i];
      const auto position = last ? named_field(*schema, name) : typed_field(*schema, name, Kind::kStruct);
      if (!position) {
        way.complete = false;
        return way;
      }
      way.steps.push_back({schema, *position});
      schema = &schema->fields()[*position].schema();
    }
    return way;
  }

  const std::vector<std::vector<std::string>> paths_;
  const std::int32_t partitions_;
  const bool murmur_;
  PerSchema<Plan> plans_;
};

}  // namespace

config::ConfigDef partition_routing_config() {
  return config_fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_partition_routing(const config::ConfigMap& config) {
  const DebeziumFields& fields = config_fields();
  SLUICE_TRY(fields.validate(config));
  std::vector<std::vector<std::string>> paths;
  for (const auto& field : fields.list(config, "partition.payload.fields")) {
    auto& path = paths.emplace_back();
    for (const auto name : base::java_split(field, '.')) path.emplace_back(base::java_trim(name));
  }
  const auto function = base::java_trim(fields.text(config, "partition.hash.function").value_or(""));
  return std::make_unique<PartitionRouting>(std::move(paths), fields.integer(config, "partition.topic.num"),
                                            base::equals_ignore_case_ascii(function, "murmur"));
}

}  // namespace sluice::smt
