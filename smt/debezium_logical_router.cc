#include "smt/debezium_logical_router.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/base/regex.h"
#include "runtime/base/strings.h"
#include "runtime/data/check_value.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_fields.h"
#include "smt/debezium_schema_names.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;
using config::Width;

constexpr std::string_view kPurpose = "Updating schema";
constexpr std::size_t kTopicsMax = 10'000;

// What the two names of the transform differ in.
struct Variant {
  const char* cache_key;
  const char* key_field_name;
  bool after_may_replace_before;  // whether an envelope without `before` is taken
};
constexpr Variant kTableRouter = {"logical.table.cache.size", "__dbz__physicalTableIdentifier", false};
constexpr Variant kTopicRouter = {"logical.destination.cache.size", "__dbz__sourceIdentifier", true};

std::optional<std::string> replacement_problem(const std::optional<std::string>& text,
                                               const config::ConfigMap& config) {
  if (is_blank(config.get("key.field.regex").value_or("")) || !is_blank(text.value_or(""))) return std::nullopt;
  return "key.field.replacement must be non-empty if key.field.regex is set.";
}

DebeziumFields fields_of(const Variant& variant) {
  return DebeziumFields(
      {debezium_field("topic.regex", Type::kString, Importance::kLow, "Topic regex",
                      "What a topic must match, as a whole, to be routed.")
           .width(Width::kLong)
           .required()
           .regex(),
       debezium_field("topic.replacement", Type::kString, Importance::kLow, "Topic replacement",
                      "The new topic; it may refer to groups of topic.regex.")
           .width(Width::kLong)
           .required(),
       debezium_field("key.enforce.uniqueness", Type::kBoolean, Importance::kLow, "Add source topic name into key",
                      "Whether to add a field that names the old topic to the key, since keys of several tables may be "
                      "equal.")
           .width(Width::kShort)
           .defaults_to(true),
       debezium_field("key.field.regex", Type::kString, Importance::kLow, "Key field regex",
                      "What takes a table's identifier out of the old topic; the whole topic without it.")
           .width(Width::kLong)
           .regex(),
       debezium_field("key.field.replacement", Type::kString, Importance::kLow, "Key field replacement",
                      "The identifier; it may refer to groups of key.field.regex.")
           .width(Width::kLong)
           .checked_by(replacement_problem),
       schema_name_adjustment_field(),
       debezium_field(variant.cache_key, Type::kInt, Importance::kLow, "Cache size",
                      "Accepted and not needed: what was prepared for a topic and a schema is kept.")
           .width(Width::kLong)
           .defaults_to(16)});
}

const DebeziumFields& fields(const Variant& variant) {
  static const DebeziumFields kTableFields = fields_of(kTableRouter);
  static const DebeziumFields kTopicFields = fields_of(kTopicRouter);
  return variant.after_may_replace_before ? kTopicFields : kTableFields;
}

struct Options {
  base::Regex topic_regex;
  std::string topic_replacement;
  std::optional<base::Regex> key_regex;
  std::string key_replacement;
  std::string key_field_name;
  bool unique_keys = true;
  SchemaNameAdjustment adjustment = SchemaNameAdjustment::kNone;
  bool after_may_replace_before = false;
};

// A row's fields in the schema of rows of the new topic.
struct RowPlan {
  bool alike = true;           // field for field
  std::vector<int> positions;  // -1: the new rows have no such field
};
struct EnvelopePlan {
  const Schema* schema = nullptr;
  const Schema* row_schema = nullptr;  // nullptr: the envelope has no rows
  mutable PerSchema<RowPlan> rows;
};

// What becomes of one topic. Schemas that it renamed are remembered here, since their names depend on the topic.
struct Route {
  std::string topic;
  std::optional<std::string> identifier;  // of the table, once a key asked for it
  PerSchema<const Schema*> keys;
  PerSchema<EnvelopePlan> envelopes;
};

class LogicalRouter final : public data::Transform {
 public:
  explicit LogicalRouter(Options options) : options_(std::move(options)) {}

  base::Status apply(const data::TransformContext& context, data::Batch& batch, data::RecordErrors& errors) override {
    ways_.clear();
    if (routes_.size() > kTopicsMax) routes_.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      data::Record& record = batch.record(i);
      if (!record.live()) continue;
      if (auto status = apply_record(*context.schemas, batch, record); !status)
        errors.fail(batch, i, std::move(status).error());
    }
    return {};
  }

 private:
  // A topic of the batch at hand.
  struct Way {
    bool known = false;
    Route* route = nullptr;  // nullptr: its records stay as they are
    std::uint32_t topic = 0;
    std::string_view identifier;  // in the batch's memory
  };

  base::Status apply_record(data::SchemaPool& pool, data::Batch& batch, data::Record& record) {
    SLUICE_TRY_ASSIGN(Way* const way, way_of(batch, record.topic));
    if (way->route == nullptr) return {};
    Route& route = *way->route;
    sluice_arena* arena = batch.arena().c();
    const Schema* key_schema = nullptr;
    Value key;
    if (!record.key_value().is_null()) {
      SLUICE_TRY(require_struct(record.key_value(), kPurpose));
      SLUICE_TRY_ASSIGN(key_schema, key_schema_of(pool, route, record.key_value().struct_schema()));
      SLUICE_TRY_ASSIGN(key, key_of(batch, *way, record, key_schema));
    }
    const Schema* value_schema = batch.value_schema(record);
    Value value = record.value_value();
    if (!value.is_null() && is_envelope(value_schema)) {
      SLUICE_TRY(require_struct(value, kPurpose));
      const Schema& old = value.struct_schema();
      SLUICE_TRY_ASSIGN(const auto* plan,
                        route.envelopes.get(&old, [&] { return envelope_plan(pool, route.topic, old); }));
      value_schema = plan->schema;
      SLUICE_TRY_ASSIGN(value, envelope_of(arena, *plan, value));
    }
    const std::uint32_t key_index = batch.schema_index(key_schema);
    if (key_index == data::Batch::kNoIndex) return out_of_memory();
    SLUICE_TRY(set_side(batch, record, Side::kValue, value_schema, value));
    record.key_schema = key_index;
    record.key = key;
    record.topic = way->topic;
    return {};
  }

  base::Result<Way*> way_of(data::Batch& batch, std::uint32_t topic) {
    if (topic >= ways_.size()) ways_.resize(topic + std::size_t{1});
    if (ways_[topic].known) return &ways_[topic];
    const std::string name(view(batch.c()->topics[topic]));
    Way way;
    SLUICE_TRY_ASSIGN(way.route, route_of(name));
    if (way.route != nullptr) {
      way.topic = batch.topic_index(way.route->topic);
      if (way.topic == data::Batch::kNoIndex) return out_of_memory();
    }
    way.known = true;
    ways_[topic] = way;
    return &ways_[topic];
  }

  // nullptr: the topic does not match, or its new name would be empty.
  base::Result<Route*> route_of(const std::string& topic) {
    const auto found = routes_.find(topic);
    if (found != routes_.end()) return found->second.topic.empty() ? nullptr : &found->second;
    Route route;
    SLUICE_TRY_ASSIGN(const bool matches, options_.topic_regex.matches(topic));
    if (matches) {
      SLUICE_TRY_ASSIGN(route.topic, options_.topic_regex.replace_first(topic, options_.topic_replacement));
    }
    Route& kept = routes_.emplace(topic, std::move(route)).first->second;
    return kept.topic.empty() ? nullptr : &kept;
  }

  // ---- keys

  base::Result<const Schema*> key_schema_of(data::SchemaPool& pool, Route& route, const Schema& old) const {
    SLUICE_TRY_ASSIGN(const auto* schema, route.keys.get(&old, [&]() -> base::Result<const Schema*> {
      auto builder = renamed(old, route.topic + ".Key");
      if (options_.unique_keys) {
        if (options_.key_field_name.empty())
          return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder, "fieldName cannot be null.");
        builder.field(options_.key_field_name, pool.string());
      }
      return builder.build(pool);
    }));
    return *schema;
  }

  base::Result<Value> key_of(data::Batch& batch, Way& way, const data::Record& record, const Schema* schema) const {
    const Value& old = record.key_value();
    sluice_struct* const fields = unset_struct(batch.arena().c(), schema);
    if (fields == nullptr) return out_of_memory();
    SLUICE_TRY(put_all_copied(old, false, *fields));
    if (options_.unique_keys) {
      if (absent(str(way.identifier))) {
        SLUICE_TRY(identify(*way.route, batch.topic(record)));
        way.identifier = batch.arena().copy(*way.route->identifier);
        if (absent(str(way.identifier))) return out_of_memory();
      }
      fields->fields[schema->field_count - 1] = Value::string(way.identifier);
    }
    return struct_value(fields);
  }

  base::Status identify(Route& route, std::string_view topic) const {
    if (route.identifier) return {};
    std::string identifier(topic);
    if (options_.key_regex) {
      SLUICE_TRY_ASSIGN(const bool matches, options_.key_regex->matches(topic));
      if (matches) {
        SLUICE_TRY_ASSIGN(identifier, options_.key_regex->replace_first(topic, options_.key_replacement));
      }
    }
    route.identifier = std::move(identifier);
    return {};
  }

  // ---- values

  data::SchemaBuilder renamed(const Schema& schema, const std::string& name) const {
    auto builder = struct_with_fields_of(schema);
    builder.optional(schema.optional()).name(adjust_schema_name(options_.adjustment, name));
    return builder;
  }

  base::Result<EnvelopePlan> envelope_plan(data::SchemaPool& pool, const std::string& topic, const Schema& old) const {
    EnvelopePlan plan;
    int rows = old.field_index("before");
    if (rows < 0 && options_.after_may_replace_before) rows = old.field_index("after");
    if (rows < 0 && !options_.after_may_replace_before)
      return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "The event has no field before");
    if (rows >= 0) {
      const Schema& row = old.fields()[static_cast<std::size_t>(rows)].schema();
      SLUICE_TRY(require_struct_type(row));
      SLUICE_TRY_ASSIGN(plan.row_schema, renamed(row, topic + ".Value").build(pool));
    }
    auto builder = renamed(old, topic + ".Envelope");
    builder.clear_fields();
    for (const Field& field : old.fields())
      builder.field(field.name(), plan.row_schema != nullptr && holds_row(field) ? plan.row_schema : &field.schema());
    SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
    return plan;
  }

  static bool holds_row(const Field& field) { return field.name() == "before" || field.name() == "after"; }

  static base::Result<Value> envelope_of(sluice_arena* arena, const EnvelopePlan& plan, const Value& old) {
    const Schema& schema = old.struct_schema();
    sluice_struct* const fields = unset_struct(arena, plan.schema);
    if (fields == nullptr) return out_of_memory();
    for (std::size_t i = 0; i < schema.field_count; ++i) {
      Value value = field_value(old, schema, i, true);
      if (!value.is_null() && plan.row_schema != nullptr && holds_row(schema.fields()[i])) {
        SLUICE_TRY_ASSIGN(value, row_of(arena, plan, value));
      }
      SLUICE_TRY(put_copied(plan.schema->fields()[i], value, false, fields->fields[i]));
    }
    return struct_value(fields);
  }

  static base::Result<Value> row_of(sluice_arena* arena, const EnvelopePlan& plan, const Value& old) {
    SLUICE_TRY(require_struct(old, kPurpose));
    const Schema& schema = old.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* row, plan.rows.get(&schema, [&] { return row_plan(schema, *plan.row_schema); }));
    SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(arena, plan.row_schema));
    if (row->alike) {
      SLUICE_TRY(put_all_copied(old, false, *fields));
      return struct_value(fields);
    }
    for (std::size_t i = 0; i < row->positions.size(); ++i) {
      if (row->positions[i] < 0) return base::data_error("{} is not a valid field name", schema.fields()[i].name());
      const auto at = static_cast<std::size_t>(row->positions[i]);
      SLUICE_TRY(data::check_field(plan.row_schema->fields()[at], old.items()[i]));
      fields->fields[at] = old.items()[i];
    }
    // A field that the old row lacks is found out only once the whole row is put into the event.
    SLUICE_TRY(data::check_value(*plan.row_schema, struct_value(fields)));
    return struct_value(fields);
  }

  // Rows before and after the change are of one schema unless another transform saw to it that they are not.
  static base::Result<RowPlan> row_plan(const Schema& old, const Schema& renamed_row) {
    RowPlan plan;
    plan.alike = old.field_count == renamed_row.field_count;
    for (std::size_t i = 0; i < old.field_count; ++i) {
      const Field& field = old.fields()[i];
      const int at = renamed_row.field_index(field.name());
      plan.positions.push_back(at);
      plan.alike = plan.alike && std::cmp_equal(at, i) && &renamed_row.fields()[i].schema() == &field.schema();
    }
    return plan;
  }

  const Options options_;
  std::unordered_map<std::string, Route> routes_;
  std::vector<Way> ways_;  // by topic index of the batch at hand
};

config::ConfigDef definition(const Variant& variant) {
  return fields(variant).config_def({"topic.regex", "topic.replacement", "key.enforce.uniqueness", "key.field.regex",
                                     "key.field.replacement", variant.cache_key});
}

base::Result<std::unique_ptr<data::Transform>> make(const Variant& variant, const config::ConfigMap& config) {
  const DebeziumFields& known = fields(variant);
  SLUICE_TRY(known.validate_and_record(config, base::exceptions::kConnect));
  const auto text = [&](std::string_view name) { return known.text(config, name).value_or(""); };
  SLUICE_TRY_ASSIGN(auto topic_regex, base::Regex::compile(text("topic.regex")));
  Options options{
      .topic_regex = std::move(topic_regex),
      .topic_replacement = text("topic.replacement"),
      .key_regex = std::nullopt,
      .key_replacement = text("key.field.replacement"),
      // Read, though the definition does not have it.
      .key_field_name = config.get_or("key.field.name", variant.key_field_name),
      .unique_keys = known.boolean(config, "key.enforce.uniqueness"),
      .adjustment =
          parse_schema_name_adjustment(text("schema.name.adjustment.mode")).value_or(SchemaNameAdjustment::kNone),
      .after_may_replace_before = variant.after_may_replace_before};
  if (const auto key_regex = text("key.field.regex"); !is_blank(key_regex)) {
    SLUICE_TRY_ASSIGN(options.key_regex, base::Regex::compile(key_regex));
  }
  return std::make_unique<LogicalRouter>(std::move(options));
}

}  // namespace

config::ConfigDef by_logical_table_router_config() {
  return definition(kTableRouter);
}

base::Result<std::unique_ptr<data::Transform>> make_by_logical_table_router(const config::ConfigMap& config) {
  return make(kTableRouter, config);
}

config::ConfigDef to_logical_topic_router_config() {
  return definition(kTopicRouter);
}

base::Result<std::unique_ptr<data::Transform>> make_to_logical_topic_router(const config::ConfigMap& config) {
  return make(kTopicRouter, config);
}

}  // namespace sluice::smt
