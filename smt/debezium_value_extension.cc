#include "smt/debezium_value_extension.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/base/strings.h"
#include "runtime/data/check_value.h"
#include "smt/debezium_envelope.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using Parts = std::vector<std::string_view>;

// What Debezium calls the value itself. A field of this name is taken for it now and then, which is kept.
constexpr std::string_view kRoot = "payload";

bool is_primitive(const Schema& schema) {
  return schema.type() != Kind::kArray && schema.type() != Kind::kMap && schema.type() != Kind::kStruct;
}

// The name that an entry has in the struct `field` at `level`, if it goes there. Only the name of the struct itself is
// compared, not the way to it.
std::optional<std::string_view> name_in(const Parts& parts, std::string_view field, std::size_t level) {
  if (parts.size() == 1 && field == kRoot) return parts[0];
  if (parts.size() != level + 1) return std::nullopt;
  if (parts[level == 0 ? 0 : level - 1] != field) return std::nullopt;
  return parts[level];
}

bool goes_through(const Parts& parts, std::string_view field, std::size_t level) {
  if (level == 0) return field == kRoot;
  return level < parts.size() && parts[level - 1] == field;
}

// The name that an entry has in a new struct `parent` inside `field`.
std::optional<std::string_view> name_in_new(const Parts& parts, std::string_view parent, std::string_view field,
                                            std::size_t level) {
  if (level != 0 || field != kRoot || parts.size() < 2 || parts[0] != parent) return std::nullopt;
  return parts[1];  // deeper parts of the path are lost
}

}  // namespace

class ValueExtension::Preparation {
 public:
  Preparation(data::SchemaPool& pool, std::span<const NewEntry> entries) : pool_(pool), entries_(entries) {
    for (const auto& entry : entries) parts_.push_back(base::java_split(entry.name, '.'));
  }

  // Paths must not go through primitive fields.
  base::Status check_paths(const Schema& schema) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (!is_nested(i)) continue;
      const Schema* current = &schema;
      for (std::size_t level = 0; level + 1 < parts_[i].size(); ++level) {
        SLUICE_TRY_ASSIGN(const int at, look_up_field(*current, parts_[i][level]));
        if (at < 0) break;
        current = &current->fields()[static_cast<std::size_t>(at)].schema();
        if (is_primitive(*current))
          return base::fail(base::Code::kBadRecord, kDebeziumException,
                            "Field '{}' is a primitive type, not a struct. Cannot add nested field '{}'.",
                            parts_[i][level], entries_[i].name);
      }
    }
    return {};
  }

  base::Result<Node> node(std::string_view field, const Schema& old, std::size_t level) {
    Node node;
    SLUICE_TRY(require_struct_type(old));
    auto builder = struct_like(old);
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < old.field_count; ++i) {
      const Field& inner = old.fields()[i];
      SLUICE_TRY_ASSIGN(auto copied, copied_field(inner, level));
      const Schema* schema =
          copied.inner != nullptr && copied.inner->schema != nullptr ? copied.inner->schema : &inner.schema();
      builder.field(inner.name(), schema);
      names.push_back(inner.name());
      copied.from = copied.to = i;
      node.copied.push_back(std::move(copied));
    }
    SLUICE_TRY(add_entries(field, level, builder, names, node));
    SLUICE_TRY(add_parents(field, old, level, builder, names, node));
    SLUICE_TRY_ASSIGN(node.schema, builder.build(pool_));
    return node;
  }

 private:
  bool is_nested(std::size_t entry) const { return entries_[entry].name.find('.') != std::string::npos; }

  // Any path in which the field's name and a dot occur counts, wherever they do.
  bool is_on_a_path(std::string_view field) const {
    const std::string with_dot = std::string(field) + ".";
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const NewEntry& entry) { return entry.name.find(with_dot) != std::string::npos; });
  }

  // A primitive field on a path keeps its schema and has an inner node without one, which takes no value.
  base::Result<Node::Copied> copied_field(const Field& field, std::size_t level) {
    Node::Copied copied;
    if (!is_on_a_path(field.name())) return copied;
    copied.inner = std::make_unique<Node>();
    if (is_primitive(field.schema())) return copied;
    SLUICE_TRY_ASSIGN(*copied.inner, node(field.name(), field.schema(), level + 1));
    return copied;
  }

  base::Status add_field(data::SchemaBuilder& builder, std::vector<std::string_view>& names, std::string_view name,
                         const Schema* schema) const {
    if (name.empty())
      return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder, "fieldName cannot be null.");
    if (schema == nullptr)
      return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder,
                        "fieldSchema for field {} cannot be null.", name);
    builder.field(name, schema);
    names.push_back(name);
    return {};
  }

  base::Status add_entries(std::string_view field, std::size_t level, data::SchemaBuilder& builder,
                           std::vector<std::string_view>& names, Node& node) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto name = name_in(parts_[i], field, level);
      if (!name) continue;
      const auto taken = std::find(names.begin(), names.end(), *name);
      node.puts.push_back({i, static_cast<std::size_t>(taken - names.begin())});
      if (taken == names.end()) SLUICE_TRY(add_field(builder, names, *name, entries_[i].schema));
    }
    return {};
  }

  base::Status add_parents(std::string_view field, const Schema& old, std::size_t level, data::SchemaBuilder& builder,
                           std::vector<std::string_view>& names, Node& node) const {
    for (const auto parent : missing_parents(field, old, level)) {
      auto inner = data::SchemaBuilder::structure().optional();
      std::vector<std::string_view> inner_names;
      Node::Parent added;
      for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto name = name_in_new(parts_[i], parent, field, level);
        if (!name) continue;
        added.puts.push_back({i, inner_names.size()});
        SLUICE_TRY(add_field(inner, inner_names, *name, entries_[i].schema));
      }
      SLUICE_TRY_ASSIGN(const Schema* schema, inner.build(pool_));
      added.to = names.size();
      SLUICE_TRY(add_field(builder, names, parent, schema));
      node.parents.push_back(std::move(added));
    }
    return {};
  }

  std::vector<std::string_view> missing_parents(std::string_view field, const Schema& old, std::size_t level) const {
    std::vector<std::string_view> missing;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (!is_nested(i) || !goes_through(parts_[i], field, level) || level + 1 >= parts_[i].size()) continue;
      const auto name = parts_[i][level];
      if (old.field_index(name) < 0 && std::find(missing.begin(), missing.end(), name) == missing.end())
        missing.push_back(name);
    }
    return missing;
  }

  data::SchemaPool& pool_;
  const std::span<const NewEntry> entries_;
  std::vector<Parts> parts_;
};

base::Result<ValueExtension> ValueExtension::prepare(data::SchemaPool& pool, const Schema& schema,
                                                     std::span<const NewEntry> entries) {
  Preparation preparation(pool, entries);
  SLUICE_TRY(preparation.check_paths(schema));
  ValueExtension extension;
  SLUICE_TRY_ASSIGN(extension.root_, preparation.node(kRoot, schema, 0));
  return extension;
}

base::Result<Value> ValueExtension::apply(sluice_arena* arena, const Value& old, std::span<const Value> values) const {
  return fill(arena, root_, old, values);
}

base::Status ValueExtension::put_all(const std::vector<Node::Put>& puts, std::span<const Value> values,
                                     sluice_struct& out) {
  for (const auto& put : puts) {
    SLUICE_TRY(data::check_field(static_cast<const Schema*>(out.schema)->fields()[put.to], values[put.entry]));
    out.fields[put.to] = values[put.entry];
  }
  return {};
}

base::Result<Value> ValueExtension::fill(sluice_arena* arena, const Node& node, const Value& old,
                                         std::span<const Value> values) {
  SLUICE_TRY(require_struct(old, "Nested field"));
  const Schema& schema = old.struct_schema();
  if (node.schema == nullptr || schema.field_count != node.copied.size())
    return base::data_error("Struct schemas do not match.");  // not of the schema that its field has
  SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(arena, node.schema));
  for (const auto& copied : node.copied) {
    const Value value = field_value(old, schema, copied.from, true);
    if (value.is_null()) continue;
    if (copied.inner == nullptr) {
      fields->fields[copied.to] = value;
    } else {
      SLUICE_TRY_ASSIGN(fields->fields[copied.to], fill(arena, *copied.inner, value, values));
    }
  }
  SLUICE_TRY(put_all(node.puts, values, *fields));
  for (const auto& parent : node.parents) {
    SLUICE_TRY_ASSIGN(sluice_struct* const inner, new_struct(arena, &node.schema->fields()[parent.to].schema()));
    SLUICE_TRY(put_all(parent.puts, values, *inner));
    fields->fields[parent.to] = struct_value(inner);
  }
  return struct_value(fields);
}

}  // namespace sluice::smt
