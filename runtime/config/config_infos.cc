#include "runtime/config/config_infos.h"

#include <algorithm>

#include "runtime/base/json_text.h"

namespace sluice::config {
namespace {

// Builds one JSON object, member by member.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  void text(std::string_view name, std::string_view value) {
    key(name);
    base::append_json_string(value, out_);
  }
  void text_or_null(std::string_view name, const std::optional<std::string>& value) {
    key(name);
    if (value) {
      base::append_json_string(*value, out_);
    } else {
      out_ += "null";
    }
  }
  void number(std::string_view name, int value) { raw(name, std::to_string(value)); }
  void flag(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ',';
      base::append_json_string(values[i], out_);
    }
    out_ += ']';
  }
  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }
  // Leaves the value to the caller.
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    base::append_json_string(name, out_);
    out_ += ':';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void write(const ConfigKeyInfo& info, std::string& out) {
  ObjectWriter object(out);
  object.text("name", info.name);
  object.text("type", info.type);
  object.flag("required", info.required);
  object.text_or_null("default_value", info.default_value);
  object.text("importance", info.importance);
  object.text("documentation", info.documentation);
  object.text_or_null("group", info.group);
  object.number("order_in_group", info.order_in_group);
  object.text("width", info.width);
  object.text("display_name", info.display_name);
  object.texts("dependents", info.dependents);
  object.end();
}

void write(const ConfigValueInfo& info, std::string& out) {
  ObjectWriter object(out);
  object.text("name", info.name);
  object.text_or_null("value", info.value);
  object.texts("recommended_values", info.recommended_values);
  object.texts("errors", info.errors);
  object.flag("visible", info.visible);
  object.end();
}

template <typename T>
void write_or_null(ObjectWriter& object, std::string_view name, const std::optional<T>& info, std::string& out) {
  object.key(name);
  if (info) {
    write(*info, out);
  } else {
    out += "null";
  }
}

}  // namespace

ConfigKeyInfo key_info(const ConfigKey& key) {
  ConfigKeyInfo info;
  info.name = key.name;
  info.type = type_name(key.type);
  info.required = key.required();
  if (key.default_value) info.default_value = to_text(*key.default_value);
  info.importance = importance_name(key.importance);
  info.documentation = key.documentation;
  info.group = key.group;
  info.order_in_group = key.order_in_group;
  info.width = width_name(key.width);
  info.display_name = key.display_name;
  info.dependents = key.dependents;
  return info;
}

ConfigValueInfo value_info(const ConfigValue& value) {
  ConfigValueInfo info;
  info.name = value.name;
  info.value = to_text(value.value);
  for (const auto& recommended : value.recommended)
    info.recommended_values.push_back(to_text(recommended).value_or("null"));
  info.errors = value.errors;
  info.visible = value.visible;
  return info;
}

ConfigInfos make_config_infos(std::string_view name, const ConfigDef& def, const std::vector<ConfigValue>& values) {
  ConfigInfos infos;
  infos.name = name;
  infos.groups = def.groups();
  std::unordered_map<std::string_view, const ConfigValue*> by_name;
  for (const auto& value : values) {
    by_name.insert_or_assign(value.name, &value);
    if (def.find(value.name) == nullptr) {
      infos.configs.push_back({std::nullopt, value_info(value)});
      infos.error_count += static_cast<int>(value.errors.size());
    }
  }
  for (const auto& key : def.keys()) {
    ConfigInfo info{key_info(key), std::nullopt};
    if (const auto place = by_name.find(key.name); place != by_name.end()) {
      info.value = value_info(*place->second);
      // A component's own check may have given a secret as plain text.
      if (key.type == Type::kPassword && info.value->value) info.value->value = std::string(kHidden);
      infos.error_count += static_cast<int>(place->second->errors.size());
    }
    infos.configs.push_back(std::move(info));
  }
  return infos;
}

std::string to_json(const ConfigInfos& infos) {
  std::string out;
  ObjectWriter object(out);
  object.text("name", infos.name);
  object.number("error_count", infos.error_count);
  object.texts("groups", infos.groups);
  object.key("configs");
  out += '[';
  for (std::size_t i = 0; i < infos.configs.size(); ++i) {
    if (i > 0) out += ',';
    ObjectWriter entry(out);
    write_or_null(entry, "definition", infos.configs[i].definition, out);
    write_or_null(entry, "value", infos.configs[i].value, out);
    entry.end();
  }
  out += ']';
  object.end();
  return out;
}

std::string to_json(const std::vector<ConfigKeyInfo>& keys) {
  std::string out = "[";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) out += ',';
    write(keys[i], out);
  }
  return out + "]";
}

}  // namespace sluice::config
