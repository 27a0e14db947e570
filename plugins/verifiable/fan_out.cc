#include "fan_out.h"

#include <charconv>
#include <chrono>
#include <string>

namespace verifiable {

void fan_out(sluice::StoredConfig config, std::uint32_t tasks, sluice::TaskConfigs& out) {
  for (std::uint32_t i = 0; i < tasks; ++i) {
    config.set("id", std::to_string(i));
    out.add(config.pairs());
  }
}

bool read_number(const sluice::Config& config, std::string_view key, std::int64_t& number) {
  const auto text = config.get(key);
  if (!text) return false;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && end == text->data() + text->size();
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace verifiable
