#include "smt/mapping_document.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "runtime/base/clock.h"
#include "runtime/base/strings.h"
#include "runtime/data/convert.h"
#include "runtime/data/value_text.h"
#include "smt/added_fields.h"
#include "smt/cast_value.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 6> kTransforms = {"identity",  "string", "lowercase",
                                                         "uppercase", "trim",   "date"};
constexpr std::array<std::string_view, 7> kMembers = {"source",  "target", "transform", "type",
                                                      "default", "format", "required"};

// Reads one document; knows what errors name.
class Reader {
 public:
  explicit Reader(std::string_view origin) : origin_(origin) {}

  base::Result<std::unique_ptr<MappingVersion>> read(std::string_view document,
                                                     const std::optional<std::string>& version) {
    if (document.size() > MappingVersion::kDocumentBytesMax)
      return wrong("the document is larger than {} MiB", MappingVersion::kDocumentBytesMax >> 20);
    const Json json = Json::parse(document, nullptr, false);
    if (json.is_discarded() || !json.is_object()) return wrong("the document is no JSON object");
    SLUICE_TRY_ASSIGN(const Json* chosen, choose(json, version));
    auto made = std::make_unique<MappingVersion>();
    if (const auto name = chosen->find("schema"); name != chosen->end()) {
      if (!name->is_string()) return wrong("\"schema\" must be a text, the name of the schema to write");
      made->schema_name = name->get<std::string>();
    }
    const auto fields = chosen->find("fields");
    if (fields == chosen->end() || !fields->is_array() || fields->empty())
      return wrong("\"fields\" must be a list of at least one field");
    if (fields->size() > MappingVersion::kFieldsMax) return wrong("more than {} fields", MappingVersion::kFieldsMax);
    for (std::size_t i = 0; i < fields->size(); ++i) {
      where_ = fmt::format("fields[{}]", i);
      SLUICE_TRY_ASSIGN(auto field, read_field((*fields)[i], *made));
      made->fields.push_back(std::move(field));
    }
    return made;
  }

 private:
  template <typename... Args>
  tl::unexpected<base::Error> wrong(fmt::format_string<Args...> format, Args&&... args) const {
    return base::config_error("Invalid {}: {}{}{}", origin_, where_, where_.empty() ? "" : ": ",
                              fmt::format(format, std::forward<Args>(args)...));
  }

  base::Result<const Json*> choose(const Json& json, const std::optional<std::string>& version) {
    const auto versions = json.find("versions");
    if (versions == json.end()) {
      if (version) return wrong("there are no \"versions\", but mapping.version asks for {}", *version);
      return &json;
    }
    if (!versions->is_object() || versions->empty()) return wrong("\"versions\" must be an object of mappings");
    std::vector<std::string> names;
    for (const auto& [name, mapping] : versions->items()) names.push_back(name);
    if (!version && names.size() > 1)
      return wrong("there are the versions {}; say which in mapping.version", base::join(names, ", "));
    const auto found = versions->find(version.value_or(names.front()));
    if (found == versions->end())
      return wrong("there is no version {}, only {}; see mapping.version", *version, base::join(names, ", "));
    if (!found->is_object()) return wrong("version {} is no object", version.value_or(names.front()));
    return &*found;
  }

  base::Result<std::optional<std::string>> text(const Json& json, const char* member) const {
    const auto found = json.find(member);
    if (found == json.end()) return std::nullopt;
    if (!found->is_string()) return wrong("\"{}\" must be a text", member);
    return found->get<std::string>();
  }

  base::Result<MappedField> read_field(const Json& json, MappingVersion& version) {
    if (!json.is_object()) return wrong("a field must be an object");
    for (const auto& [name, value] : json.items())
      if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end())
        return wrong("unknown member \"{}\"; there are {}", name, fmt::join(kMembers, ", "));
    SLUICE_TRY_ASSIGN(const auto source, text(json, "source"));
    SLUICE_TRY_ASSIGN(const auto target, text(json, "target"));
    if (!source || !target) return wrong("a field needs \"source\" and \"target\"");
    auto path = JsonPath::compile(*source);
    if (!path) return wrong("\"source\" {}: {}", *source, path.error().message());
    SLUICE_TRY_ASSIGN(auto names, split_target(*target));
    MappedField field(std::move(*path), std::move(names));
    SLUICE_TRY(read_conversion(json, field));
    if (const auto required = json.find("required"); required != json.end()) {
      if (!required->is_boolean()) return wrong("\"required\" must be true or false");
      field.required = required->get<bool>();
    }
    if (const auto given = json.find("default"); given != json.end() && !given->is_null()) {
      SLUICE_TRY_ASSIGN(field.default_value, read_default(*given, field, version.arena));
    }
    return field;
  }

  base::Result<std::vector<std::string>> split_target(std::string_view target) const {
    std::string_view rest = target;
    if (rest.starts_with("$.")) rest.remove_prefix(2);
    std::vector<std::string> names;
    for (const auto part : base::split(rest, '.')) names.emplace_back(part);
    const bool plain = std::none_of(names.begin(), names.end(), [](const std::string& name) {
      return name.empty() || name.find_first_of("[]*$") != std::string::npos;
    });
    if (!plain || names.size() > MappingVersion::kTargetDepthMax)
      return wrong("\"target\" {} must be names joined by dots, such as order.id", target);
    return names;
  }

  base::Status read_conversion(const Json& json, MappedField& field) {
    SLUICE_TRY_ASSIGN(const auto transform, text(json, "transform"));
    SLUICE_TRY_ASSIGN(const auto type, text(json, "type"));
    SLUICE_TRY_ASSIGN(const auto format, text(json, "format"));
    const auto found = std::find(kTransforms.begin(), kTransforms.end(), transform.value_or("identity"));
    if (found == kTransforms.end())
      return wrong("unknown \"transform\" {}; there are {}", *transform, fmt::join(kTransforms, ", "));
    field.transform = static_cast<MappingTransform>(found - kTransforms.begin());
    const bool date = field.transform == MappingTransform::kDate;
    if (format && !date) return wrong("\"format\" goes with the transform date only");
    if (date) SLUICE_TRY(read_format(format, field));
    if (field.transform != MappingTransform::kIdentity) field.type = date ? Kind::kInstant : Kind::kString;
    if (!type) return {};
    auto kind = parse_field_type("type", *type);
    if (!kind) return wrong("{}", kind.error().message());
    if (field.type && *field.type != *kind)
      return wrong("the transform {} gives {}, not {}: leave \"type\" out", *found, field_type_name(*field.type),
                   *type);
    if (!field.type && *kind == Kind::kInstant)
      return wrong("a timestamp comes from the transform date, with its \"format\"");
    field.type = *kind;
    return {};
  }

  base::Status read_format(const std::optional<std::string>& format, MappedField& field) const {
    std::optional<data::DateFormat> compiled;
    if (format) {
      auto made = data::DateFormat::compile(*format);
      if (!made) return wrong("\"format\" {}: {}", *format, made.error().message());
      compiled = std::move(*made);
    }
    field.forms =
        std::make_unique<TimestampForms>(TimestampForm::kTimestamp, UnixPrecision::kMilliseconds, std::move(compiled),
                                         format.value_or(""), base::system_clock().now_ms());
    return {};
  }

  base::Result<Value> read_default(const Json& json, const MappedField& field, data::Arena& arena) const {
    Value given;
    if (json.is_string())
      given = Value::string(arena.copy(json.get_ref<const std::string&>()));
    else if (json.is_boolean())
      given = Value::boolean(json.get<bool>());
    else if (json.is_number_integer())
      given = Value::int64(json.get<std::int64_t>());
    else if (json.is_number())
      given = Value::float64(json.get<double>());
    else
      return wrong("\"default\" must be a text, a number, true or false");
    std::string scratch;
    auto value = map_value_of(field, arena.c(), nullptr, given, scratch);
    if (!value) return wrong("\"default\" {}: {}", json.dump(), value.error().message());
    return value;
  }

  const std::string_view origin_;
  std::string where_;
};

base::Result<Value> text_of(sluice_arena* arena, const Schema* schema, const Value& value, std::string& scratch) {
  if (value.is(Kind::kString)) return value;
  if (value.kind() <= Kind::kBytes) return cast_value(arena, schema, value, Kind::kString, scratch);
  scratch.clear();
  data::append_values_text(value, false, scratch);
  const auto copy = arena_copy(arena, scratch);
  if (copy.data() == nullptr) return out_of_memory();
  return Value::string(copy);
}

// Java's casts cut numbers to the size; here a number that does not fit is an error. What stands after the point may
// go.
base::Result<Value> cast_in_range(sluice_arena* arena, const Schema* schema, const Value& value, Kind type,
                                  std::string& scratch) {
  SLUICE_TRY_ASSIGN(const Value cast, cast_value(arena, schema, value, type, scratch));
  const bool floating = value.is(Kind::kFloat32) || value.is(Kind::kFloat64);
  const double given = value.is(Kind::kFloat32) ? static_cast<double>(value.f32()) : floating ? value.f64() : 0;
  const bool fits = !cast.is_integer() || (floating             ? std::trunc(given) == static_cast<double>(cast.i64())
                                           : value.is_integer() ? value.i64() == cast.i64()
                                                                : true);
  if (fits) return cast;
  return base::data_error("'{}' is out of the range of {}", data::value_text(value), field_type_name(type));
}

}  // namespace

base::Result<std::unique_ptr<MappingVersion>> read_mapping(std::string_view document, std::string_view origin,
                                                           const std::optional<std::string>& version) {
  return Reader(origin).read(document, version);
}

base::Result<Value> map_value_of(const MappedField& field, sluice_arena* arena, const Schema* schema,
                                 const Value& value, std::string& scratch) {
  if (value.is_null()) return value;
  std::string_view changed;
  switch (field.transform) {
    case MappingTransform::kIdentity:
      return field.type ? cast_in_range(arena, schema, value, *field.type, scratch) : base::Result<Value>(value);
    case MappingTransform::kString:
      return text_of(arena, schema, value, scratch);
    case MappingTransform::kDate:
      return field.forms->convert(arena, value);
    case MappingTransform::kLowercase:
    case MappingTransform::kUppercase:
    case MappingTransform::kTrim:
      if (!value.is(Kind::kString))
        return base::data_error("'{}' is no text; use the transform string", data::value_text(value));
      if (field.transform == MappingTransform::kTrim) return Value::string(base::java_trim(value.text()));
      scratch = field.transform == MappingTransform::kLowercase ? base::to_lower_ascii(value.text())
                                                                : base::to_upper_ascii(value.text());
      changed = arena_copy(arena, scratch);
      break;
  }
  if (changed.data() == nullptr) return out_of_memory();
  return Value::string(changed);
}

}  // namespace sluice::smt
