#pragma once
// Lines of JSON for standard output, gathered and written whole, so that those of several tasks do not mix.

#include <cstdint>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

namespace verifiable {

// A record's key or value as JSON; structs as objects of their schema's fields.
std::string to_json(const sluice::Value& value, const sluice::Schema* schema);

// To standard output, whole lines. What cannot be written is dropped: nobody reads it then.
void print_text(std::string_view lines);

class JsonLines {
 public:
  JsonLines& begin();
  JsonLines& text(std::string_view name, std::string_view value);
  JsonLines& number(std::string_view name, std::int64_t value);
  JsonLines& raw(std::string_view name, std::string_view json);
  void end() { lines_ += "}\n"; }

  void print();

 private:
  void name(std::string_view name);

  std::string lines_;
};

}  // namespace verifiable
