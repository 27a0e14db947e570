#include "smt/replace_nested_field.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/data/arena.h"
#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/replace_field.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "field replacement";

bool below(std::string_view path, std::string_view ancestor) {
  return path.size() > ancestor.size() && path.starts_with(ancestor) && path[ancestor.size()] == '.';
}

// What the options say of a path, which is made of the old names.
struct Options {
  config::List exclude;
  config::List include;
  std::unordered_map<std::string, std::string> renames;  // path to new name
  bool use_default = true;

  bool keeps(const std::string& path) const {
    if (std::find(exclude.begin(), exclude.end(), path) != exclude.end()) return false;
    // What is included brings along what it is in and what is in it.
    return include.empty() || std::any_of(include.begin(), include.end(), [&](const std::string& included) {
             return path == included || below(path, included) || below(included, path);
           });
  }
  std::string_view name(const std::string& path, std::string_view old_name) const {
    const auto renamed = renames.find(path);
    return renamed == renames.end() ? old_name : std::string_view(renamed->second);
  }
  // Whether anything below the path may change.
  bool reach_below(const std::string& path) const {
    const auto named = [&](const std::string& other) { return below(other, path); };
    return std::any_of(exclude.begin(), exclude.end(), named) || std::any_of(include.begin(), include.end(), named) ||
           std::any_of(renames.begin(), renames.end(), [&](const auto& rename) { return named(rename.first); });
  }
};

// A path that grows by a name and shrinks again.
class PathScope {
 public:
  PathScope(std::string& path, std::string_view name) : path_(path), size_(path.size()) {
    if (!path.empty()) path += '.';
    path += name;
  }
  ~PathScope() { path_.resize(size_); }
  PathScope(const PathScope&) = delete;
  PathScope& operator=(const PathScope&) = delete;

 private:
  std::string& path_;
  const std::size_t size_;
};

class ReplaceNestedField final : public data::RecordTransform {
 public:
  ReplaceNestedField(Side side, Options options) : side_(side), options_(std::move(options)) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value value = side_value(record, side_);
    if (value.is_null()) return {};
    sluice_arena* arena = batch.arena().c();
    path_.clear();
    if (side_schema(batch, record, side_) == nullptr) {
      SLUICE_TRY(require_map(value, kPurpose));
      SLUICE_TRY_ASSIGN(const Value replaced, replace_in_map(arena, value));
      return set_side(batch, record, side_, nullptr, replaced);
    }
    SLUICE_TRY(require_struct(value, kPurpose));
    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&schema, [&] { return prepare(*context.schemas, schema); }));
    SLUICE_TRY_ASSIGN(const Value replaced, replace_in_struct(arena, *plan, value));
    return set_side(batch, record, side_, plan->schema, replaced);
  }

 private:
  struct Plan {
    const Schema* schema = nullptr;
    struct Source {
      std::size_t field;                   // of the old struct
      std::unique_ptr<const Plan> nested;  // for a struct that changes itself
    };
    std::vector<Source> sources;  // by field of the new one
  };

  base::Result<Value> replace_in_map(sluice_arena* arena, const Value& map) {
    const auto items = map.items();
    SLUICE_TRY_ASSIGN(auto edit, MapEdit::empty(arena, items.size() / 2));
    for (std::size_t i = 0; i < items.size(); i += 2) {
      SLUICE_TRY(require_text_key(items[i]));
      const std::string_view key = items[i].is_null() ? std::string_view("null") : items[i].text();
      const PathScope scope(path_, key);
      if (!options_.keeps(path_)) continue;
      Value item = items[i + 1];
      if (item.is(Kind::kMap) && options_.reach_below(path_)) {
        SLUICE_TRY_ASSIGN(item, replace_in_map(arena, item));
      }
      const auto renamed = options_.renames.find(path_);
      edit.put(renamed == options_.renames.end() ? items[i] : Value::string(renamed->second), item);
    }
    return edit.map();
  }

  base::Result<Value> replace_in_struct(sluice_arena* arena, const Plan& plan, const Value& value) const {
    sluice_struct* fields = arena_struct(arena, plan.schema);
    if (fields == nullptr) return out_of_memory();
    const Schema& schema = value.struct_schema();
    for (std::size_t i = 0; i < plan.sources.size(); ++i) {
      const auto& source = plan.sources[i];
      Value field = field_value(value, schema, source.field, options_.use_default);
      if (source.nested != nullptr && field.is(Kind::kStruct)) {
        SLUICE_TRY(require_fields_of(field, schema.fields()[source.field].schema()));
        SLUICE_TRY_ASSIGN(field, replace_in_struct(arena, *source.nested, field));
      }
      SLUICE_TRY(check_copied(plan.schema->fields()[i], field));
      fields->fields[i] = field;
    }
    return Value::record(fields, plan.sources.size());
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& schema) {
    Plan plan;
    auto builder = struct_like(schema);
    for (std::size_t i = 0; i < schema.field_count; ++i) {
      const Field& field = schema.fields()[i];
      const PathScope scope(path_, field.name());
      if (!options_.keeps(path_)) continue;
      Plan::Source source{i, nullptr};
      const Schema* type = &field.schema();
      if (type->type() == Kind::kStruct && options_.reach_below(path_)) {
        SLUICE_TRY_ASSIGN(auto nested, prepare_nested(pool, *type));
        type = nested.schema;
        source.nested = std::make_unique<const Plan>(std::move(nested));
      }
      builder.field(options_.name(path_, field.name()), type);
      plan.sources.push_back(std::move(source));
    }
    SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
    return plan;
  }

  // A nested struct stays optional, and its default goes the way of its values.
  base::Result<Plan> prepare_nested(data::SchemaPool& pool, const Schema& schema) {
    SLUICE_TRY_ASSIGN(Plan plan, prepare(pool, schema));
    auto builder = data::SchemaBuilder::like(*plan.schema).optional(schema.optional());
    SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
    if (!schema.default_value().is(Kind::kStruct)) return plan;
    data::Arena arena;
    SLUICE_TRY_ASSIGN(const Value replaced, replace_in_struct(arena.c(), plan, schema.default_value()));
    SLUICE_TRY_ASSIGN(plan.schema, builder.default_value(replaced).build(pool));
    return plan;
  }

  const Side side_;
  const Options options_;
  PerSchema<Plan> plans_;
  std::string path_;  // of the field at hand
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, replace_field_config().parse(config));
  Options options{parsed.list("exclude"), parsed.list("include"), {}, parsed.boolean("replace.null.with.default")};
  for (const auto& mapping : parsed.list("renames")) {
    const auto parts = base::java_split(mapping, ':');  // two, as the definition has checked
    options.renames.insert_or_assign(std::string(parts[0]), std::string(parts[1]));
  }
  return std::make_unique<ReplaceNestedField>(side, std::move(options));
}

}  // namespace

base::Result<std::unique_ptr<data::Transform>> make_replace_nested_field_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_replace_nested_field_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
