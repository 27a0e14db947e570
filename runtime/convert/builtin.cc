#include "runtime/convert/builtin.h"

#include <algorithm>

#include "runtime/config/validator.h"
#include "runtime/convert/json_converter.h"
#include "runtime/convert/primitive_converters.h"
#include "runtime/convert/simple_header_converter.h"
#include "runtime/convert/string_converter.h"

namespace sluice::convert {
namespace {

using base::Result;
using config::ComponentKind;
using config::ConfigDef;
using config::ConfigMap;
using config::ParsedConfig;

constexpr const char* kTypeKey = "converter.type";
enum class Role { kKey, kValue, kHeader };

// What every converter but SimpleHeaderConverter has.
ConfigDef common_config() {
  return ConfigDef({config::required_key(kTypeKey, config::Type::kString, config::Importance::kLow,
                                         "How this converter will be used.")
                        .checked_by(config::one_of({"key", "value", "header"}))});
}

Result<ParsedConfig> parse(const ConfigDef& definition, const ConfigMap& given, Role role) {
  ConfigMap config = given;
  config.set(kTypeKey, role == Role::kKey ? "key" : role == Role::kValue ? "value" : "header");
  return definition.parse(config);
}

// One converter: its definition, and how an instance is made from a parsed configuration.
struct Json {
  static ConfigDef config() {
    ConfigDef definition = common_config();
    const ConfigDef own = JsonConverter::config_def();
    for (const config::ConfigKey& key : own.keys()) definition.define(key);
    return definition;
  }
  static Result<std::unique_ptr<TwoWayConverter>> make(const ParsedConfig& config) {
    return JsonConverter::create(config);
  }
};

struct String {
  static constexpr const char* kEncodingKey = "converter.encoding";
  static ConfigDef config() {
    ConfigDef definition = common_config();
    config::ConfigKey encoding =
        config::optional_key(kEncodingKey, config::Type::kString, "UTF-8", config::Importance::kHigh,
                             "The name of the Java character set to use for encoding strings as byte arrays.");
    encoding.width = config::Width::kMedium;
    encoding.display_name = "Encoding";
    definition.define(std::move(encoding));
    return definition;
  }
  static Result<std::unique_ptr<TwoWayConverter>> make(const ParsedConfig& config) {
    const std::string name = config.string_or_null(kEncodingKey).value_or("UTF-8");
    auto charset = Charset::find(name);
    if (!charset) {
      return base::fail(
          base::Error(base::Code::kInvalidConfig, base::exceptions::kSerialization, "Unsupported encoding " + name)
              .with_cause(std::move(charset).error()));
    }
    return std::make_unique<StringConverter>(std::move(*charset));
  }
};

template <typename Converter, Kind... kKind>
struct Plain {
  static ConfigDef config() { return common_config(); }
  static Result<std::unique_ptr<TwoWayConverter>> make(const ParsedConfig& /*config*/) {
    return std::make_unique<Converter>(kKind...);
  }
};

template <typename Maker>
Result<std::unique_ptr<TwoWayConverter>> create_any(const ConfigMap& config, Role role) {
  static const ConfigDef definition = Maker::config();
  SLUICE_TRY_ASSIGN(const ParsedConfig parsed, parse(definition, config, role));
  return Maker::make(parsed);
}

template <typename Maker>
BuiltinConverter describe(std::string class_name) {
  const std::string simple_name = class_name.substr(class_name.rfind('.') + 1);
  const std::string short_name = simple_name.substr(0, simple_name.size() - std::string_view("Converter").size());
  BuiltinConverter entry;
  entry.class_name = std::move(class_name);
  entry.aliases = {simple_name, short_name};
  entry.kinds = {ComponentKind::kConverter, ComponentKind::kHeaderConverter};
  entry.config_def = &Maker::config;
  entry.create = [](const ConfigMap& config, bool is_key) -> Result<std::unique_ptr<data::Converter>> {
    return create_any<Maker>(config, is_key ? Role::kKey : Role::kValue);
  };
  entry.create_header = [](const ConfigMap& config) -> Result<std::unique_ptr<data::HeaderConverter>> {
    return create_any<Maker>(config, Role::kHeader);
  };
  return entry;
}

BuiltinConverter describe_simple_header() {
  BuiltinConverter entry;
  entry.class_name = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
  entry.aliases = {"SimpleHeaderConverter", "Simple"};
  entry.kinds = {ComponentKind::kHeaderConverter};
  entry.config_def = [] { return ConfigDef(); };
  entry.create_header = [](const ConfigMap&) -> Result<std::unique_ptr<data::HeaderConverter>> {
    return std::make_unique<SimpleHeaderConverter>();
  };
  return entry;
}

}  // namespace

const std::vector<BuiltinConverter>& builtin_converters() {
  static const std::vector<BuiltinConverter> kConverters = {
      describe<Plain<BooleanConverter>>("org.apache.kafka.connect.converters.BooleanConverter"),
      describe<Plain<ByteArrayConverter>>("org.apache.kafka.connect.converters.ByteArrayConverter"),
      describe<Plain<NumberConverter, Kind::kFloat64>>("org.apache.kafka.connect.converters.DoubleConverter"),
      describe<Plain<NumberConverter, Kind::kFloat32>>("org.apache.kafka.connect.converters.FloatConverter"),
      describe<Plain<NumberConverter, Kind::kInt32>>("org.apache.kafka.connect.converters.IntegerConverter"),
      describe<Plain<NumberConverter, Kind::kInt64>>("org.apache.kafka.connect.converters.LongConverter"),
      describe<Plain<NumberConverter, Kind::kInt16>>("org.apache.kafka.connect.converters.ShortConverter"),
      describe<Json>("org.apache.kafka.connect.json.JsonConverter"),
      describe_simple_header(),
      describe<String>("org.apache.kafka.connect.storage.StringConverter"),
  };
  return kConverters;
}

const BuiltinConverter* find_builtin_converter(std::string_view name_or_alias) {
  for (const BuiltinConverter& converter : builtin_converters()) {
    if (converter.class_name == name_or_alias) return &converter;
    if (std::find(converter.aliases.begin(), converter.aliases.end(), name_or_alias) != converter.aliases.end())
      return &converter;
  }
  return nullptr;
}

}  // namespace sluice::convert
