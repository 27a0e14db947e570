#include "runtime/config/config_map.h"

namespace sluice::config {

ConfigMap::ConfigMap(std::initializer_list<Entry> entries) {
  for (const auto& [key, text] : entries) set(key, text);
}

void ConfigMap::set(std::string_view key, Text text) {
  const auto [place, added] = index_.try_emplace(std::string(key), entries_.size());
  if (added) {
    entries_.emplace_back(std::string(key), std::move(text));
  } else {
    entries_[place->second].second = std::move(text);
  }
}

bool ConfigMap::erase(std::string_view key) {
  const auto place = index_.find(std::string(key));
  if (place == index_.end()) return false;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place->second));
  reindex();
  return true;
}

const ConfigMap::Text* ConfigMap::find(std::string_view key) const {
  const auto place = index_.find(std::string(key));
  return place == index_.end() ? nullptr : &entries_[place->second].second;
}

std::optional<std::string_view> ConfigMap::get(std::string_view key) const {
  const Text* text = find(key);
  if (text == nullptr || !text->has_value()) return std::nullopt;
  return std::string_view(**text);
}

std::string ConfigMap::get_or(std::string_view key, std::string_view fallback) const {
  return std::string(get(key).value_or(fallback));
}

ConfigMap ConfigMap::with_prefix(std::string_view prefix, bool strip) const {
  ConfigMap result;
  for (const auto& [key, text] : entries_) {
    // As in Java, a key that is nothing but the prefix has no name left and is not taken.
    if (key.size() > prefix.size() && key.starts_with(prefix))
      result.set(strip ? std::string_view(key).substr(prefix.size()) : std::string_view(key), text);
  }
  return result;
}

bool operator==(const ConfigMap& a, const ConfigMap& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, text] : a) {
    const auto* other = b.find(key);
    if (other == nullptr || *other != text) return false;
  }
  return true;
}

void ConfigMap::reindex() {
  index_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].first, i);
}

}  // namespace sluice::config
