// describe(): from the C tables of a loaded library to a Manifest. The tables come from somebody else's code: whatever
// can be wrong with them is found here, in the probe's process, rather than later in the worker's.

#include <cstddef>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "runtime/plugin/manifest.h"

namespace sluice::plugin {
namespace {

using base::Code;

constexpr std::uint32_t kComponentsMax = 1000;
constexpr std::uint32_t kKeysMax = 2000;
constexpr std::uint32_t kListMax = 1000;
constexpr std::uint64_t kTextMax = 1 << 20;
constexpr std::uint32_t kExtensionsMax = 100;

template <typename... Args>
tl::unexpected<base::Error> bad(fmt::format_string<Args...> text, Args&&... args) {
  return base::fail(Code::kInvalidConfig, base::exceptions::kConnect, text, std::forward<Args>(args)...);
}

// Whether a struct is large enough to have a member, and the member's value if so (zero otherwise).
#define SLUICE_HAS(object, member) \
  ((object).struct_size >= offsetof(std::remove_cvref_t<decltype(object)>, member) + sizeof((object).member))
#define SLUICE_MEMBER(object, member) (SLUICE_HAS(object, member) ? (object).member : decltype((object).member){})

// UTF-8 as JSON takes it: a manifest must be able to say the same.
bool valid_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
    if (size == 0 || i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    if (size == 3 && lead == 0xE0 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
    if (size == 3 && lead == 0xED && static_cast<unsigned char>(text[i + 1]) > 0x9F) return false;
    if (size == 4 && lead == 0xF4 && static_cast<unsigned char>(text[i + 1]) > 0x8F) return false;
    if (size == 4 && lead == 0xF0 && static_cast<unsigned char>(text[i + 1]) < 0x90) return false;
    i += size;
  }
  return true;
}

base::Result<std::string> text(const sluice_str& str, std::string_view what) {
  if (str.size > kTextMax) return bad("{} is {} bytes long, more than the {} allowed", what, str.size, kTextMax);
  if (str.data == nullptr) return std::string();
  std::string copy(str.data, static_cast<std::size_t>(str.size));
  if (!valid_text(copy)) return bad("{} is not UTF-8", what);
  return copy;
}

base::Status texts(const sluice_str* items, std::uint32_t count, std::string_view what,
                   std::vector<std::string>& into) {
  if (count > kListMax) return bad("{} has {} items, more than the {} allowed", what, count, kListMax);
  if (count > 0 && items == nullptr) return bad("{} is null but counts {} items", what, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    SLUICE_TRY_ASSIGN(std::string item, text(items[i], what));
    into.push_back(std::move(item));
  }
  return {};
}

bool valid_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (name.empty() || name.size() > 250 || !letter(name[0])) return false;
  for (const char c : name)
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '$' && c != '-') return false;
  return true;
}

base::Result<KeyManifest> describe_key(const sluice_config_key& key, const std::string& where) {
  if (key.struct_size < offsetof(sluice_config_key, reserved))
    return bad("{}: a config key of {} bytes is too small", where, key.struct_size);
  KeyManifest made;
  SLUICE_TRY_ASSIGN(made.name, text(key.name, where + ": the name of a key"));
  if (made.name.empty()) return bad("{}: a key without a name", where);
  const std::string what = fmt::format("{}: key '{}'", where, made.name);
  if (key.type < SLUICE_TYPE_BOOLEAN || key.type > SLUICE_TYPE_PASSWORD)
    return bad("{} has the unknown type {}", what, key.type);
  if (key.importance < SLUICE_IMPORTANCE_HIGH || key.importance > SLUICE_IMPORTANCE_LOW)
    return bad("{} has the unknown importance {}", what, key.importance);
  if (key.width < SLUICE_WIDTH_NONE || key.width > SLUICE_WIDTH_LONG)
    return bad("{} has the unknown width {}", what, key.width);
  if (key.validator < SLUICE_VALIDATOR_NONE || key.validator > SLUICE_VALIDATOR_NON_EMPTY_LIST)
    return bad("{} has the unknown validator {}", what, key.validator);
  made.type = key.type;
  made.importance = key.importance;
  made.width = key.width;
  made.order_in_group = key.order_in_group;
  made.required = (key.flags & SLUICE_KEY_REQUIRED) != 0;
  made.internal = (key.flags & SLUICE_KEY_INTERNAL) != 0;
  SLUICE_TRY_ASSIGN(made.doc, text(key.doc, what + ": doc"));
  if (!made.required && key.default_value.data != nullptr) {
    SLUICE_TRY_ASSIGN(made.default_value, text(key.default_value, what + ": default"));
  }
  if (key.group.data != nullptr) {
    SLUICE_TRY_ASSIGN(made.group, text(key.group, what + ": group"));
  }
  SLUICE_TRY_ASSIGN(made.display_name, text(key.display_name, what + ": display name"));
  made.validator = key.validator;
  made.number_min = key.number_min;
  made.number_max = key.number_max;
  SLUICE_TRY(texts(key.items, key.item_count, what + ": items", made.items));
  SLUICE_TRY(texts(key.dependents, key.dependent_count, what + ": dependents", made.dependents));
  return made;
}

// The functions without which the worker cannot run a component of this kind.
base::Status check_task_table(std::int32_t kind, const void* table, const std::string& where) {
  if (table == nullptr) return bad("{}: the table of its task is null", where);
  if (kind == SLUICE_KIND_SOURCE) {
    const auto& task = *static_cast<const sluice_source_task_vtable*>(table);
    if (SLUICE_MEMBER(task, create) == nullptr || SLUICE_MEMBER(task, destroy) == nullptr ||
        SLUICE_MEMBER(task, poll) == nullptr)
      return bad("{}: the table of its task ({} bytes) lacks create, destroy or poll", where, task.struct_size);
  } else {
    const auto& task = *static_cast<const sluice_sink_task_vtable*>(table);
    if (SLUICE_MEMBER(task, create) == nullptr || SLUICE_MEMBER(task, destroy) == nullptr ||
        SLUICE_MEMBER(task, put) == nullptr)
      return bad("{}: the table of its task ({} bytes) lacks create, destroy or put", where, task.struct_size);
  }
  return {};
}

base::Status check_table(std::int32_t kind, const void* table, const std::string& where) {
  if (table == nullptr) return bad("{}: its table of functions is null", where);
  const auto lacks = [&](std::uint32_t size, std::string_view what) {
    return bad("{}: its table of functions ({} bytes) lacks {}", where, size, what);
  };
  switch (kind) {
    case SLUICE_KIND_SOURCE:
    case SLUICE_KIND_SINK: {
      const auto& connector = *static_cast<const sluice_connector_vtable*>(table);
      if (SLUICE_MEMBER(connector, create) == nullptr || SLUICE_MEMBER(connector, destroy) == nullptr ||
          SLUICE_MEMBER(connector, task_configs) == nullptr)
        return lacks(connector.struct_size, "create, destroy or task_configs");
      return check_task_table(kind, SLUICE_MEMBER(connector, task_vtable), where);
    }
    case SLUICE_KIND_TRANSFORM: {
      const auto& transform = *static_cast<const sluice_transform_vtable*>(table);
      if (SLUICE_MEMBER(transform, create) == nullptr || SLUICE_MEMBER(transform, destroy) == nullptr ||
          SLUICE_MEMBER(transform, apply) == nullptr)
        return lacks(transform.struct_size, "create, destroy or apply");
      return {};
    }
    case SLUICE_KIND_PREDICATE: {
      const auto& predicate = *static_cast<const sluice_predicate_vtable*>(table);
      if (SLUICE_MEMBER(predicate, create) == nullptr || SLUICE_MEMBER(predicate, destroy) == nullptr ||
          SLUICE_MEMBER(predicate, test) == nullptr)
        return lacks(predicate.struct_size, "create, destroy or test");
      return {};
    }
    case SLUICE_KIND_CONVERTER:
    case SLUICE_KIND_HEADER_CONVERTER: {
      const auto& converter = *static_cast<const sluice_converter_vtable*>(table);
      if (SLUICE_MEMBER(converter, create) == nullptr || SLUICE_MEMBER(converter, destroy) == nullptr ||
          SLUICE_MEMBER(converter, from_connect) == nullptr || SLUICE_MEMBER(converter, to_connect) == nullptr)
        return lacks(converter.struct_size, "create, destroy, from_connect or to_connect");
      return {};
    }
    default: {
      const auto& provider = *static_cast<const sluice_config_provider_vtable*>(table);
      if (SLUICE_MEMBER(provider, create) == nullptr || SLUICE_MEMBER(provider, destroy) == nullptr ||
          SLUICE_MEMBER(provider, get) == nullptr)
        return lacks(provider.struct_size, "create, destroy or get");
      return {};
    }
  }
}

base::Result<ComponentManifest> describe_component(const sluice_component* component, std::uint32_t index,
                                                   const std::string& plugin_version) {
  if (component == nullptr) return bad("component {} is null", index);
  if (component->struct_size < sizeof(sluice_component))
    return bad("component {} is a truncated struct: {} bytes instead of {}", index, component->struct_size,
               sizeof(sluice_component));
  ComponentManifest made;
  made.kind = component->kind;
  SLUICE_TRY_ASSIGN(made.name, text(component->name, fmt::format("the name of component {}", index)));
  if (kind_name(made.kind).empty())
    return bad("component {} ('{}') has the unknown kind {}", index, made.name, made.kind);
  if (!valid_name(made.name))
    return bad("component {} has the name '{}'; a name is a letter, then letters, digits and . _ $ -", index,
               made.name);
  SLUICE_TRY_ASSIGN(made.version, text(component->version, made.name + ": version"));
  if (component->version.data == nullptr) made.version = plugin_version;
  SLUICE_TRY_ASSIGN(made.summary, text(component->summary, made.name + ": summary"));
  SLUICE_TRY(texts(component->aliases, component->alias_count, made.name + ": aliases", made.aliases));
  for (const auto& alias : made.aliases)
    if (!valid_name(alias))
      return bad("{}: '{}' cannot be an alias; a name is a letter, then letters, digits and . _ $ -", made.name, alias);

  if (component->config_key_count > kKeysMax)
    return bad("{}: {} config keys are more than the {} allowed", made.name, component->config_key_count, kKeysMax);
  if (component->config_key_count > 0 &&
      (component->config_keys == nullptr || component->config_key_stride < offsetof(sluice_config_key, reserved)))
    return bad("{}: config_keys is null or its stride ({}) is too small", made.name, component->config_key_stride);
  const auto* keys = reinterpret_cast<const std::uint8_t*>(component->config_keys);
  for (std::uint32_t i = 0; i < component->config_key_count; ++i) {
    const auto* key = reinterpret_cast<const sluice_config_key*>(keys + std::size_t{i} * component->config_key_stride);
    SLUICE_TRY_ASSIGN(KeyManifest described, describe_key(*key, made.name));
    made.keys.push_back(std::move(described));
  }
  SLUICE_TRY(check_table(made.kind, component->vtable, made.name));
  SLUICE_TRY(make_config_def(made));
  return made;
}

}  // namespace

base::Result<Manifest> describe(const sluice_plugin* plugin) {
  if (plugin == nullptr) return bad("{}() returned null", SLUICE_ENTRY_SYMBOL);
  if (plugin->struct_size < offsetof(sluice_plugin, flags))
    return bad("the plugin's description is a truncated struct of {} bytes", plugin->struct_size);
  Manifest made;
  made.abi_major = plugin->abi_major;
  made.abi_minor = plugin->abi_minor;
  // Another major may lay everything out differently: nothing beyond the versions is read.
  if (plugin->abi_major != SLUICE_ABI_MAJOR) return made;
  if (!SLUICE_HAS(*plugin, component_count))
    return bad("the plugin's description is a truncated struct: {} bytes instead of {}", plugin->struct_size,
               sizeof(sluice_plugin));
  SLUICE_TRY_ASSIGN(made.name, text(plugin->name, "the plugin's name"));
  SLUICE_TRY_ASSIGN(made.version, text(plugin->version, "the plugin's version"));
  SLUICE_TRY_ASSIGN(made.vendor, text(plugin->vendor, "the plugin's vendor"));
  if (!valid_name(made.name))
    return bad("the plugin has the name '{}'; a name is a letter, then letters, digits and . _ $ -", made.name);
  if (plugin->required_extensions != nullptr) {
    for (std::uint32_t i = 0; plugin->required_extensions[i] != nullptr; ++i) {
      if (i >= kExtensionsMax) return bad("required_extensions does not end with a null");
      made.required_extensions.emplace_back(plugin->required_extensions[i]);
    }
  }
  // A newer minor that cannot be served is refused by its version; its components may use what this worker does not
  // know.
  if (abi_refusal(made.abi_major, made.abi_minor, made.required_extensions)) return made;

  if (plugin->component_count == 0) return bad("the plugin has no components");
  if (plugin->component_count > kComponentsMax)
    return bad("{} components are more than the {} allowed", plugin->component_count, kComponentsMax);
  if (plugin->components == nullptr) return bad("components is null but counts {}", plugin->component_count);
  std::set<std::pair<std::int32_t, std::string>> names;
  for (std::uint32_t i = 0; i < plugin->component_count; ++i) {
    SLUICE_TRY_ASSIGN(ComponentManifest component, describe_component(plugin->components[i], i, made.version));
    if (!names.emplace(component.kind, component.name).second)
      return bad("two components of kind {} have the name '{}'", kind_name(component.kind), component.name);
    made.components.push_back(std::move(component));
  }
  return made;
}

}  // namespace sluice::plugin
