#include "runtime/config/config_transformer.h"

#include <algorithm>
#include <optional>
#include <set>

#include "runtime/config/secret_keys.h"

namespace sluice::config {
namespace {

using base::Result;

// A variable within a text: `${provider:key}` or `${provider:path:key}`; the key may hold further colons.
struct Variable {
  std::size_t begin;
  std::size_t end;  // past the brace
  std::string provider;
  std::string path;
  std::string key;
};

std::optional<Variable> next_variable(std::string_view text, std::size_t from) {
  for (auto begin = text.find("${", from); begin != std::string_view::npos; begin = text.find("${", begin + 1)) {
    const auto close = text.find('}', begin);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view inside = text.substr(begin + 2, close - begin - 2);
    const auto first = inside.find(':');
    if (first == std::string_view::npos) continue;
    Variable variable{begin, close + 1, std::string(inside.substr(0, first)), {}, {}};
    const auto second = inside.find(':', first + 1);
    if (second == std::string_view::npos) {
      variable.key = inside.substr(first + 1);
    } else {
      variable.path = inside.substr(first + 1, second - first - 1);
      variable.key = inside.substr(second + 1);
    }
    return variable;
  }
  return std::nullopt;
}

using Place = std::pair<std::string, std::string>;  // provider, path

std::map<Place, std::set<std::string>> wanted_keys(const ConfigMap& config) {
  std::map<Place, std::set<std::string>> wanted;
  for (const auto& [name, text] : config) {
    if (!text) continue;
    for (auto found = next_variable(*text, 0); found; found = next_variable(*text, found->end))
      wanted[{found->provider, found->path}].insert(found->key);
  }
  return wanted;
}

// What providers give is not always secret: hosts, ports, names of topics. To mask every "orders" in the log would
// help nobody; a text of this kind is no password that protects anything.
bool is_plain(std::string_view text) {
  constexpr std::size_t kWordBytesMax = 11;
  constexpr std::size_t kDigitsMax = 5;  // a port
  const auto all = [&](auto is) { return std::all_of(text.begin(), text.end(), is); };
  return (text.size() <= kDigitsMax && all([](char c) { return c >= '0' && c <= '9'; })) ||
         (text.size() <= kWordBytesMax &&
          all([](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.'; }));
}

std::string replaced(const std::string& text, const std::map<Place, ConfigMap>& answers) {
  std::string out;
  std::size_t copied = 0;
  for (auto found = next_variable(text, 0); found; found = next_variable(text, found->end)) {
    const auto answer = answers.find({found->provider, found->path});
    const auto value = answer == answers.end() ? std::nullopt : answer->second.get(found->key);
    if (!value) continue;
    if (!is_plain(*value)) keep_secret_text(*value);
    out += std::string_view(text).substr(copied, found->begin - copied);
    out += *value;
    copied = found->end;
  }
  return out + text.substr(copied);
}

}  // namespace

Result<TransformedConfig> ConfigTransformer::transform(const ConfigMap& config) const {
  TransformedConfig result;
  std::map<Place, ConfigMap> answers;
  for (const auto& [place, keys] : wanted_keys(config)) {
    const auto provider = providers_.find(place.first);
    if (provider == providers_.end()) continue;
    SLUICE_TRY_ASSIGN(ProvidedData provided, provider->second->get(place.second, keys));
    if (provided.ttl_ms && *provided.ttl_ms >= 0) {
      const auto [ttl, added] = result.ttls_ms.try_emplace(place.second, *provided.ttl_ms);
      if (!added) ttl->second = std::min(ttl->second, *provided.ttl_ms);
    }
    answers.emplace(place, std::move(provided.data));
  }
  for (const auto& [key, text] : config)
    result.config.set(key, text && !answers.empty() ? std::optional(replaced(*text, answers)) : text);
  return result;
}

bool has_variable(std::string_view text) {
  return next_variable(text, 0).has_value();
}

bool is_variable(std::string_view text) {
  const auto found = next_variable(text, 0);
  return found && found->begin == 0 && found->end == text.size();
}

std::vector<ConfigMap> reverse_transform(const ConfigMap& connector_config, std::vector<ConfigMap> task_configs) {
  for (const auto& [key, text] : connector_config) {
    if (!text || !has_variable(*text)) continue;
    for (auto& task : task_configs)
      if (task.contains(key)) task.set(key, text);
  }
  return task_configs;
}

}  // namespace sluice::config
