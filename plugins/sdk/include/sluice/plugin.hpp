#pragma once
// The entry of a plugin: SLUICE_PLUGIN(name, version, component...) once in one source file. Components are made by the
// functions of source.hpp, sink.hpp, transform.hpp and converter.hpp. Everything becomes static data: no code runs when
// the library loads.

#include <array>
#include <new>
#include <string_view>
#include <type_traits>

#include <sluice/abi.h>
#include <sluice/abi_note.h>
#include <sluice/config.hpp>
#include <sluice/context.hpp>

namespace sluice {

// One component of a plugin, described at compile time.
class Component {
 public:
  static constexpr std::size_t kAliasesMax = 8;

  constexpr Component(std::int32_t kind, std::string_view name, std::span<const sluice_config_key> keys,
                      const void* vtable)
      : kind_(kind), name_(name), keys_(keys), vtable_(vtable) {}

  // Another name it answers to, such as a Java class name. The first Java name (one with dots) is what REST shows.
  constexpr Component alias(std::string_view text) const {
    Component copy = *this;
    copy.aliases_[copy.alias_count_++] = str(text);  // beyond kAliasesMax: a compile error
    return copy;
  }
  constexpr Component summary(std::string_view text) const {
    Component copy = *this;
    copy.summary_ = text;
    return copy;
  }
  constexpr Component version(std::string_view text) const {  // without it: the plugin's
    Component copy = *this;
    copy.version_ = text;
    return copy;
  }

  // Points into this object, which must have static storage.
  constexpr sluice_component c() const {
    sluice_component made{};
    made.struct_size = sizeof made;
    made.kind = kind_;
    made.name = str(name_);
    if (!version_.empty()) made.version = str(version_);
    if (!summary_.empty()) made.summary = str(summary_);
    made.aliases = aliases_;
    made.alias_count = alias_count_;
    made.config_key_stride = sizeof(sluice_config_key);
    made.config_keys = keys_.data();
    made.config_key_count = static_cast<std::uint32_t>(keys_.size());
    made.vtable = vtable_;
    return made;
  }

 private:
  std::int32_t kind_;
  std::string_view name_, version_, summary_;
  std::span<const sluice_config_key> keys_;
  const void* vtable_;
  sluice_str aliases_[kAliasesMax] = {};
  std::uint32_t alias_count_ = 0;
};

// What every instance has: the services of its worker.
class Instance {
 public:
  Instance() = default;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  virtual ~Instance() = default;

  const Context& context() const noexcept { return context_; }
  void attach(const Context& context) noexcept { context_ = context; }  // called once, after construction

 private:
  Context context_;
};

namespace detail {

template <typename T>
sluice_status create_instance(const sluice_host* host, void* ctx, void** self, sluice_error* err) noexcept {
  return guard(err, [&]() -> Status {
    auto* instance = new T();
    instance->attach(Context(host, ctx));
    *self = instance;
    return {};
  });
}

template <typename T>
void destroy_instance(void* self) noexcept {
  try {
    delete static_cast<T*>(self);
  } catch (...) {  // a destructor that throws has nobody to tell
  }
}

template <typename T>
T& as(void* self) noexcept {
  return *static_cast<T*>(self);
}

template <std::size_t N>
constexpr std::array<sluice_component, N> c_components(const std::array<Component, N>& components) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<sluice_component, N>{components[I].c()...};
  }
  (std::make_index_sequence<N>());
}

template <std::size_t N>
constexpr std::array<const sluice_component*, N> pointers(const std::array<sluice_component, N>& components) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<const sluice_component*, N>{&components[I]...};
  }
  (std::make_index_sequence<N>());
}

template <typename... Parts>
constexpr std::array<Component, sizeof...(Parts)> components(const Parts&... parts) {
  return {parts...};
}

constexpr sluice_plugin plugin(std::string_view name, std::string_view version,
                               const sluice_component* const* components, std::size_t count) {
  sluice_plugin made{};
  made.struct_size = sizeof made;
  made.abi_major = SLUICE_ABI_MAJOR;
  made.abi_minor = SLUICE_ABI_MINOR;
  made.name = str(name);
  made.version = str(version);
  made.components = components;
  made.component_count = static_cast<std::uint32_t>(count);
  return made;
}

}  // namespace detail
}  // namespace sluice

#define SLUICE_PLUGIN(plugin_name, plugin_version, ...)                                        \
  SLUICE_ABI_NOTE                                                                              \
  namespace {                                                                                  \
  namespace sluice_plugin_data {                                                               \
  constexpr auto specs = ::sluice::detail::components(__VA_ARGS__);                            \
  constexpr auto components = ::sluice::detail::c_components(specs);                           \
  constexpr auto pointers = ::sluice::detail::pointers(components);                            \
  constexpr sluice_plugin plugin =                                                             \
      ::sluice::detail::plugin(plugin_name, plugin_version, pointers.data(), pointers.size()); \
  }                                                                                            \
  }                                                                                            \
  extern "C" SLUICE_EXPORT const sluice_plugin* sluice_plugin_entry_v1(void) {                 \
    return &sluice_plugin_data::plugin;                                                        \
  }                                                                                            \
  static_assert(true, "a semicolon may follow")
