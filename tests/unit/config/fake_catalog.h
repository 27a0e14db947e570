#pragma once
// A catalog with the components that come with Kafka Connect, for tests that need no plugins.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/config/component_catalog.h"

namespace sluice::config {

class FakeCatalog final : public ComponentCatalog {
 public:
  FakeCatalog() {
    for (const char* name : {"BooleanConverter", "ByteArrayConverter", "DoubleConverter", "FloatConverter",
                             "IntegerConverter", "LongConverter", "ShortConverter"})
      add(std::string("org.apache.kafka.connect.converters.") + name,
          {ComponentKind::kConverter, ComponentKind::kHeaderConverter});
    add("org.apache.kafka.connect.json.JsonConverter", {ComponentKind::kConverter, ComponentKind::kHeaderConverter});
    add("org.apache.kafka.connect.storage.SimpleHeaderConverter", {ComponentKind::kHeaderConverter});
    add("org.apache.kafka.connect.storage.StringConverter",
        {ComponentKind::kConverter, ComponentKind::kHeaderConverter});
    add("org.apache.kafka.connect.file.FileStreamSourceConnector", {ComponentKind::kSource});
    add("org.apache.kafka.connect.file.FileStreamSinkConnector", {ComponentKind::kSink});
    for (const char* name : {"Cast$Key",
                             "Cast$Value",
                             "DropHeaders",
                             "ExtractField$Key",
                             "ExtractField$Value",
                             "Filter",
                             "Flatten$Key",
                             "Flatten$Value",
                             "HeaderFrom$Key",
                             "HeaderFrom$Value",
                             "HoistField$Key",
                             "HoistField$Value",
                             "InsertField$Key",
                             "InsertField$Value",
                             "InsertHeader",
                             "MaskField$Key",
                             "MaskField$Value",
                             "RegexRouter",
                             "ReplaceField$Key",
                             "ReplaceField$Value",
                             "SetSchemaMetadata$Key",
                             "SetSchemaMetadata$Value",
                             "TimestampConverter$Key",
                             "TimestampConverter$Value",
                             "TimestampRouter",
                             "ValueToKey"})
      add(std::string("org.apache.kafka.connect.transforms.") + name, {ComponentKind::kTransformation});
    for (const char* name : {"HasHeaderKey", "RecordIsTombstone", "TopicNameMatches"})
      add(std::string("org.apache.kafka.connect.transforms.predicates.") + name, {ComponentKind::kPredicate});
    define_keys();
  }

  void add(std::string name, std::set<ComponentKind> kinds) { kinds_[std::move(name)] = std::move(kinds); }
  void define(const std::string& name, ConfigDef def) {
    defs_[name] = std::make_shared<const ConfigDef>(std::move(def));
  }
  void refuse_config(const std::string& name, std::string message) { refused_[name] = std::move(message); }

  std::optional<std::string> resolve(std::string_view text) const override {
    for (const auto& [name, kinds] : kinds_)
      if (name == text ||
          (name.size() > text.size() && name.ends_with(text) && name[name.size() - text.size() - 1] == '.'))
        return name;
    return std::nullopt;
  }
  bool is_a(std::string_view name, ComponentKind kind) const override {
    const auto place = kinds_.find(std::string(name));
    return place != kinds_.end() && place->second.contains(kind);
  }
  std::vector<std::string> list(ComponentKind kind) const override {
    std::vector<std::string> result;
    for (const auto& [name, kinds] : kinds_)
      if (kinds.contains(kind)) result.push_back(name);
    return result;
  }
  std::vector<std::string> versions(std::string_view name) const override {
    return kinds_.contains(std::string(name)) ? std::vector<std::string>{"4.3.1"} : std::vector<std::string>{};
  }
  base::Result<std::shared_ptr<const ConfigDef>> config_def(std::string_view name, ComponentKind) const override {
    if (const auto place = refused_.find(std::string(name)); place != refused_.end())
      return base::connect_error("{}", place->second);
    const auto place = defs_.find(std::string(name));
    return place == defs_.end() ? std::make_shared<const ConfigDef>() : place->second;
  }

 private:
  // The definitions that the recorded answers show.
  void define_keys() {
    const std::string transforms = "org.apache.kafka.connect.transforms.";
    const auto with_null_key = [](ConfigDef def) {
      return def.define(optional_key(
          "replace.null.with.default", Type::kBoolean, Value(true), Importance::kMedium,
          "Whether to replace fields that have a default value and that are null to the default value. When "
          "set to true, the default value is used, otherwise null is used."));
    };
    define("org.apache.kafka.connect.file.FileStreamSourceConnector",
           ConfigDef(
               {optional_key("file", Type::kString, Value(Null{}), Importance::kHigh,
                             "Source filename. If not specified, the standard input will be used"),
                required_key("topic", Type::kString, Importance::kHigh, "The topic to publish data to")
                    .checked_by(non_empty_string()),
                optional_key(
                    "batch.size", Type::kInt, 2000, Importance::kLow,
                    "The maximum number of records the source task can read from the file each time it is polled")}));
    define("org.apache.kafka.connect.file.FileStreamSinkConnector",
           ConfigDef({optional_key("file", Type::kString, Value(Null{}), Importance::kHigh,
                                   "Destination filename. If not specified, the standard output will be used")}));
    define(
        "org.apache.kafka.connect.json.JsonConverter",
        ConfigDef({required_key("converter.type", Type::kString, Importance::kLow, "How this converter will be used.")
                       .checked_by(one_of({"key", "value", "header"})),
                   optional_key("schemas.enable", Type::kBoolean, Value(true), Importance::kHigh, "")
                       .in_group("Schemas", 0, Width::kMedium, ""),
                   optional_key("schemas.cache.size", Type::kInt, 1000, Importance::kHigh, "")
                       .in_group("Schemas", 1, Width::kMedium, ""),
                   optional_key("schema.content", Type::kString, Value(Null{}), Importance::kHigh, "")
                       .in_group("Schemas", 2, Width::kMedium, ""),
                   optional_key("decimal.format", Type::kString, "BASE64", Importance::kLow, "")
                       .in_group("Serialization", 0, Width::kMedium, ""),
                   optional_key("replace.null.with.default", Type::kBoolean, Value(true), Importance::kLow, "")
                       .in_group("Serialization", 1, Width::kMedium, "")}));
    define(transforms + "HoistField$Value",
           ConfigDef(
               {required_key("field", Type::kString, Importance::kMedium,
                             "Field name for the single field that will be created in the resulting Struct or Map.")}));
    define(transforms + "RegexRouter",
           ConfigDef({required_key("regex", Type::kString, Importance::kHigh, "Regular expression to use for matching.")
                          .checked_by(regex()),
                      required_key("replacement", Type::kString, Importance::kHigh, "Replacement string.")}));
    define(transforms + "Cast$Value",
           with_null_key(ConfigDef(
               {required_key(
                    "spec", Type::kList, Importance::kHigh,
                    "List of fields and the type to cast them to of the form field1:type,field2:type to cast fields of "
                    "Maps or Structs. A single type to cast the entire value. Valid types are int8, int16, int32, "
                    "int64, float32, float64, boolean, and string. Note that binary fields can only be cast to string.")
                    .checked_by(Validator(
                        [](std::string_view name, const Value& value) {
                          return base::Status(base::fail(invalid_value(name, value, "Invalid")));
                        },
                        ""))})));
    define(transforms + "MaskField$Value",
           with_null_key(ConfigDef({required_key("fields", Type::kList, Importance::kHigh, "Names of fields to mask.")
                                        .checked_by(list_without_duplicates(false, false))})));
    define(transforms + "TimestampConverter$Value",
           with_null_key(
               ConfigDef({required_key("target.type", Type::kString, Importance::kHigh,
                                       "The desired timestamp representation: string, unix, Date, Time, or Timestamp")
                              .checked_by(one_of({"string", "unix", "Date", "Time", "Timestamp"}))})));
    define(transforms + "predicates.TopicNameMatches",
           ConfigDef({required_key("pattern", Type::kString, Importance::kMedium,
                                   "A Java regular expression for matching against the name of a record's topic.")
                          .checked_by(all_of({regex()}))}));
    define(transforms + "predicates.HasHeaderKey",
           ConfigDef({required_key("name", Type::kString, Importance::kMedium, "The header name.")
                          .checked_by(non_empty_string())}));
  }

  std::map<std::string, std::set<ComponentKind>> kinds_;
  std::map<std::string, std::shared_ptr<const ConfigDef>> defs_;
  std::map<std::string, std::string> refused_;
};

}  // namespace sluice::config
