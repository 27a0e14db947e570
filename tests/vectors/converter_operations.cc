// The converters' operations: to and from bytes, for keys, values and headers, and what configuration they take.

#include "runtime/base/strings.h"
#include "runtime/data/schema.h"
#include "tests/vectors/product.h"
#include "tests/vectors/runner.h"

namespace sluice::vectors {
namespace {

using base::Result;
using config::ComponentKind;

std::string built_class(const Json& test_case, ComponentKind kind) {
  auto name = test_case.at("class").get<std::string>();
  if (!product().is_a(name, kind)) throw NotBuilt(name + " is not built");
  return name;
}

Result<std::unique_ptr<data::Converter>> make_converter(const Json& test_case, plugin::HostServices& services) {
  return product().make_converter(built_class(test_case, ComponentKind::kConverter), read_config(test_case),
                                  test_case.value("is_key", false), services);
}

Result<std::unique_ptr<data::HeaderConverter>> make_header_converter(const Json& test_case,
                                                                     plugin::HostServices& services) {
  return product().make_header_converter(built_class(test_case, ComponentKind::kHeaderConverter),
                                         read_config(test_case), services);
}

// Bytes in hex, or null; kept alive by the caller. A text that holds an identity hash is compared without it.
Outcome bytes_outcome(std::string_view bytes, const Json& expected) {
  Json got{{"bytes", bytes.data() == nullptr ? Json() : Json(base::to_hex(bytes))}};
  bool equal = got.at("bytes") == expected.value("bytes", Json());
  if (!equal && bytes.data() != nullptr && expected.contains("text") && expected.at("text").is_string())
    equal = without_identities(bytes) == expected.at("text").get<std::string>() &&
            expected.at("text").get<std::string>().find("@<identity>") != std::string::npos;
  got["text"] = write_text(bytes);
  return {equal, got};
}

Outcome value_outcome(const data::SchemaAndValue& result, const Json& expected, Notation& notation) {
  const Json got{{"schema", notation.write_schema(result.schema)},
                 {"value", notation.write_value(result.value, result.schema)}};
  const Schema* schema = notation.read_schema(expected.value("schema", Json()));
  const bool equal = data::schemas_equal(schema, result.schema) &&
                     same_value(notation.read_value(expected.value("value", Json()), schema), result.value);
  return {equal, got};
}

std::optional<std::string> read_bytes(const Json& json) {
  if (json.is_null()) return std::nullopt;
  auto bytes = base::from_hex(json.get<std::string>());
  if (!bytes) throw NotationError("not hex: " + json.dump());
  return bytes;
}

std::string_view view_of(const std::optional<std::string>& bytes) {
  return bytes ? std::string_view(*bytes) : std::string_view();
}

std::string topic_of(const Json& test_case) {
  return read_text(test_case.value("topic", Json())).value_or("");
}

Result<Outcome> run_from_data(const Json& test_case, const Json& expected, Notation& notation) {
  const auto services = host_services(notation.schemas());
  SLUICE_TRY_ASSIGN(const auto converter, make_converter(test_case, *services));
  const Schema* schema = notation.read_schema(test_case.at("schema"));
  SLUICE_TRY_ASSIGN(const std::string_view bytes,
                    converter->from_connect(notation.context(), topic_of(test_case), schema,
                                            notation.read_value(test_case.at("value"), schema)));
  return bytes_outcome(bytes, expected);
}

Result<Outcome> run_to_data(const Json& test_case, const Json& expected, Notation& notation) {
  const auto services = host_services(notation.schemas());
  SLUICE_TRY_ASSIGN(const auto converter, make_converter(test_case, *services));
  const auto bytes = read_bytes(test_case.at("bytes"));
  SLUICE_TRY_ASSIGN(const auto result, converter->to_connect(notation.context(), topic_of(test_case), view_of(bytes)));
  return value_outcome(result, expected, notation);
}

Result<Outcome> run_from_header(const Json& test_case, const Json& expected, Notation& notation) {
  const auto services = host_services(notation.schemas());
  SLUICE_TRY_ASSIGN(const auto converter, make_header_converter(test_case, *services));
  const Schema* schema = notation.read_schema(test_case.at("schema"));
  SLUICE_TRY_ASSIGN(
      const std::string_view bytes,
      converter->from_connect(notation.context(), topic_of(test_case), require_text(test_case.at("header")), schema,
                              notation.read_value(test_case.at("value"), schema)));
  return bytes_outcome(bytes, expected);
}

Result<Outcome> run_to_header(const Json& test_case, const Json& expected, Notation& notation) {
  const auto services = host_services(notation.schemas());
  SLUICE_TRY_ASSIGN(const auto converter, make_header_converter(test_case, *services));
  const auto bytes = read_bytes(test_case.at("bytes"));
  SLUICE_TRY_ASSIGN(const auto result, converter->to_connect(notation.context(), topic_of(test_case),
                                                             require_text(test_case.at("header")), view_of(bytes)));
  return value_outcome(result, expected, notation);
}

Result<Outcome> run_configure(const Json& test_case, const Json&, Notation& notation) {
  const auto services = host_services(notation.schemas());
  const auto type = test_case.at("type").get<std::string>();
  const Outcome done{true, Json::object()};
  if (type == "converter") {
    SLUICE_TRY(make_converter(test_case, *services));
  } else if (type == "transform") {
    SLUICE_TRY(product().make_transform(built_class(test_case, ComponentKind::kTransformation), read_config(test_case),
                                        *services));
  } else if (type == "predicate") {
    SLUICE_TRY(
        product().make_predicate(built_class(test_case, ComponentKind::kPredicate), read_config(test_case), *services));
  } else {
    throw NotationError("unknown type of component: " + type);
  }
  return done;
}

}  // namespace

void add_converter_operations(Operations& operations) {
  operations["from_connect_data"] = run_from_data;
  operations["to_connect_data"] = run_to_data;
  operations["from_connect_header"] = run_from_header;
  operations["to_connect_header"] = run_to_header;
  operations["configure_ok"] = run_configure;
  operations["configure_error"] = run_configure;
}

}  // namespace sluice::vectors
