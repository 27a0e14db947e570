#pragma once
// A configuration as given: names to texts, in the order in which they were given. A text may be null: JSON `null`
// reaches validation, which refuses it by name.

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sluice::config {

class ConfigMap {
 public:
  using Text = std::optional<std::string>;
  using Entry = std::pair<std::string, Text>;
  using const_iterator = std::vector<Entry>::const_iterator;

  ConfigMap() = default;
  ConfigMap(std::initializer_list<Entry> entries);

  // Adds or replaces; a replaced entry keeps its place.
  void set(std::string_view key, Text text);
  bool erase(std::string_view key);

  bool contains(std::string_view key) const { return find(key) != nullptr; }
  // The stored text (which may be null), or nullptr if the key is absent. Valid until the next change.
  const Text* find(std::string_view key) const;
  // The text, or nothing if the key is absent or its text is null.
  std::optional<std::string_view> get(std::string_view key) const;
  std::string get_or(std::string_view key, std::string_view fallback) const;

  // The entries whose key begins with `prefix`, in order; without the prefix if `strip`.
  ConfigMap with_prefix(std::string_view prefix, bool strip = true) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }

  // Equal when they hold the same pairs, whatever the order, as Java's maps are.
  friend bool operator==(const ConfigMap& a, const ConfigMap& b);

 private:
  void reindex();

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace sluice::config
