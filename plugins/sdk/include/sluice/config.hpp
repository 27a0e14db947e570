#pragma once
// Configuration: keys described as data at compile time, and typed access to what the user gave.
//
//   static constexpr auto kConfig = sluice::config(
//       sluice::string_key("topic").doc("Topic to write to.").required(),
//       sluice::int_key("interval.ms").doc("Pause between ticks.").default_value(1000).range(1, 3'600'000));
//
// A key that is neither required nor has a default is null unless the user sets it.

#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/abi.h>
#include <sluice/status.hpp>
#include <sluice/value.hpp>

namespace sluice {

enum class Importance : std::int32_t {
  kHigh = SLUICE_IMPORTANCE_HIGH,
  kMedium = SLUICE_IMPORTANCE_MEDIUM,
  kLow = SLUICE_IMPORTANCE_LOW
};
enum class Width : std::int32_t {
  kNone = SLUICE_WIDTH_NONE,
  kShort = SLUICE_WIDTH_SHORT,
  kMedium = SLUICE_WIDTH_MEDIUM,
  kLong = SLUICE_WIDTH_LONG
};

// One key. A literal type: texts are views of literals, numbers are kept as text inside.
class ConfigKey {
 public:
  static constexpr std::size_t kItemsMax = 24;
  static constexpr std::size_t kDependentsMax = 8;

  constexpr ConfigKey(std::string_view name, std::int32_t type) : name_(name), type_(type) {}

  constexpr ConfigKey doc(std::string_view text) const {
    return with([&](ConfigKey& k) { k.doc_ = text; });
  }
  constexpr ConfigKey required() const {
    return with([](ConfigKey& k) { k.flags_ |= SLUICE_KEY_REQUIRED; });
  }
  constexpr ConfigKey internal() const {
    return with([](ConfigKey& k) { k.flags_ |= SLUICE_KEY_INTERNAL; });
  }
  constexpr ConfigKey importance(Importance i) const {
    return with([&](ConfigKey& k) { k.importance_ = static_cast<std::int32_t>(i); });
  }
  constexpr ConfigKey high() const { return importance(Importance::kHigh); }
  constexpr ConfigKey low() const { return importance(Importance::kLow); }
  constexpr ConfigKey display(std::string_view text) const {
    return with([&](ConfigKey& k) { k.display_ = text; });
  }
  constexpr ConfigKey group(std::string_view text, std::int32_t order, Width width = Width::kNone) const {
    return with([&](ConfigKey& k) {
      k.group_ = text;
      k.order_ = order;
      k.width_ = static_cast<std::int32_t>(width);
    });
  }

  // The default as text, a whole number or a truth value. Doubles and lists are given as text.
  constexpr ConfigKey default_value(std::string_view text) const {
    return with([&](ConfigKey& k) {
      k.default_ = text;
      k.has_default_ = true;
    });
  }
  constexpr ConfigKey default_value(const char* text) const { return default_value(std::string_view(text)); }
  constexpr ConfigKey default_value(bool truth) const {
    return default_value(std::string_view(truth ? "true" : "false"));
  }
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr ConfigKey default_value(T number) const {
    return with([&](ConfigKey& k) { k.set_number(static_cast<std::int64_t>(number)); });
  }

  // What the worker checks before any task starts.
  constexpr ConfigKey range(double min, double max) const { return numbers(SLUICE_VALIDATOR_RANGE, min, max); }
  constexpr ConfigKey at_least(double min) const { return numbers(SLUICE_VALIDATOR_AT_LEAST, min, 0); }
  constexpr ConfigKey non_empty() const { return checked(SLUICE_VALIDATOR_NON_EMPTY); }
  constexpr ConfigKey non_empty_list() const { return checked(SLUICE_VALIDATOR_NON_EMPTY_LIST); }
  constexpr ConfigKey valid_regex() const { return checked(SLUICE_VALIDATOR_VALID_REGEX); }
  constexpr ConfigKey matching(std::string_view regex) const { return items(SLUICE_VALIDATOR_REGEX, regex); }
  template <typename... Texts>
  constexpr ConfigKey one_of(Texts... texts) const {
    return items(SLUICE_VALIDATOR_ONE_OF, std::string_view(texts)...);
  }
  template <typename... Texts>
  constexpr ConfigKey one_of_nocase(Texts... texts) const {
    return items(SLUICE_VALIDATOR_ONE_OF_NOCASE, std::string_view(texts)...);
  }
  // Keys whose meaning depends on this one.
  template <typename... Names>
  constexpr ConfigKey dependents(Names... names) const {
    static_assert(sizeof...(names) <= kDependentsMax);
    return with([&](ConfigKey& k) {
      k.dependent_count_ = 0;
      ((k.dependents_[k.dependent_count_++] = str(std::string_view(names))), ...);
    });
  }

  constexpr std::string_view name() const { return name_; }
  constexpr std::int32_t type() const { return type_; }
  constexpr bool is_required() const { return (flags_ & SLUICE_KEY_REQUIRED) != 0; }

  // The C description; points into this object, which must have static storage.
  constexpr sluice_config_key c() const {
    sluice_config_key key{};
    key.struct_size = sizeof key;
    key.type = type_;
    key.importance = importance_;
    key.width = width_;
    key.order_in_group = order_;
    key.flags = flags_;
    key.name = str(name_);
    key.doc = str(doc_);
    if (number_size_ > 0)
      key.default_value = {number_, number_size_};
    else if (has_default_)
      key.default_value = {default_.data() != nullptr ? default_.data() : "", default_.size()};
    if (!group_.empty()) key.group = str(group_);
    if (!display_.empty()) key.display_name = str(display_);
    key.validator = validator_;
    key.item_count = item_count_;
    key.number_min = min_;
    key.number_max = max_;
    key.items = items_;
    key.dependents = dependents_;
    key.dependent_count = dependent_count_;
    return key;
  }

 private:
  template <typename Change>
  constexpr ConfigKey with(Change change) const {
    ConfigKey copy = *this;
    change(copy);
    return copy;
  }
  constexpr ConfigKey checked(std::int32_t validator) const {
    return with([&](ConfigKey& k) { k.validator_ = validator; });
  }
  constexpr ConfigKey numbers(std::int32_t validator, double min, double max) const {
    return with([&](ConfigKey& k) {
      k.validator_ = validator;
      k.min_ = min;
      k.max_ = max;
    });
  }
  template <typename... Texts>
  constexpr ConfigKey items(std::int32_t validator, Texts... texts) const {
    static_assert(sizeof...(texts) <= kItemsMax);
    return with([&](ConfigKey& k) {
      k.validator_ = validator;
      k.item_count_ = 0;
      ((k.items_[k.item_count_++] = str(texts)), ...);
    });
  }
  constexpr void set_number(std::int64_t number) {
    char digits[24] = {};
    std::size_t count = 0;
    std::uint64_t rest = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    number_size_ = 0;
    if (number < 0) number_[number_size_++] = '-';
    while (count > 0) number_[number_size_++] = digits[--count];
    has_default_ = true;
  }

  std::string_view name_, doc_ = "", default_, group_, display_;
  std::int32_t type_;
  std::int32_t importance_ = SLUICE_IMPORTANCE_MEDIUM, width_ = SLUICE_WIDTH_NONE, order_ = -1,
               validator_ = SLUICE_VALIDATOR_NONE;
  std::uint32_t flags_ = 0, item_count_ = 0, dependent_count_ = 0;
  double min_ = 0, max_ = 0;
  bool has_default_ = false;
  char number_[24] = {};
  std::size_t number_size_ = 0;
  sluice_str items_[kItemsMax] = {};
  sluice_str dependents_[kDependentsMax] = {};
};

constexpr ConfigKey boolean_key(std::string_view name) {
  return {name, SLUICE_TYPE_BOOLEAN};
}
constexpr ConfigKey string_key(std::string_view name) {
  return {name, SLUICE_TYPE_STRING};
}
constexpr ConfigKey int_key(std::string_view name) {
  return {name, SLUICE_TYPE_INT};
}
constexpr ConfigKey short_key(std::string_view name) {
  return {name, SLUICE_TYPE_SHORT};
}
constexpr ConfigKey long_key(std::string_view name) {
  return {name, SLUICE_TYPE_LONG};
}
constexpr ConfigKey double_key(std::string_view name) {
  return {name, SLUICE_TYPE_DOUBLE};
}
constexpr ConfigKey list_key(std::string_view name) {
  return {name, SLUICE_TYPE_LIST};
}
constexpr ConfigKey class_key(std::string_view name) {
  return {name, SLUICE_TYPE_CLASS};
}
constexpr ConfigKey password_key(std::string_view name) {
  return {name, SLUICE_TYPE_PASSWORD};
}

// The keys of a component, in the order in which they are shown.
template <typename... Keys>
constexpr std::array<ConfigKey, sizeof...(Keys)> config(Keys... keys) {
  return {keys...};
}

// The keys of two lists, for instance those that several components share and a component's own.
template <std::size_t A, std::size_t B>
constexpr std::array<ConfigKey, A + B> config_concat(const std::array<ConfigKey, A>& first,
                                                     const std::array<ConfigKey, B>& second) {
  return [&]<std::size_t... I, std::size_t... J>(std::index_sequence<I...>, std::index_sequence<J...>) {
    return std::array<ConfigKey, A + B>{first[I]..., second[J]...};
  }
  (std::make_index_sequence<A>(), std::make_index_sequence<B>());
}

namespace detail {

template <typename T>
concept HasConfig = requires {
  T::kConfig.size();
};

// The C table of T::kConfig, in static storage.
template <typename T>
struct ConfigTable {
  static constexpr std::size_t kCount = T::kConfig.size();
  static constexpr std::array<sluice_config_key, kCount> kKeys = [] {
    std::array<sluice_config_key, kCount> keys{};
    for (std::size_t i = 0; i < kCount; ++i) keys[i] = T::kConfig[i].c();
    return keys;
  }();
};

template <typename T>
constexpr std::span<const sluice_config_key> config_keys() {
  if constexpr (HasConfig<T>) {
    if constexpr (T::kConfig.size() > 0) return {ConfigTable<T>::kKeys.data(), ConfigTable<T>::kCount};
  }
  return {};
}

inline std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

}  // namespace detail

// What the user gave, with the defaults of the component's keys beneath. A view: valid during the call that it was
// passed to. Typed getters throw ConfigError for a value of the wrong type, or a key that is absent and has no default;
// the worker has validated the configuration against the keys before start, so that this is for keys that are not
// declared.
class Config {
 public:
  Config(std::span<const sluice_kv> given, std::span<const sluice_config_key> keys) noexcept
      : given_(given), keys_(keys) {}

  std::span<const sluice_kv> entries() const noexcept { return given_; }  // as given; an absent value is null

  // The text of a key: given, or its default, or nothing.
  std::optional<std::string_view> get(std::string_view key) const noexcept {
    for (const sluice_kv& entry : given_)
      if (view(entry.key) == key) return absent(entry.value) ? std::nullopt : std::optional(view(entry.value));
    for (const sluice_config_key& known : keys_)
      if (view(known.name) == key && (known.flags & SLUICE_KEY_REQUIRED) == 0 && !absent(known.default_value))
        return view(known.default_value);
    return std::nullopt;
  }
  bool has(std::string_view key) const noexcept { return get(key).has_value(); }

  std::string string(std::string_view key) const {
    const std::string_view text = must(key);
    return std::string(is_verbatim(key) ? text : detail::trim(text));
  }
  std::string string_or(std::string_view key, std::string_view fallback) const {
    return has(key) ? string(key) : std::string(fallback);
  }
  std::int64_t int64(std::string_view key) const { return number<std::int64_t>(key, "LONG"); }
  std::int32_t int32(std::string_view key) const { return number<std::int32_t>(key, "INT"); }
  std::int16_t int16(std::string_view key) const { return number<std::int16_t>(key, "SHORT"); }
  std::int64_t int64_or(std::string_view key, std::int64_t fallback) const { return has(key) ? int64(key) : fallback; }
  double float64(std::string_view key) const { return number<double>(key, "DOUBLE"); }
  std::chrono::milliseconds millis(std::string_view key) const { return std::chrono::milliseconds(int64(key)); }
  bool boolean(std::string_view key) const {
    const std::string_view text = detail::trim(must(key));
    if (same_word(text, "true")) return true;
    if (same_word(text, "false")) return false;
    throw ConfigError(
        key, format("Invalid value {} for configuration {}: Expected value to be either true or false", text, key));
  }
  // Items of a comma-separated list, trimmed; an empty text gives none.
  std::vector<std::string> list(std::string_view key) const {
    std::vector<std::string> items;
    std::string_view text = detail::trim(must(key));
    while (!text.empty()) {
      const std::size_t comma = text.find(',');
      items.emplace_back(detail::trim(text.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
    }
    return items;
  }
  // A secret. Never log it, never put it into an error.
  std::string password(std::string_view key) const { return std::string(must(key)); }

 private:
  std::string_view must(std::string_view key) const {
    if (const auto text = get(key)) return *text;
    throw ConfigError(key, format("Missing required configuration \"{}\" which has no default value.", key));
  }
  bool is_verbatim(std::string_view key) const noexcept { return type_of(key) == SLUICE_TYPE_PASSWORD; }
  std::int32_t type_of(std::string_view key) const noexcept {
    for (const sluice_config_key& known : keys_)
      if (view(known.name) == key) return known.type;
    return 0;
  }
  static bool same_word(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
      if ((text[i] | 0x20) != lower[i]) return false;
    return true;
  }
  template <typename T>
  T number(std::string_view key, const char* type) const {
    std::string_view text = detail::trim(must(key));
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      throw ConfigError(key, format("Invalid value {} for configuration {}: Not a number of type {}", text, key, type));
    return value;
  }

  std::span<const sluice_kv> given_;
  std::span<const sluice_config_key> keys_;
};

// Problems that validate() found, each with the key it concerns.
class Issues {
 public:
  Issues(sluice_emit_issue emit, void* ictx) noexcept : emit_(emit), ictx_(ictx) {}
  template <typename... Args>
  void add(std::string_view key, std::string_view text, const Args&... args) {
    const std::string message = format(text, args...);
    emit_(ictx_, str(key), str(message));
  }

 private:
  sluice_emit_issue emit_;
  void* ictx_;
};

// The configurations of the tasks, in order.
class TaskConfigs {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  TaskConfigs(sluice_emit_config emit, void* ectx) noexcept : emit_(emit), ectx_(ectx) {}
  void add(std::span<const sluice_kv> config) {
    emit_(ectx_, config.data(), static_cast<std::uint32_t>(config.size()));
  }
  void add(const Pairs& config) {
    std::vector<sluice_kv> entries;
    entries.reserve(config.size());
    for (const auto& [key, value] : config) entries.push_back({str(key), str(value)});
    add(std::span<const sluice_kv>(entries));
  }

 private:
  sluice_emit_config emit_;
  void* ectx_;
};

// A configuration kept beyond the call: what a connector holds between start and task_configs.
class StoredConfig {
 public:
  StoredConfig() = default;
  explicit StoredConfig(const Config& config) {
    for (const sluice_kv& entry : config.entries())
      if (!absent(entry.value)) pairs_.emplace_back(view(entry.key), view(entry.value));
  }
  const TaskConfigs::Pairs& pairs() const noexcept { return pairs_; }
  void set(std::string_view key, std::string_view value) {
    for (auto& [known, text] : pairs_)
      if (known == key) {
        text = value;
        return;
      }
    pairs_.emplace_back(key, value);
  }

 private:
  TaskConfigs::Pairs pairs_;
};

}  // namespace sluice
