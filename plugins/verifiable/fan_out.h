#pragma once
// What all connectors here do: tasks.max tasks, each with the connector's configuration and its own number under `id`.

#include <cstdint>
#include <string_view>

#include <sluice/connector.hpp>
#include <sluice/sink.hpp>
#include <sluice/source.hpp>

namespace verifiable {

// Copies `config` to each of `tasks` tasks, with `id` = 0, 1, ...
void fan_out(sluice::StoredConfig config, std::uint32_t tasks, sluice::TaskConfigs& out);

template <typename Base>
class FanOutConnector : public Base {
 public:
  static constexpr auto kConfig = sluice::config();

  sluice::Status start(const sluice::Config& config) override {
    config_ = sluice::StoredConfig(config);
    return sluice::ok();
  }
  sluice::Status task_configs(std::uint32_t tasks_max, sluice::TaskConfigs& out) override {
    fan_out(config_, tasks_max, out);
    return sluice::ok();
  }

 private:
  sluice::StoredConfig config_;
};

// A number that the configuration must hold. False: it is missing or none.
bool read_number(const sluice::Config& config, std::string_view key, std::int64_t& number);

std::int64_t now_ms();  // since the Unix epoch

}  // namespace verifiable
