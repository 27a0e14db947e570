#include "smt/debezium_field_reference.h"

#include <algorithm>
#include <utility>

#include "runtime/base/strings.h"
#include "smt/debezium_fields.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr const char* kArrayIndex = "java.lang.ArrayIndexOutOfBoundsException";

tl::unexpected<base::Error> index_error(int index) {
  return base::fail(base::Code::kInvalidConfig, kArrayIndex, "Index {} out of bounds for length 0", index);
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Where a field is looked for that was named without its struct.
std::optional<std::string> default_parent(std::string_view field) {
  if (one_of(field, {"id", "data_collection_order", "total_order"})) return "transaction";
  if (one_of(field, {"op", "ts_ms", "ts_us", "ts_ns"})) return std::nullopt;
  if (field == "updateDescription") return "updateDescription";
  return "source";
}

base::Result<std::optional<FoundReference>> find(const FieldReference& reference, const Schema& envelope,
                                                 data::SchemaPool& pool) {
  FoundReference found{reference.new_name};
  found.envelope = &envelope;
  const Schema* holder = &envelope;
  if (reference.parent) {
    found.parent = envelope.field_index(*reference.parent);
    if (found.parent < 0)
      return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer,
                        "The event has no field {} to take {} from", *reference.parent, reference.field);
    holder = &envelope.fields()[static_cast<std::size_t>(found.parent)].schema();
    found.parent_schema = holder;
  }
  SLUICE_TRY_ASSIGN(int position, look_up_field(*holder, reference.field));
  if (position < 0) {
    found.parent_schema = nullptr;
    holder = &envelope;
    position = envelope.field_index(reference.field);
    if (position < 0) return std::nullopt;
  }
  found.field = static_cast<std::size_t>(position);
  SLUICE_TRY_ASSIGN(found.schema, basics_like(holder->fields()[found.field].schema()).optional().build(pool));
  return found;
}

}  // namespace

base::Result<FieldReference> FieldReference::parse(std::string_view prefix, std::string_view text) {
  const auto parts = base::java_split(text, ':');
  if (parts.empty()) return index_error(0);
  const auto names = base::java_split(parts[0], '.');
  if (names.empty()) return index_error(1);
  if (parts.size() > 2)
    return base::fail(base::Code::kInvalidConfig, base::exceptions::kIllegalArgument, "Unexpected field name: {}",
                      text);
  FieldReference reference;
  reference.field = names.size() == 1 ? names[0] : names[1];
  reference.parent = names.size() == 1 ? default_parent(names[0]) : std::string(names[0]);
  reference.new_name = prefix;
  if (parts.size() == 2) {
    reference.new_name += parts[1];
  } else {
    if (names.size() > 1) reference.new_name.append(names[0]).append("_");
    reference.new_name += reference.field;
  }
  return reference;
}

base::Result<std::vector<FieldReference>> FieldReference::parse_list(std::string_view prefix, std::string_view text) {
  std::vector<FieldReference> references;
  if (text.empty()) return references;
  for (const auto item : base::java_split(text, ',')) {
    SLUICE_TRY_ASSIGN(auto reference, parse(prefix, base::java_trim(item)));
    references.push_back(std::move(reference));
  }
  return references;
}

base::Result<Value> FoundReference::value_in(const Value& event) const {
  if (parent < 0) return field_at(event, *envelope, field);
  const Value holder = field_at(event, *envelope, static_cast<std::size_t>(parent));
  if (holder.is_null()) return Value();
  if (parent_schema == nullptr) return field_at(event, *envelope, field);
  if (!holder.is(Kind::kStruct))
    return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "The parent of {} is no struct", new_name);
  return field_at(holder, *parent_schema, field);
}

base::Result<std::vector<FoundReference>> find_references(const std::vector<FieldReference>& references,
                                                          const Schema& envelope, data::SchemaPool& pool) {
  std::vector<FoundReference> all;
  for (const auto& reference : references) {
    SLUICE_TRY_ASSIGN(auto found, find(reference, envelope, pool));
    if (found) all.push_back(*found);
  }
  return all;
}

}  // namespace sluice::smt
