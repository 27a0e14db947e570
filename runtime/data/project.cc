#include "runtime/data/project.h"

#include <unordered_map>

#include "runtime/data/check_value.h"
#include "runtime/data/number_value.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"
#include "runtime/data/value_text.h"

namespace sluice::data {
namespace {

using base::Code;
using base::fail;
using base::Result;

template <typename... Args>
tl::unexpected<base::Error> projector_error(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Code::kBadRecord, base::exceptions::kSchemaProjector, format, std::forward<Args>(args)...);
}
tl::unexpected<base::Error> no_memory() {
  return fail(Code::kNoMemory, base::exceptions::kConnect, "The batch's memory limit is reached");
}
tl::unexpected<base::Error> wrong_class(const Value& value, std::string_view target) {
  return fail(Code::kBadRecord, base::exceptions::kClassCast, "class {} cannot be cast to class {}",
              java_class_name(value), target);
}

bool promotable(Kind source, Kind target) {
  return source >= Kind::kInt8 && source <= target && target <= Kind::kFloat64;
}

bool same_parameters(const Schema& a, const Schema& b) {
  if (a.has_parameters() != b.has_parameters() || a.parameter_count != b.parameter_count) return false;
  for (const sluice_kv& entry : a.parameters()) {
    const std::string_view other = b.parameter(view(entry.key));
    if (other.data() == nullptr || other != view(entry.value)) return false;
  }
  return true;
}

std::string_view name_text(const Schema& schema) {
  return schema.has_name() ? schema.name() : "null";
}

base::Status check_compatible(const Schema& source, const Schema& target) {
  if (source.type() != target.type() && !promotable(source.type(), target.type()))
    return projector_error("Schema type mismatch. source type: {} and target type: {}", type_name(source.type()),
                           type_name(target.type()));
  if (source.has_name() != target.has_name() || source.name() != target.name())
    return projector_error("Schema name mismatch. source name: {} and target name: {}", name_text(source),
                           name_text(target));
  if (!same_parameters(source, target))
    return projector_error("Schema parameters not equal. source parameters: {} and target parameters: {}",
                           parameters_text(source), parameters_text(target));
  return {};
}

Result<Value> project_struct(const ConvertContext& context, const Schema& source, const Value& value,
                             const Schema& target) {
  if (!value.is(Kind::kStruct)) return wrong_class(value, "org.apache.kafka.connect.data.Struct");
  sluice_struct* result = arena_struct(context.arena, &target);
  if (result == nullptr) return no_memory();
  for (std::uint32_t i = 0; i < target.field_count; ++i) {
    const Field& field = target.fields()[i];
    const int source_index = source.field_index(field.name());
    Value projected;
    if (source_index >= 0) {
      const int index = value.struct_schema().field_index(field.name());
      if (index < 0) return base::data_error("{} is not a valid field name", field.name());
      const Field& held = value.struct_schema().fields()[static_cast<std::size_t>(index)];
      Value item = value.items()[static_cast<std::size_t>(index)];
      if (item.is_null()) item = held.schema().default_value();
      auto outcome =
          project(context, source.fields()[static_cast<std::size_t>(source_index)].schema(), item, field.schema());
      if (!outcome) {
        if (std::string_view(outcome.error().exception()) != base::exceptions::kSchemaProjector) return outcome;
        return fail(base::Error(Code::kBadRecord, base::exceptions::kSchemaProjector,
                                fmt::format("Error projecting {}", field.name()))
                        .with_cause(std::move(outcome).error()));
      }
      projected = *outcome;
    } else if (field.schema().optional()) {
      continue;
    } else if (field.schema().has_default()) {
      projected = field.schema().default_value();
    } else {
      return projector_error("Required field `{}` is missing from source schema: {}", field.name(),
                             schema_text(source));
    }
    SLUICE_TRY(check_field(field, projected));
    result->fields[i] = projected;
  }
  return Value::record(result, target.field_count);
}

Result<Value> project_child(const ConvertContext& context, const Schema* source, const Value& value,
                            const Schema* target) {
  if (source == nullptr || target == nullptr)
    return fail(Code::kBadRecord, base::exceptions::kNullPointer, "The schema of an element is not known");
  return project(context, *source, value, *target);
}

Result<Value> project_array(const ConvertContext& context, const Schema& source, const Value& value,
                            const Schema& target) {
  if (!value.is(Kind::kArray)) return wrong_class(value, "java.util.List");
  auto* items = arena_array<sluice_value>(context.arena, value.size);
  if (items == nullptr) return no_memory();
  std::size_t count = 0;
  for (const Value& item : value.items()) {
    SLUICE_TRY_ASSIGN(items[count++], project_child(context, source.value_schema(), item, target.value_schema()));
  }
  return Value::array(items, count);
}

Result<Value> project_map(const ConvertContext& context, const Schema& source, const Value& value,
                          const Schema& target) {
  if (!value.is(Kind::kMap)) return wrong_class(value, "java.util.Map");
  auto* items = arena_array<sluice_value>(context.arena, std::size_t{value.size} * 2);
  if (items == nullptr) return no_memory();
  std::size_t count = 0;
  std::unordered_multimap<std::uint64_t, std::size_t> index;  // widened keys may meet
  for (std::size_t i = 0; i < value.items().size(); i += 2) {
    SLUICE_TRY_ASSIGN(const Value key,
                      project_child(context, source.key_schema(), value.items()[i], target.key_schema()));
    SLUICE_TRY_ASSIGN(const Value item,
                      project_child(context, source.value_schema(), value.items()[i + 1], target.value_schema()));
    std::size_t at = count;
    auto [begin, end] = index.equal_range(hash_value(key));
    for (auto it = begin; it != end; ++it)
      if (values_equal(items[it->second], key)) at = it->second;
    if (at == count) {
      index.emplace(hash_value(key), at);
      items[at] = key;
      count += 2;
    }
    items[at + 1] = item;
  }
  return Value::map(items, count / 2);
}

}  // namespace

Result<Value> project(const ConvertContext& context, const Schema& source, const Value& value, const Schema& target) {
  SLUICE_TRY(check_compatible(source, target));
  if (source.optional() && !target.optional()) {
    if (!target.has_default())
      return projector_error("Writer schema is optional, however, target schema does not provide a default value.");
    if (value.is_null()) return target.default_value();
  }
  if (value.is_null()) return value;
  switch (target.type()) {
    case Kind::kStruct:
      return project_struct(context, source, value, target);
    case Kind::kArray:
      return project_array(context, source, value, target);
    case Kind::kMap:
      return project_map(context, source, value, target);
    default:
      break;
  }
  const bool number =
      value.is_integer() || value.is(Kind::kFloat32) || value.is(Kind::kFloat64) || value.is(Kind::kDecimal);
  return promotable(source.type(), target.type()) && number ? convert_number(value, target.type()) : value;
}

}  // namespace sluice::data
