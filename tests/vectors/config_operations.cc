// parse_type, validate and partition.

#include <array>
#include <bit>

#include "runtime/base/strings.h"
#include "runtime/config/connector_config.h"
#include "runtime/data/java_text.h"
#include "runtime/kafka/murmur2.h"
#include "tests/vectors/product.h"
#include "tests/vectors/runner.h"

namespace sluice::vectors {
namespace {

using base::Result;
using config::ComponentKind;

Json write_config_value(const config::Value& value) {
  const Notation notation;
  struct Visitor {
    const Notation& notation;
    Json operator()(config::Null) const { return nullptr; }
    Json operator()(bool v) const { return notation.write_value(Value::boolean(v), nullptr); }
    Json operator()(std::int16_t v) const { return notation.write_value(Value::int16(v), nullptr); }
    Json operator()(std::int32_t v) const { return notation.write_value(Value::int32(v), nullptr); }
    Json operator()(std::int64_t v) const { return notation.write_value(Value::int64(v), nullptr); }
    Json operator()(double v) const { return notation.write_value(Value::float64(v), nullptr); }
    Json operator()(const std::string& v) const { return {{"str", write_text(v)}}; }
    Json operator()(const config::ClassName& v) const { return {{"class", v.name}}; }
    Json operator()(const config::Password& v) const { return {{"password", write_text(v.reveal())}}; }
    Json operator()(const config::List& v) const {
      Json items = Json::array();
      for (const auto& item : v) items.push_back({{"str", write_text(item)}});
      return {{"array", items}};
    }
  };
  return std::visit(Visitor{notation}, value);
}

// A class that Connect brings along and that an answer names must be part of this build, or the answer cannot be right.
void require_classes(const Json& expected) {
  if (expected.is_object() && expected.contains("class") && expected.at("class").is_string()) {
    const auto name = expected.at("class").get<std::string>();
    if (name.starts_with("org.apache.kafka.connect.") && !product().resolver()(name))
      throw NotBuilt(name + " is not built");
  }
  if (expected.is_structured())
    for (const Json& part : expected) require_classes(part);
}

// Full names only: the recordings were made without the aliases that a worker adds.
std::optional<std::string> resolve_full_name(std::string_view name) {
  auto found = product().resolver()(name);
  return found == name ? found : std::nullopt;
}

Result<Outcome> run_parse_type(const Json& test_case, const Json& expected, Notation&) {
  require_classes(expected);
  const auto type = config::parse_type_name(test_case.at("type").get<std::string>());
  if (!type) throw NotationError("unknown configuration type");
  SLUICE_TRY_ASSIGN(const config::Value value,
                    config::parse_type("my.key", read_text(test_case.at("input")), *type, resolve_full_name));
  const auto text = config::to_text(value);
  Json got{{"value", write_config_value(value)}, {"text", text ? write_text(*text) : Json()}};
  return Outcome{got == expected, got};
}

config::ConfigDef definition(const std::string& name) {
  const plugin::Registry& catalog = product();
  if (name == "common") return config::common_config_def(catalog);
  if (name == "source") return config::source_config_def(catalog);
  if (name == "sink") return config::sink_config_def(catalog);
  for (const auto kind : {ComponentKind::kSource, ComponentKind::kSink, ComponentKind::kConverter,
                          ComponentKind::kHeaderConverter, ComponentKind::kTransformation, ComponentKind::kPredicate}) {
    if (!catalog.is_a(name, kind)) continue;
    auto def = catalog.config_def(name, kind);
    if (def) return **def;
  }
  throw NotBuilt(name + " is not built");
}

Result<Outcome> run_validate(const Json& test_case, const Json& expected, Notation&) {
  Json got = Json::array();
  for (const auto& value :
       definition(test_case.at("class").get<std::string>()).validate(read_config(test_case), product().resolver())) {
    Json entry{{"name", write_text(value.name)}, {"value", write_config_value(value.value)}};
    for (const auto& recommended : value.recommended) entry["recommended"].push_back(write_config_value(recommended));
    for (const auto& error : value.errors) entry["errors"].push_back(write_text(error));
    if (!value.visible) entry["visible"] = false;
    got.push_back(std::move(entry));
  }
  return Outcome{got == expected, got};
}

Result<Outcome> run_partition(const Json& test_case, const Json& expected, Notation&) {
  const auto key = base::from_hex(test_case.at("key").get<std::string>());
  if (!key) throw NotationError("the key is not hex");
  const Json got{{"murmur2", static_cast<std::int32_t>(kafka::murmur2(*key))},
                 {"partition", kafka::partition_for_key(*key, test_case.at("partitions").get<std::int32_t>())}};
  return Outcome{got == expected, got};
}

}  // namespace

void add_config_operations(Operations& operations) {
  operations["parse_type"] = run_parse_type;
  operations["validate"] = run_validate;
  operations["partition"] = run_partition;
}

}  // namespace sluice::vectors
