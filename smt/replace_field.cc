#include "smt/replace_field.h"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/config/hash_order.h"
#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "field replacement";

// Names, each with another one where they are renamed. A few are compared one by one, which needs no hash of the name.
class Names {
 public:
  Names() = default;
  explicit Names(const config::List& names) {
    for (const auto& name : names) set(name, {});
  }
  bool empty() const { return entries_.empty(); }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  const std::string* find(std::string_view name) const {
    if ((marks_ & mark(name)) == 0) return nullptr;
    if (entries_.size() > kScannedMax) {
      const auto found = positions_.find(name);
      return found == positions_.end() ? nullptr : &entries_[found->second].second;
    }
    for (const auto& [key, other] : entries_)
      if (base::same_text(key, name)) return &other;
    return nullptr;
  }
  // Whether the name is new.
  bool set(std::string_view name, std::string_view other) {
    const auto [entry, added] = positions_.try_emplace(std::string(name), entries_.size());
    if (added)
      entries_.emplace_back(name, other);
    else
      entries_[entry->second].second = other;
    marks_ |= mark(name);
    return added;
  }

 private:
  static constexpr std::size_t kScannedMax = 8;
  // One bit of 64 by size and first letter.
  static std::uint64_t mark(std::string_view name) {
    const std::size_t first = name.empty() ? 0 : static_cast<unsigned char>(name.front());
    return std::uint64_t{1} << ((name.size() * 8 + first) % 64);
  }

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  std::vector<std::pair<std::string, std::string>> entries_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> positions_;
  std::uint64_t marks_ = 0;  // of all entries: tells most other names apart without comparing
};

struct Renames {
  Names forward;
  Names backward;  // of two names that become one, the one that Java meets last
};

base::Result<Renames> parse_renames(const config::List& mappings) {
  Renames renames;
  std::vector<std::string> order;
  for (const std::string& mapping : mappings) {
    const auto parts = base::java_split(mapping, ':');
    if (parts.size() != 2)
      return base::fail(config::invalid_value("renames", mappings, "Invalid rename mapping: " + mapping));
    if (renames.forward.set(parts[0], parts[1])) order.emplace_back(parts[0]);
  }
  for (const std::size_t i : config::java_hash_map_order(order))
    renames.backward.set(*renames.forward.find(order[i]), order[i]);
  return renames;
}

std::string_view mapped(const Names& names, std::string_view name) {
  const std::string* found = names.find(name);
  return found == nullptr ? name : std::string_view(*found);
}

struct Options {
  Names exclude;
  Names include;
  Renames renames;
  bool use_default = true;

  bool keeps(std::string_view field) const {
    return !exclude.contains(field) && (include.empty() || include.contains(field));
  }
};

class ReplaceField final : public data::Transform {
 public:
  ReplaceField(Side side, Options options) : side_(side), options_(std::move(options)) {}

  // Not a RecordTransform: the work on a record is little, and a call for each would be a good part of it.
  base::Status apply(const data::TransformContext& context, data::Batch& batch, data::RecordErrors& errors) override {
    data::change_each(batch, errors, [&](data::Record& record) { return apply_record(context, batch, record); });
    return {};
  }

 private:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) {
    const Value value = side_value(record, side_);
    if (value.is_null()) return {};
    if (side_schema(batch, record, side_) == nullptr) return replace_in_map(batch, record, value);
    return replace_in_struct(context, batch, record, value);
  }

  struct Plan {
    const Schema* schema = nullptr;
    struct Source {
      int field;       // of the old struct; -1: none
      bool same_type;  // so that only a null can be wrong
    };
    std::vector<Source> sources;  // by field of the new one
  };

  base::Status replace_in_map(data::Batch& batch, data::Record& record, const Value& value) {
    SLUICE_TRY(require_map(value, kPurpose));
    const auto items = value.items();
    SLUICE_TRY_ASSIGN(auto edit, MapEdit::empty(batch.arena().c(), items.size() / 2));
    bool renamed_any = false;  // until then keys are new
    for (std::size_t i = 0; i < items.size(); i += 2) {
      Value key = items[i];
      if (!key.is(Kind::kString)) {  // null, which no option can name
        SLUICE_TRY(require_text_key(key));
        if (options_.include.empty()) edit.append(key, items[i + 1]);
        continue;
      }
      if (!options_.keeps(key.text())) continue;
      if (const std::string* renamed = options_.renames.forward.find(key.text())) {
        key = Value::string(*renamed);
        renamed_any = true;
      }
      if (renamed_any)
        edit.put(key.text(), items[i + 1]);
      else
        edit.append(key, items[i + 1]);
    }
    return set_side(batch, record, side_, nullptr, edit.map());
  }

  base::Status replace_in_struct(const data::TransformContext& context, data::Batch& batch, data::Record& record,
                                 const Value& value) {
    SLUICE_TRY(require_struct(value, kPurpose));
    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&schema, [&] { return prepare(*context.schemas, schema); }));
    sluice_struct* fields = unset_struct(batch.arena().c(), plan->schema);
    if (fields == nullptr) return out_of_memory();
    const auto values = value.items();
    const auto targets = plan->schema->fields();
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto [source, same_type] = plan->sources[i];
      if (same_type) [[likely]] {
        SLUICE_TRY(
            put_copied(targets[i], values[static_cast<std::size_t>(source)], options_.use_default, fields->fields[i]));
        continue;
      }
      if (source < 0)
        return base::data_error("{} is not a valid field name", mapped(options_.renames.backward, targets[i].name()));
      const Value field = field_value(value, schema, static_cast<std::size_t>(source), options_.use_default);
      SLUICE_TRY(data::check_field(targets[i], field));
      fields->fields[i] = field;
    }
    return set_side(batch, record, side_, plan->schema, struct_value(fields));
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& schema) const {
    auto builder = struct_like(schema);
    for (const Field& field : schema.fields())
      if (options_.keeps(field.name())) builder.field(mapped(options_.renames.forward, field.name()), &field.schema());
    Plan plan;
    SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
    // Java finds the source by the new name alone, so it may be another field than the one that gave the type.
    for (const Field& field : plan.schema->fields()) {
      const int source = schema.field_index(mapped(options_.renames.backward, field.name()));
      const bool same_type =
          source >= 0 && &schema.fields()[static_cast<std::size_t>(source)].schema() == &field.schema();
      plan.sources.push_back({source, same_type});
    }
    return plan;
  }

  const Side side_;
  const Options options_;
  PerSchema<Plan> plans_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, replace_field_config().parse(config));
  const auto& exclude = parsed.list("exclude");
  const auto& include = parsed.list("include");
  SLUICE_TRY_ASSIGN(auto renames, parse_renames(parsed.list("renames")));
  return std::make_unique<ReplaceField>(
      side, Options{Names(exclude), Names(include), std::move(renames), parsed.boolean("replace.null.with.default")});
}

config::Validator rename_mappings() {
  return config::Validator(
      [](std::string_view, const config::Value& value) -> base::Status {
        const auto* mappings = std::get_if<config::List>(&value);
        if (mappings == nullptr)
          return base::fail(base::Code::kInvalidConfig, base::exceptions::kNullPointer, "renames");
        SLUICE_TRY(parse_renames(*mappings));
        return {};
      },
      "list of colon-delimited pairs, e.g. <code>foo:bar,abc:xyz</code>");
}

}  // namespace

config::ConfigDef replace_field_config() {
  return config::ConfigDef(
      {config::optional_key("exclude", config::Type::kList, config::List{}, config::Importance::kMedium,
                            "Fields to exclude. This takes precedence over the fields to include.")
           .checked_by(config::list_without_duplicates(true, false)),
       config::optional_key("include", config::Type::kList, config::List{}, config::Importance::kMedium,
                            "Fields to include. If specified, only these fields will be used.")
           .checked_by(config::list_without_duplicates(true, false)),
       config::optional_key("renames", config::Type::kList, config::List{}, config::Importance::kMedium,
                            "Field rename mappings.")
           .checked_by(rename_mappings()),
       replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_replace_field_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_replace_field_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
