#include "runtime/config/component_check.h"

#include <algorithm>
#include <cctype>

#include "runtime/base/java_number.h"
#include "runtime/base/strings.h"
#include "runtime/config/platform_classes.h"

namespace sluice::config {
namespace {

using base::config_error;
using base::Status;

// The concrete classes that an abstract one holds, such as Cast$Key and Cast$Value in Cast.
std::vector<std::string> concrete_children(std::string_view class_name, const ComponentCatalog& catalog) {
  std::vector<std::string> children;
  for (const std::string_view suffix : {"$Key", "$Value"}) {
    std::string child = std::string(class_name) + std::string(suffix);
    if (catalog.is_a(child, ComponentKind::kTransformation)) children.push_back(std::move(child));
  }
  return children;
}

std::string_view interface_word(ComponentKind kind) {
  return kind == ComponentKind::kSource || kind == ComponentKind::kSink ? "extend" : "implement";
}
std::string_view type_word(ComponentKind kind) {
  return kind == ComponentKind::kSource || kind == ComponentKind::kSink ? "class" : "interface";
}

// Compares dotted versions piece by piece: numbers as numbers, numbers after words, a missing piece as 0. Enough for
// the versions that components carry; Maven's full rules know more words.
int compare_versions(std::string_view a, std::string_view b) {
  const auto pieces = [](std::string_view text) {
    std::vector<std::string_view> result;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && text[i] != '.' && text[i] != '-') continue;
      result.push_back(text.substr(start, i - start));
      start = i + 1;
    }
    return result;
  };
  const auto left = pieces(a);
  const auto right = pieces(b);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string_view l = i < left.size() ? left[i] : "0";
    const std::string_view r = i < right.size() ? right[i] : "0";
    const auto ln = base::parse_java_integer(l, 0, INT64_MAX);
    const auto rn = base::parse_java_integer(r, 0, INT64_MAX);
    if (ln && rn) {
      if (*ln != *rn) return *ln < *rn ? -1 : 1;
    } else if (ln.has_value() != rn.has_value()) {
      return ln ? 1 : -1;
    } else if (l != r) {
      return l < r ? -1 : 1;
    }
  }
  return 0;
}

// One interval of a version range.
struct VersionInterval {
  std::string low;  // empty: no bound
  std::string high;
  bool low_included = true;
  bool high_included = true;

  bool contains(std::string_view version) const {
    if (!low.empty()) {
      const int order = compare_versions(version, low);
      if (order < 0 || (order == 0 && !low_included)) return false;
    }
    if (!high.empty()) {
      const int order = compare_versions(version, high);
      if (order > 0 || (order == 0 && !high_included)) return false;
    }
    return true;
  }
  std::string to_string() const { return (low_included ? "[" : "(") + low + "," + high + (high_included ? "]" : ")"); }
};

// "[1,2),[3,)" and the like; a bare version means exactly that one. Error: Maven's words for a malformed range.
base::Result<std::vector<VersionInterval>> parse_range(std::string_view text) {
  std::string spec(base::java_trim(text));
  if (!spec.starts_with('[') && !spec.starts_with('(')) spec = "[" + spec + "]";
  std::vector<VersionInterval> intervals;
  std::string_view rest = spec;
  while (!rest.empty()) {
    const auto end = rest.find_first_of("])");
    if ((rest[0] != '[' && rest[0] != '(') || end == std::string_view::npos)
      return config_error("Unbounded range: {}", spec);
    VersionInterval interval;
    interval.low_included = rest[0] == '[';
    interval.high_included = rest[end] == ']';
    const std::string_view inside = rest.substr(1, end - 1);
    const auto comma = inside.find(',');
    interval.low = base::java_trim(inside.substr(0, comma));
    interval.high =
        comma == std::string_view::npos ? interval.low : std::string(base::java_trim(inside.substr(comma + 1)));
    intervals.push_back(std::move(interval));
    rest = base::java_trim(rest.substr(end + 1));
    if (rest.starts_with(',')) rest = base::java_trim(rest.substr(1));
  }
  return intervals;
}

}  // namespace

std::string_view kind_interface(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::kSource:
      return "SourceConnector";
    case ComponentKind::kSink:
      return "SinkConnector";
    case ComponentKind::kConverter:
      return "Converter";
    case ComponentKind::kHeaderConverter:
      return "HeaderConverter";
    case ComponentKind::kTransformation:
      return "Transformation";
    case ComponentKind::kPredicate:
      return "Predicate";
  }
  return "";
}

ClassResolver ComponentCatalog::resolver() const {
  return [this](std::string_view name) -> std::optional<std::string> {
    if (auto found = resolve(name)) return found;
    if (find_platform_class(name) != nullptr || !concrete_children(name, *this).empty()) return std::string(name);
    return std::nullopt;
  };
}

Status check_component(std::string_view class_name, ComponentKind kind, const ComponentCatalog& catalog) {
  if (catalog.is_a(class_name, kind)) return {};
  const PlatformClass* known = find_platform_class(class_name);
  const auto children = concrete_children(class_name, catalog);
  const bool related = (known != nullptr && known->implements == kind_interface(kind)) ||
                       (kind == ComponentKind::kTransformation && !children.empty());
  if (!related) {
    return config_error("Class {} {} does not {} the {} {}",
                        known != nullptr && known->interface ? "interface" : "class", class_name, interface_word(kind),
                        kind_interface(kind), type_word(kind));
  }
  if (children.empty()) return config_error("This class is abstract and cannot be created.");
  return config_error("This class is abstract and cannot be created. Did you mean {}?", base::join(children, ", "));
}

Validator implements(ComponentKind kind, const ComponentCatalog& catalog) {
  return Validator(
      [kind, &catalog](std::string_view, const Value& value) -> Status {
        const auto* name = std::get_if<ClassName>(&value);
        return name == nullptr ? Status() : check_component(name->name, kind, catalog);
      },
      fmt::format("A concrete class that implements {}", kind_interface(kind)));
}

Status check_version(std::string_view class_name, std::string_view requirement, const ComponentCatalog& catalog) {
  const std::string_view wanted = base::java_trim(requirement);
  if (wanted.empty() || wanted == "latest") return {};
  SLUICE_TRY_ASSIGN(const auto intervals, parse_range(wanted));
  const auto versions = catalog.versions(class_name);
  const bool found = std::any_of(versions.begin(), versions.end(), [&](const std::string& version) {
    return std::any_of(intervals.begin(), intervals.end(),
                       [&](const auto& interval) { return interval.contains(version); });
  });
  if (found) return {};
  std::vector<std::string> texts;
  for (const auto& interval : intervals) texts.push_back(interval.to_string());
  return config_error("Plugin {} not found that matches the version range {}, available versions: [{}]", class_name,
                      base::join(texts, ","), base::join(versions, ", "));
}

}  // namespace sluice::config
