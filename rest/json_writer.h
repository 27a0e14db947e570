#pragma once
// Writes JSON as Connect's REST API does: no white space, texts as base::append_json_string writes them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::rest {

// Puts commas itself. Misuse (a value without its key) is the caller's bug and gives broken JSON, nothing worse.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& text_or_null(const std::optional<std::string>& value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& raw(std::string_view json);  // a complete JSON text

  std::string take() && { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string out_;
  bool comma_ = false;  // a value has been written at this level
};

}  // namespace sluice::rest
