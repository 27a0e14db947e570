#include "runtime/config/isolation_config.h"

#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/strings.h"

namespace sluice::config {
namespace {

constexpr std::string_view kMode = "sluice.isolation";
constexpr std::string_view kMemoryMax = "sluice.isolation.memory.max";
constexpr std::string_view kCpuMax = "sluice.isolation.cpu.max";
constexpr std::string_view kGroup = "Isolation";
constexpr std::string_view kProcess = "process";
constexpr std::int64_t kMemoryMinBytes = 16 * 1024 * 1024;

base::Status check_memory(std::string_view name, const Value& value) {
  const auto* bytes = std::get_if<std::int64_t>(&value);
  if (bytes == nullptr || *bytes == 0 || *bytes >= kMemoryMinBytes) return {};
  return base::fail(invalid_value(
      name, value, fmt::format("Value must be 0 (no limit) or at least {} bytes (16 MiB)", kMemoryMinBytes)));
}

base::Status check_cpu(std::string_view name, const Value& value) {
  const auto* cores = std::get_if<double>(&value);
  if (cores == nullptr || *cores == 0 || (*cores >= 0.01 && *cores <= 1024)) return {};
  return base::fail(
      invalid_value(name, value, "Value must be 0 (no limit) or a number of cores between 0.01 and 1024"));
}

}  // namespace

std::vector<ConfigKey> isolation_keys() {
  return {
      optional_key(std::string(kMode), Type::kString, Value(std::string("none")), Importance::kMedium,
                   "Where the plugin code of this connector and its tasks runs: 'none' is inside the worker, "
                   "'process' gives the connector and each of its tasks a process of its own, so that a crash, "
                   "a leak or a loop there costs nothing else.")
          .checked_by(one_of({"none", std::string(kProcess)}))
          .in_group(std::string(kGroup), 1, Width::kShort, "Isolation"),
      optional_key(std::string(kMemoryMax), Type::kLong, Value(std::int64_t{0}), Importance::kLow,
                   "With sluice.isolation=process: the bytes of memory that each of the connector's processes "
                   "may allocate. 0: no limit.")
          .checked_by(Validator(check_memory, "0 or at least 16777216"))
          .in_group(std::string(kGroup), 2, Width::kShort, "Memory per process"),
      optional_key(std::string(kCpuMax), Type::kDouble, Value(0.0), Importance::kLow,
                   "With sluice.isolation=process: the cores that each of the connector's processes may use, "
                   "for instance 0.5. 0: no limit.")
          .checked_by(Validator(check_cpu, "0 or between 0.01 and 1024"))
          .in_group(std::string(kGroup), 3, Width::kShort, "Cores per process"),
  };
}

IsolationConfig isolation_config(const ConfigMap& props) {
  IsolationConfig config;
  // What is not understood may have been meant to keep the plugin out of the worker.
  config.process = props.get_or(kMode, "none") != "none";
  ConfigDef def;
  for (ConfigKey& key : isolation_keys()) def.define(std::move(key));
  if (const auto parsed = def.parse(props)) {
    config.memory_max_bytes = parsed->int64(kMemoryMax);
    config.cpu_max = parsed->float64(kCpuMax);
  }
  return config;
}

}  // namespace sluice::config
