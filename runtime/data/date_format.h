#pragma once
// java.text.SimpleDateFormat in UTC and locale en_US, on the calendar of java_calendar.h: formatting shows the year of
// the era; parsing is lenient (parts out of range roll over) and ignores text after the end.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::data {

// A compiled pattern of SimpleDateFormat. Immutable; any thread.
class DateFormat {
 public:
  // Error: IllegalArgumentException with Java's text. Letters: G y Y M L w W D d F E u a H k K h m s S z Z X.
  static base::Result<DateFormat> compile(std::string_view pattern);

  void append(std::int64_t epoch_ms, std::string& out) const;
  // Equal for times that have the same text because the pattern shows nothing finer than its smallest letter.
  std::int64_t period(std::int64_t epoch_ms) const;

  struct Parsed {
    bool ok = false;
    std::int64_t epoch_ms = 0;
    std::size_t end = 0;          // in code units of UTF-16
    std::size_t error_index = 0;  // where not ok
  };
  // Parses from the start of `text`. `now_ms` places two-digit years: within 80 years before and 20 after.
  Parsed parse(std::string_view text, std::int64_t now_ms) const;

 private:
  struct Item {
    char16_t letter = 0;     // 0: literal
    int count = 0;           // letters in a row
    std::u16string literal;  // one code unit or more
  };
  Parsed parse_units(std::u16string_view text, std::int64_t now_ms) const;

  std::vector<Item> items_;
  std::int64_t period_ms_ = 0;
};

}  // namespace sluice::data
