#include "runtime/store/record_json.h"

#include <utility>
#include <vector>

#include "runtime/base/json_text.h"
#include "runtime/config/hash_order.h"

namespace sluice::store {

using convert::json::Node;
using convert::json::NodeKind;

base::Result<Node> RecordJson::parse(std::string_view bytes) {
  if (bytes.data() == nullptr) {
    Node null;
    null.kind = NodeKind::kNull;
    return null;
  }
  nodes_.reset();
  texts_.reset();
  SLUICE_TRY_ASSIGN(Node root, convert::json::parse(bytes, nodes_.c(), texts_.c()));
  if (root.kind == NodeKind::kMissing) root.kind = NodeKind::kNull;
  return root;
}

std::optional<std::string_view> text_member(const Node& object, std::string_view name) {
  const Node* member = object.get(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return member->text;
}

std::optional<std::int64_t> integer_member(const Node& object, std::string_view name) {
  const Node* member = object.get(name);
  if (member == nullptr || member->kind != NodeKind::kInteger || member->width == convert::json::IntegerWidth::kBig)
    return std::nullopt;
  return member->low64;
}

std::optional<bool> boolean_member(const Node& object, std::string_view name) {
  const Node* member = object.get(name);
  if (member == nullptr || (member->kind != NodeKind::kTrue && member->kind != NodeKind::kFalse)) return std::nullopt;
  return member->kind == NodeKind::kTrue;
}

std::optional<config::ConfigMap> config_of(const Node& object) {
  std::vector<std::string> names;
  for (const auto& member : object.fields()) names.emplace_back(member.name);
  config::ConfigMap config;
  for (const std::size_t at : config::java_hash_map_order(names)) {
    const Node& value = object.fields()[at].value;
    switch (value.kind) {
      case NodeKind::kNull:
        config.set(names[at], std::nullopt);
        break;
      case NodeKind::kTrue:
      case NodeKind::kFalse:
        config.set(names[at], value.kind == NodeKind::kTrue ? "true" : "false");
        break;
      case NodeKind::kString:
      case NodeKind::kInteger:
      case NodeKind::kDecimal:
        config.set(names[at], std::string(value.text));
        break;
      default:
        return std::nullopt;
    }
  }
  return config;
}

void append_config(const config::ConfigMap& config, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [key, text] : config) {
    if (!std::exchange(first, false)) out += ',';
    base::append_json_string(key, out);
    out += ':';
    if (text) {
      base::append_json_string(*text, out);
    } else {
      out += "null";
    }
  }
  out += '}';
}

}  // namespace sluice::store
