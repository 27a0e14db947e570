#include "smt/field_path.h"

#include <utility>

#include "runtime/base/strings.h"
#include "runtime/data/utf16.h"
#include "smt/map_edit.h"
#include "smt/shapes.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kVersionKey = "field.syntax.version";
constexpr std::string_view kPurpose = "nested field access";

// Reads a name in back-ticks, the first of which is at `open`, and moves `open` behind it and the dot that follows. The
// name ends at a back-tick before a dot or the end; others belong to it, and a backslash makes one before a dot belong
// to it too.
base::Result<std::string> quoted_name(std::string_view path, std::size_t& open) {
  std::string name;
  std::size_t start = open + 1;
  for (std::size_t at = path.find('`', start); at != std::string_view::npos; at = path.find('`', at + 1)) {
    const bool last = at + 1 == path.size();
    if (!last && path[at + 1] != '.') continue;
    const bool escaped = path[at - 1] == '\\';
    if (!escaped) {
      name += path.substr(start, at - start);
      open = last ? path.size() : at + 2;
      return name;
    }
    if (last) break;
    name.append(path.substr(start, at - 1 - start)).push_back('`');
    start = at + 1;
  }
  return base::config_error(
      "Incomplete backtick pair in path: [{}], consider adding a backslash before backtick at position {} to escape it",
      path, data::utf16_length(path.substr(0, open)));
}

base::Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> names;
  std::size_t at = 0;
  while (at < path.size()) {
    if (path[at] == '`') {
      SLUICE_TRY_ASSIGN(std::string name, quoted_name(path, at));
      names.push_back(std::move(name));
    } else {
      const std::size_t end = std::min(path.find('.', at), path.size());
      names.emplace_back(path.substr(at, end - at));
      at = end + 1;
    }
  }
  if (path.ends_with('.')) names.emplace_back();
  return names;
}

}  // namespace

config::ConfigKey field_syntax_version_key() {
  return config::optional_key(
             std::string(kVersionKey), config::Type::kString, "V1", config::Importance::kHigh,
             "Defines the version of the syntax to access fields. If set to `V1`, then the field "
             "paths are limited to access the elements at the root level of the struct or map. If set "
             "to `V2`, the syntax will support accessing nested elements. To access nested elements, "
             "dotted notation is used. If dots are already included in the field name, then backtick "
             "pairs can be used to wrap field names containing dots. E.g. to access the subfield `baz` "
             "from a field named \"foo.bar\" in a struct/map the following format can be used to "
             "access its elements: \"`foo.bar`.baz\".")
      .checked_by(config::one_of_ignoring_case({"V1", "V2"}));
}

FieldSyntax field_syntax(const config::ParsedConfig& config) {
  return base::equals_ignore_case_ascii(config.string(kVersionKey), "V2") ? FieldSyntax::kV2 : FieldSyntax::kV1;
}

base::Result<FieldPath> FieldPath::parse(std::string_view text, FieldSyntax syntax) {
  if (syntax == FieldSyntax::kV1) return FieldPath({std::string(text)});
  SLUICE_TRY_ASSIGN(auto names, split_path(text));
  return FieldPath(std::move(names));
}

// Java fails when it asks for the last name of an empty list.
base::Status FieldPath::check_not_empty() const {
  if (!names_.empty()) return {};
  return base::fail(base::Code::kBadRecord, base::exceptions::kIllegalArgument, "fromIndex(0) > toIndex(-1)");
}

base::Result<FieldPath::Place> FieldPath::find(const Schema& schema) const {
  SLUICE_TRY(check_not_empty());
  Place place;
  const Schema* current = &schema;
  for (const std::string& name : names_) {
    if (current->type() != Kind::kStruct) return base::data_error("Cannot look up fields on non-struct type");
    const int position = current->field_index(name);
    if (position < 0) return Place();
    place.steps.push_back({current, static_cast<std::uint32_t>(position)});
    place.field = &current->fields()[static_cast<std::size_t>(position)];
    current = &place.field->schema();
  }
  return place;
}

base::Result<Value> FieldPath::value_in(const Value& record, const Place& place, bool use_default) {
  Value current = record;
  for (std::size_t i = 0; i < place.steps.size(); ++i) {
    if (current.is_null()) return current;
    SLUICE_TRY(require_struct(current, kPurpose));
    const auto& [expected, planned] = place.steps[i];
    const Schema& schema = current.struct_schema();
    std::size_t position = planned;
    if (&schema != expected) [[unlikely]] {  // a struct of another schema than the one that stands here
      const int found = schema.field_index(expected->fields()[planned].name());
      if (found < 0) return Value();
      position = static_cast<std::size_t>(found);
    }
    current = field_value(current, schema, position, use_default || i + 1 < place.steps.size());
  }
  return current;
}

base::Result<const Value*> FieldPath::value_in_map(const Value& map) const {
  SLUICE_TRY(check_not_empty());
  const Value* current = &map;
  for (const std::string& name : names_) {
    if (current->is_null()) break;
    SLUICE_TRY(require_map(*current, kPurpose));
    current = &map_value(*current, name);
  }
  return current;
}

}  // namespace sluice::smt
