#include "smt/cast.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/config/hash_order.h"
#include "runtime/data/arena.h"
#include "smt/cast_value.h"
#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "cast types";

// What the key `spec` says: a type for the whole value, or types of fields.
struct Spec {
  std::optional<Kind> whole;
  std::vector<std::pair<std::string, Kind>> fields;  // in the order in which Java visits them

  Kind target(std::string_view field) const {  // kNull: none
    for (const auto& [name, type] : fields)
      if (name == field) return type;
    return Kind::kNull;
  }
};

base::Result<Kind> parse_type(std::string_view text) {
  text = base::java_trim(text);
  const std::string name = base::to_upper_ascii(text);
  for (int i = static_cast<int>(Kind::kInt8); i <= static_cast<int>(Kind::kStruct); ++i) {
    const Kind type = static_cast<Kind>(i);
    if (data::type_name(type) != name) continue;
    if (type <= Kind::kString) return type;
    return base::config_error("Cast transformation does not support casting to {}; supported types are {}", name,
                              type_list(Kind::kString));
  }
  return base::config_error(
      "Invalid value java.lang.IllegalArgumentException: No enum constant org.apache.kafka.connect.data.Schema.Type.{} "
      "for configuration Invalid type found in casting spec: {}",
      name, text);
}

base::Result<Spec> parse_spec(const config::List& mappings) {
  Spec spec;
  std::vector<std::string> names;
  std::vector<Kind> types;
  for (const std::string& mapping : mappings) {
    const auto parts = base::java_split(mapping, ':');
    if (parts.empty())
      return base::fail(base::Code::kInvalidConfig, "java.lang.ArrayIndexOutOfBoundsException",
                        "Index 1 out of bounds for length 0");
    if (parts.size() > 2)
      return base::fail(config::invalid_value("renames", mappings, "Invalid rename mapping: " + mapping));
    SLUICE_TRY_ASSIGN(const Kind type, parse_type(parts.back()));
    if (parts.size() == 1) {
      spec.whole = type;
      continue;
    }
    const std::string name(base::java_trim(parts.front()));
    const auto known = std::find(names.begin(), names.end(), name);
    if (known != names.end()) {
      types[static_cast<std::size_t>(known - names.begin())] = type;
    } else {
      names.push_back(name);
      types.push_back(type);
    }
  }
  if (spec.whole && mappings.size() > 1)
    return base::config_error(
        "Cast transformations that specify a type to cast the entire value to may only specify a single cast in their "
        "spec");
  for (const std::size_t i : config::java_hash_map_order(names)) spec.fields.emplace_back(names[i], types[i]);
  return spec;
}

class Cast final : public data::RecordTransform {
 public:
  Cast(Side side, Spec spec, bool use_default) : side_(side), spec_(std::move(spec)), use_default_(use_default) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value value = side_value(record, side_);
    if (value.is_null()) return {};
    const Schema* schema = side_schema(batch, record, side_);
    sluice_arena* arena = batch.arena().c();
    if (schema == nullptr && !spec_.whole) return cast_map(batch, record, value);
    const Plan* plan = nullptr;
    if (schema != nullptr) {
      SLUICE_TRY_ASSIGN(plan, plans_.get(schema, [&] { return prepare(*context.schemas, *schema); }));
      if (!spec_.whole) return cast_struct(batch, record, value, *schema, *plan);
    }
    SLUICE_TRY_ASSIGN(const Value cast, cast_value(arena, schema, value, *spec_.whole, scratch_));
    return set_side(batch, record, side_, plan != nullptr ? plan->schema : nullptr, cast);
  }

 private:
  struct Plan {
    const Schema* schema = nullptr;
    std::vector<std::pair<std::size_t, Kind>> targets;  // of the fields that are cast, in order
  };

  base::Status cast_map(data::Batch& batch, data::Record& record, const Value& value) {
    SLUICE_TRY(require_map(value, kPurpose));
    SLUICE_TRY_ASSIGN(auto edit, MapEdit::copy(batch.arena().c(), value, spec_.fields.size()));
    for (const auto& [name, type] : spec_.fields) {
      const std::size_t at = edit.find(name);
      SLUICE_TRY_ASSIGN(const Value cast, cast_value(batch.arena().c(), nullptr, edit.value_at(at), type, scratch_));
      edit.put_at(at, name, cast);
    }
    return set_side(batch, record, side_, nullptr, edit.map());
  }

  base::Status cast_struct(data::Batch& batch, data::Record& record, const Value& value, const Schema& schema,
                           const Plan& plan) {
    SLUICE_TRY(require_struct(value, kPurpose));
    SLUICE_TRY(require_fields_of(value, schema));
    sluice_arena* arena = batch.arena().c();
    sluice_struct* fields = unset_struct(arena, plan.schema);
    if (fields == nullptr) return out_of_memory();
    std::size_t next = 0;
    for (const auto& [at, target] : plan.targets) {
      SLUICE_TRY(put_range_copied(value, next, at, use_default_, *fields));
      SLUICE_TRY_ASSIGN(const Value cast, cast_value(arena, &schema.fields()[at].schema(),
                                                     field_value(value, schema, at, use_default_), target, scratch_));
      SLUICE_TRY(put_copied(plan.schema->fields()[at], cast, false, fields->fields[at]));
      next = at + 1;
    }
    SLUICE_TRY(put_range_copied(value, next, value.size, use_default_, *fields));
    return set_side(batch, record, side_, plan.schema, struct_value(fields));
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& schema) {
    data::Arena arena;
    Plan plan;
    auto builder =
        with_basics_of(schema, spec_.whole ? data::SchemaBuilder(*spec_.whole) : data::SchemaBuilder::structure());
    if (!spec_.whole) {
      SLUICE_TRY(require_struct_type(schema));
      for (std::size_t i = 0; i < schema.field_count; ++i) {
        const Field& field = schema.fields()[i];
        const Kind target = spec_.target(field.name());
        const Schema* type = &field.schema();
        if (target != Kind::kNull) {
          SLUICE_TRY_ASSIGN(type, with_default_cast(pool, arena, data::SchemaBuilder(target), *type, target));
          plan.targets.emplace_back(i, target);
        }
        builder.field(field.name(), type);
      }
    }
    SLUICE_TRY_ASSIGN(plan.schema,
                      with_default_cast(pool, arena, std::move(builder), schema, spec_.whole.value_or(Kind::kStruct)));
    return plan;
  }

  // Gives the new schema what is left of the old one: whether it is optional, and its default, cast.
  base::Result<const Schema*> with_default_cast(data::SchemaPool& pool, data::Arena& arena, data::SchemaBuilder builder,
                                                const Schema& old, Kind target) {
    SLUICE_TRY_ASSIGN(const Value cast, cast_value(arena.c(), &old, old.default_value(), target, scratch_));
    builder.optional(old.optional());
    return build_with_default(std::move(builder), cast, pool);
  }

  const Side side_;
  const Spec spec_;
  const bool use_default_;
  std::string scratch_;
  PerSchema<Plan> plans_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, cast_config().parse(config));
  SLUICE_TRY_ASSIGN(auto spec, parse_spec(parsed.list("spec")));
  return std::make_unique<Cast>(side, std::move(spec), parsed.boolean("replace.null.with.default"));
}

base::Status check_spec(std::string_view, const config::Value& value) {
  const auto* list = std::get_if<config::List>(&value);
  if (list == nullptr || list->empty()) return base::config_error("Must specify at least one field to cast.");
  SLUICE_TRY(parse_spec(*list));
  return {};
}

}  // namespace

config::ConfigDef cast_config() {
  return config::ConfigDef(
      {config::required_key("spec", config::Type::kList, config::Importance::kHigh,
                            "List of fields and the type to cast them to of the form field1:type,field2:type to cast "
                            "fields of Maps or Structs. A single type to cast the entire value. Valid types are int8, "
                            "int16, int32, int64, float32, float64, boolean, and string. Note that binary fields can "
                            "only be cast to string.")
           .checked_by(
               config::Validator(check_spec, "list of colon-delimited pairs, e.g. <code>foo:bar,abc:xyz</code>")),
       replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_cast_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_cast_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
