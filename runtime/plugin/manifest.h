#pragma once
// What a plugin is and has, as data: made from the library's own tables by the probe, kept beside it as
// <name>.sluice.json, so that a worker knows its components without loading it. Valid for exactly the bytes whose
// SHA-256 it names.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/abi.h>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"

namespace sluice::plugin {

struct KeyManifest {
  std::string name;
  std::int32_t type = SLUICE_TYPE_STRING;              // SLUICE_TYPE_*
  std::int32_t importance = SLUICE_IMPORTANCE_MEDIUM;  // SLUICE_IMPORTANCE_*
  std::int32_t width = SLUICE_WIDTH_NONE;              // SLUICE_WIDTH_*
  std::int32_t order_in_group = -1;
  bool required = false;
  bool internal = false;
  std::string doc;
  std::optional<std::string> default_value;
  std::optional<std::string> group;
  std::string display_name;
  std::int32_t validator = SLUICE_VALIDATOR_NONE;  // SLUICE_VALIDATOR_*
  double number_min = 0;
  double number_max = 0;
  std::vector<std::string> items;
  std::vector<std::string> dependents;
  bool operator==(const KeyManifest&) const = default;
};

struct ComponentManifest {
  std::int32_t kind = 0;  // SLUICE_KIND_*
  std::string name;
  std::string version;  // the plugin's where the component has none
  std::string summary;
  std::vector<std::string> aliases;
  std::vector<KeyManifest> keys;
  bool operator==(const ComponentManifest&) const = default;

  // The first alias that looks like a Java class, else the name.
  const std::string& class_name() const;
};

struct Manifest {
  std::string sha256;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::string name;
  std::string version;
  std::string vendor;
  std::vector<std::string> required_extensions;
  std::vector<ComponentManifest> components;
  bool operator==(const Manifest&) const = default;
};

std::string_view kind_name(std::int32_t kind);  // "source", "sink", ...; empty if unknown

std::string to_json(const Manifest& manifest);
// Error: what is wrong with the text, and where.
base::Result<Manifest> parse_manifest(std::string_view json);

// Reads the static tables of a loaded library: every size, count, text and pointer that can be checked is checked, and
// so is what the worker relies on (names, kinds, tables, defaults of their type). Error: what is wrong, to be shown to
// the plugin's author.
base::Result<Manifest> describe(const sluice_plugin* plugin);

// The keys as a definition. Error: a default that is not of its type, a key twice, a pattern that does not compile.
base::Result<config::ConfigDef> make_config_def(const ComponentManifest& component);

// Why a worker of ABI `host_major`.`host_minor` does not load a plugin of another ABI; nothing if it does. 0.x: both
// must be equal. From 1.0 on: equal majors; a newer minor loads unless it requires an extension that the host does not
// serve.
std::optional<std::string> abi_refusal(std::uint32_t major, std::uint32_t minor,
                                       const std::vector<std::string>& required_extensions,
                                       std::uint32_t host_major = SLUICE_ABI_MAJOR,
                                       std::uint32_t host_minor = SLUICE_ABI_MINOR);
// Ids that some instance of this host is served.
bool host_knows_extension(std::string_view id);

}  // namespace sluice::plugin
