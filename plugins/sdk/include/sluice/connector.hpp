#pragma once
// The connector half of a source or sink: it checks the configuration and says what each task is to do.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <sluice/plugin.hpp>

namespace sluice {

// All calls come on the connector's own thread. validate, recommend, capabilities and alter_offsets may come without a
// start.
class Connector : public Instance {
 public:
  virtual Status start(const Config& config) = 0;
  virtual void stop() {}
  // One entry for each task, at most `tasks_max`.
  virtual Status task_configs(std::uint32_t tasks_max, TaskConfigs& out) = 0;

  // Beyond what the keys' own descriptions check. A ConfigError thrown by a getter becomes an issue of its key.
  virtual Status validate(const Config&, Issues&) { return ok(); }
  // Suggests values for `key`.
  virtual Status recommend(std::string_view, const Config&, const std::function<void(std::string_view)>&) {
    return ok();
  }
  // SLUICE_CAPABILITY_* for a configuration.
  virtual std::uint64_t capabilities(const Config&) { return 0; }
  // Checks (and, for offsets that it keeps itself, makes) a change of offsets by the user; *handled says which.
  virtual Status alter_offsets(const Config&, std::span<const sluice_offset_entry>, bool*) {
    return unsupported("This connector does not support altering of offsets.");
  }
};

namespace detail {

template <typename C, typename TaskThunks>
struct ConnectorThunks {
  static Config config(const sluice_kv* entries, std::uint32_t count) noexcept {
    return Config({entries, count}, config_keys<C>());
  }

  static sluice_status start(void* self, const sluice_kv* entries, std::uint32_t count, sluice_error* err) noexcept {
    return guard(err, [&] { return as<C>(self).start(config(entries, count)); });
  }
  static void stop(void* self) noexcept {
    guard(nullptr, [&]() -> Status {
      as<C>(self).stop();
      return {};
    });
  }
  static sluice_status task_configs(void* self, std::uint32_t tasks_max, sluice_emit_config emit, void* ectx,
                                    sluice_error* err) noexcept {
    return guard(err, [&] {
      TaskConfigs out(emit, ectx);
      return as<C>(self).task_configs(tasks_max, out);
    });
  }
  static sluice_status validate(void* self, const sluice_kv* entries, std::uint32_t count, sluice_emit_issue issue,
                                void* ictx, sluice_error* err) noexcept {
    return guard(err, [&]() -> Status {
      Issues issues(issue, ictx);
      try {
        return as<C>(self).validate(config(entries, count), issues);
      } catch (const ConfigError& error) {
        issues.add(error.key(), "{}", error.what());
        return {};
      }
    });
  }
  static sluice_status recommend(void* self, sluice_str key, const sluice_kv* entries, std::uint32_t count,
                                 sluice_emit_text emit, void* ectx, sluice_error* err) noexcept {
    return guard(err, [&] {
      return as<C>(self).recommend(view(key), config(entries, count),
                                   [&](std::string_view text) { emit(ectx, str(text)); });
    });
  }
  static std::uint64_t capabilities(void* self, const sluice_kv* entries, std::uint32_t count) noexcept {
    std::uint64_t answer = 0;
    guard(nullptr, [&]() -> Status {
      answer = as<C>(self).capabilities(config(entries, count));
      return {};
    });
    return answer;
  }
  static sluice_status alter_offsets(void* self, const sluice_kv* entries, std::uint32_t count,
                                     const sluice_offset_entry* offsets, std::uint32_t offset_count,
                                     std::int32_t* handled, sluice_error* err) noexcept {
    return guard(err, [&] {
      bool done = false;
      Status status = as<C>(self).alter_offsets(config(entries, count), {offsets, offset_count}, &done);
      *handled = done ? 1 : 0;
      return status;
    });
  }

  // What is not overridden is left out of the table.
  static constexpr bool kValidate =
      !std::is_same_v<decltype(&C::validate), Status (Connector::*)(const Config&, Issues&)>;
  static constexpr bool kRecommend =
      !std::is_same_v<decltype(&C::recommend), Status (Connector::*)(std::string_view, const Config&,
                                                                     const std::function<void(std::string_view)>&)>;
  static constexpr bool kCapabilities =
      !std::is_same_v<decltype(&C::capabilities), std::uint64_t (Connector::*)(const Config&)>;
  static constexpr bool kAlterOffsets =
      !std::is_same_v<decltype(&C::alter_offsets),
                      Status (Connector::*)(const Config&, std::span<const sluice_offset_entry>, bool*)>;

  static constexpr sluice_connector_vtable kTable = {sizeof(sluice_connector_vtable),
                                                     0,
                                                     create_instance<C>,
                                                     destroy_instance<C>,
                                                     start,
                                                     stop,
                                                     task_configs,
                                                     kValidate ? validate : nullptr,
                                                     kRecommend ? recommend : nullptr,
                                                     kCapabilities ? capabilities : nullptr,
                                                     kAlterOffsets ? alter_offsets : nullptr,
                                                     &TaskThunks::kTable};
};

// Copies the configuration to its task, or to each of tasks.max tasks.
template <typename Base, typename Task, bool kParallel>
class SimpleConnector final : public Base {
 public:
  static constexpr auto kConfig = [] {
    if constexpr (HasConfig<Task>)
      return Task::kConfig;
    else
      return sluice::config();
  }();

  Status start(const Config& given) override {
    config_ = StoredConfig(given);
    return ok();
  }
  Status task_configs(std::uint32_t tasks_max, TaskConfigs& out) override {
    for (std::uint32_t i = 0; i < (kParallel ? tasks_max : 1); ++i) {
      if (kParallel) config_.set("task.id", std::to_string(i));
      out.add(config_.pairs());
    }
    return ok();
  }
  Status validate(const Config& given, Issues& issues) override {
    if constexpr (requires { Task::validate(given, issues); }) Task::validate(given, issues);
    return ok();
  }
  std::uint64_t capabilities(const Config& given) override {
    if constexpr (requires { Task::capabilities(given); }) return Task::capabilities(given);
    return 0;
  }

 private:
  StoredConfig config_;
};

}  // namespace detail
}  // namespace sluice
