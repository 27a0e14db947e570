#include "runtime/store/offset_key.h"

#include <nlohmann/json.hpp>

namespace sluice::store {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Behind the JSON string that `text` begins with.
std::size_t skip_string(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

}  // namespace

std::optional<OffsetKey> parse_offset_key(std::string_view key) {
  const auto json = nlohmann::json::parse(key, nullptr, false);
  if (!json.is_array() || json.size() != 2 || !json[0].is_string() || !(json[1].is_object() || json[1].is_null()))
    return std::nullopt;
  // The text is well-formed, so that the second item is what lies between the first one's comma and the last bracket.
  std::string_view rest = trim(key);
  rest = trim(rest.substr(1, rest.size() - 2));
  rest = trim(rest.substr(skip_string(rest)));
  return OffsetKey{json[0].get<std::string>(), std::string(trim(rest.substr(1)))};
}

std::string canonical_offset_key(std::string_view key) {
  const auto json = nlohmann::json::parse(key, nullptr, false);
  if (json.is_discarded()) return std::string(key);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sluice::store
