#include "smt/mapping.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/data/value_text.h"
#include "smt/added_fields.h"
#include "smt/cast_value.h"
#include "smt/mapping_document.h"
#include "smt/per_schema.h"
#include "smt/read_text_file.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

// The result as a tree: leaves are fields of the document, the rest are objects around them. Node 0 is the result.
struct Node {
  std::string name;
  int field = -1;
  std::vector<std::size_t> children;
};

base::Result<std::vector<Node>> target_tree(const std::vector<MappedField>& fields) {
  std::vector<Node> nodes(1);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::size_t at = 0;
    const auto& names = fields[i].target;
    for (std::size_t depth = 0; depth < names.size(); ++depth) {
      const bool last = depth + 1 == names.size();
      std::size_t found = 0;
      for (const std::size_t child : nodes[at].children)
        if (nodes[child].name == names[depth]) found = child;
      if (found != 0 && (last || nodes[found].field >= 0))
        return base::config_error("Invalid mapping: fields[{}]: target '{}' is set by another field already", i,
                                  fmt::join(names, "."));
      if (found == 0) {
        found = nodes.size();
        nodes[at].children.push_back(found);
        nodes.push_back({names[depth], last ? static_cast<int>(i) : -1, {}});
      }
      at = found;
    }
  }
  return nodes;
}

// The schema that a path of names, positions and wildcards leads to; nullptr: the path or the schema says too little.
const Schema* schema_at(std::string_view path, const Schema* schema) {
  if (path.starts_with('$')) path.remove_prefix(1);
  while (!path.empty() && schema != nullptr) {
    std::string_view name;
    bool item = false;
    if (path.starts_with("['")) {
      const std::size_t end = path.find("']");
      if (end == std::string_view::npos) return nullptr;
      name = path.substr(2, end - 2);
      path.remove_prefix(end + 2);
    } else if (path.starts_with('[')) {
      const std::size_t end = path.find(']');
      if (end == std::string_view::npos || path.substr(1, end - 1).find_first_not_of("0123456789*-") != path.npos)
        return nullptr;
      item = true;
      path.remove_prefix(end + 1);
    } else {
      if (path.starts_with('.')) path.remove_prefix(1);
      const std::size_t end = std::min(path.find_first_of(".[("), path.size());
      if (end == 0 || (end < path.size() && path[end] == '(')) return nullptr;
      name = path.substr(0, end);
      path.remove_prefix(end);
      item = name == "*";
    }
    if (item != (schema->type() == Kind::kArray) && schema->type() != Kind::kMap) return nullptr;
    if (schema->type() != Kind::kStruct) {
      schema = schema->value_schema();
      continue;
    }
    const int position = schema->field_index(name);
    schema = position < 0 ? nullptr : &schema->fields()[static_cast<std::size_t>(position)].schema();
  }
  return schema;
}

class Mapping final : public data::RecordTransform {
 public:
  Mapping(Side side, std::unique_ptr<MappingVersion> version, std::vector<Node> nodes)
      : side_(side), version_(std::move(version)), nodes_(std::move(nodes)), values_(version_->fields.size()) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value value = side_value(record, side_);
    if (value.is_null()) return {};
    const Schema* schema = side_schema(batch, record, side_);
    const Plan* plan = nullptr;
    if (schema != nullptr) {
      if (value.is(Kind::kStruct)) SLUICE_TRY(require_fields_of(value, *schema));
      SLUICE_TRY_ASSIGN(plan, plans_.get(schema, [&] { return prepare(*context.schemas, *schema); }));
    }
    sluice_arena* arena = batch.arena().c();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      SLUICE_TRY_ASSIGN(values_[i], mapped(arena, version_->fields[i], {schema, value},
                                           plan != nullptr ? &plan->defaults[i] : nullptr));
    }
    SLUICE_TRY_ASSIGN(const Value made, build(arena, 0, plan));
    return set_side(batch, record, side_, plan != nullptr ? plan->schemas[0] : nullptr, made);
  }

 private:
  struct Plan {
    std::vector<const Schema*> schemas;  // of each node
    std::vector<Value> defaults;         // of each field, as its schema wants it
  };

  static base::Error about(const MappedField& field, const base::Error& error) {
    return base::Error(error.code(), error.exception(),
                       fmt::format("Mapping of field '{}' from {}: {}", fmt::join(field.target, "."),
                                   field.source.text(), error.message()));
  }

  base::Result<Value> mapped(sluice_arena* arena, const MappedField& field, const data::SchemaAndValue& root,
                             const Value* planned_default) {
    found_.clear();
    auto there = field.source.evaluate(root, found_);
    if (!there) return base::fail(about(field, there.error()));
    const bool one = field.source.definite();
    if (!*there || (one && (found_.empty() || found_.front().value.is_null()))) {
      const Value given = planned_default != nullptr ? *planned_default : field.default_value;
      if (field.required && given.is_null())
        return base::data_error(
            "Mapping of field '{}' from {}: there is no value, but the field is required; mend the "
            "record or give a \"default\"",
            fmt::join(field.target, "."), field.source.text());
      return given;
    }
    if (one) return converted(arena, field, found_.front());
    auto* items = arena_array<sluice_value>(arena, found_.size());
    if (items == nullptr) return out_of_memory();
    for (std::size_t i = 0; i < found_.size(); ++i) {
      SLUICE_TRY_ASSIGN(items[i], converted(arena, field, found_[i]));
    }
    return Value::array(items, found_.size());
  }

  base::Result<Value> converted(sluice_arena* arena, const MappedField& field, const data::SchemaAndValue& part) {
    auto value = map_value_of(field, arena, part.schema, part.value, scratch_);
    if (!value) return base::fail(about(field, value.error()));
    return value;
  }

  base::Result<Value> build(sluice_arena* arena, std::size_t at, const Plan* plan) const {
    const Node& node = nodes_[at];
    if (node.field >= 0) return values_[static_cast<std::size_t>(node.field)];
    if (plan != nullptr) {
      sluice_struct* made = arena_struct(arena, plan->schemas[at]);
      if (made == nullptr) return out_of_memory();
      for (std::size_t i = 0; i < node.children.size(); ++i) {
        SLUICE_TRY_ASSIGN(made->fields[i], build(arena, node.children[i], plan));
      }
      return Value::record(made, node.children.size());
    }
    auto* items = arena_array<sluice_value>(arena, node.children.size() * 2);
    if (items == nullptr) return out_of_memory();
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      items[2 * i] = Value::string(nodes_[node.children[i]].name);
      SLUICE_TRY_ASSIGN(items[2 * i + 1], build(arena, node.children[i], nullptr));
    }
    return Value::map(items, node.children.size());
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& schema) {
    Plan plan;
    std::vector<const Schema*> types;
    for (const MappedField& field : version_->fields) {
      SLUICE_TRY_ASSIGN(const Schema* type, type_of(pool, field, schema));
      types.push_back(type);
      plan.defaults.push_back(field.default_value);
      if (field.default_value.is_null() || field.type) continue;
      auto value = type->type() <= Kind::kString && !type->has_name()
                       ? cast_value(version_->arena.c(), nullptr, field.default_value, type->type(), scratch_)
                       : base::data_error("the source is a {}", data::schema_text(*type));
      if (!value)
        return base::data_error("Mapping of field '{}' from {}: the default '{}' does not fit: {}; give a \"type\"",
                                fmt::join(field.target, "."), field.source.text(),
                                data::value_text(field.default_value), value.error().message());
      plan.defaults.back() = *value;
    }
    plan.schemas.resize(nodes_.size());
    for (std::size_t at = nodes_.size(); at-- > 0;) {  // children come after their parents
      const Node& node = nodes_[at];
      if (node.field >= 0) {
        plan.schemas[at] = types[static_cast<std::size_t>(node.field)];
        continue;
      }
      auto builder = data::SchemaBuilder::structure();
      if (at == 0 && version_->schema_name) builder.name(*version_->schema_name);
      builder.optional(at != 0);
      for (const std::size_t child : node.children) builder.field(nodes_[child].name, plan.schemas[child]);
      SLUICE_TRY_ASSIGN(plan.schemas[at], builder.build(pool));
    }
    return plan;
  }

  // What the document says, or else what the source has; always optional.
  static base::Result<const Schema*> type_of(data::SchemaPool& pool, const MappedField& field, const Schema& root) {
    const Schema* type = nullptr;
    if (field.type) {
      SLUICE_TRY_ASSIGN(type, field_type_schema(pool, *field.type));
    } else if (const Schema* source = schema_at(field.source.text(), &root); source != nullptr) {
      SLUICE_TRY_ASSIGN(type, data::SchemaBuilder::like(*source).optional().no_default().build(pool));
    } else {
      return base::data_error(
          "Mapping of field '{}' from {}: the schema {} does not tell its type; give a \"type\", or mend the path",
          fmt::join(field.target, "."), field.source.text(), data::schema_text(root));
    }
    if (field.source.definite()) return type;
    return data::SchemaBuilder::array(type).optional().build(pool);
  }

  const Side side_;
  const std::unique_ptr<MappingVersion> version_;
  const std::vector<Node> nodes_;
  std::vector<Value> values_;  // of each field, for the record at hand
  std::vector<data::SchemaAndValue> found_;
  std::string scratch_;
  PerSchema<Plan> plans_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, mapping_config().parse(config));
  const auto file = parsed.string_or_null("mapping.file");
  const auto given = parsed.string_or_null("mapping.inline");
  if (file.has_value() == given.has_value())
    return base::config_error("Mapping needs its document: set either mapping.file or mapping.inline");
  std::string document = given.value_or("");
  if (file) {
    SLUICE_TRY_ASSIGN(document, read_text_file("mapping.file", *file, MappingVersion::kDocumentBytesMax));
  }
  SLUICE_TRY_ASSIGN(auto version, read_mapping(document,
                                               file ? fmt::format("value {} for configuration mapping.file", *file)
                                                    : "value for configuration mapping.inline",
                                               parsed.string_or_null("mapping.version")));
  SLUICE_TRY_ASSIGN(auto nodes, target_tree(version->fields));
  return std::make_unique<Mapping>(side, std::move(version), std::move(nodes));
}

}  // namespace

config::ConfigDef mapping_config() {
  using config::Importance;
  using config::Type;
  return config::ConfigDef(
      {config::optional_key("mapping.file", Type::kString, config::Null{}, Importance::kHigh,
                            "A JSON file with the mapping."),
       config::optional_key("mapping.inline", Type::kString, config::Null{}, Importance::kHigh,
                            "The mapping itself, as JSON text."),
       config::optional_key("mapping.version", Type::kString, config::Null{}, Importance::kMedium,
                            "Which of the document's versions to use; needed where there is more than one.")});
}

base::Result<std::unique_ptr<data::Transform>> make_mapping_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_mapping_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
