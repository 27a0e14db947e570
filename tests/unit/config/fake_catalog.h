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
    for (const char* name : {"Cast$Key", "Cast$Value", "Filter", "HoistField$Key", "HoistField$Value", "RegexRouter"})
      add(std::string("org.apache.kafka.connect.transforms.") + name, {ComponentKind::kTransformation});
    add("org.apache.kafka.connect.transforms.predicates.RecordIsTombstone", {ComponentKind::kPredicate});
    add("org.apache.kafka.connect.transforms.predicates.TopicNameMatches", {ComponentKind::kPredicate});
    define("org.apache.kafka.connect.transforms.HoistField$Value",
           ConfigDef({required_key("field", Type::kString, Importance::kMedium,
                                   "Field name for the single field that will be created.")}));
    define("org.apache.kafka.connect.transforms.RegexRouter",
           ConfigDef({required_key("regex", Type::kString, Importance::kHigh, "Regular expression to use for matching.")
                          .checked_by(regex()),
                      required_key("replacement", Type::kString, Importance::kHigh, "Replacement string.")}));
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
  std::map<std::string, std::set<ComponentKind>> kinds_;
  std::map<std::string, std::shared_ptr<const ConfigDef>> defs_;
  std::map<std::string, std::string> refused_;
};

}  // namespace sluice::config
