#include <algorithm>

#include "smt/time_zone.h"

namespace sluice::smt {
namespace {

// Reads the pieces of a TZ text from its front.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool at(char c) const { return !text_.empty() && text_[0] == c; }
  bool take(char c) {
    if (!at(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  // "CET" or "<+0330>".
  bool name() {
    std::size_t size = 0;
    if (take('<')) {
      size = text_.find('>');
      if (size == std::string_view::npos) return false;
      text_.remove_prefix(size + 1);
      return true;
    }
    while (size < text_.size() && ((text_[size] | 0x20) >= 'a' && (text_[size] | 0x20) <= 'z')) ++size;
    text_.remove_prefix(size);
    return size >= 3;
  }
  bool number(int max, int* value) {
    std::size_t size = 0;
    *value = 0;
    while (size < text_.size() && text_[size] >= '0' && text_[size] <= '9' && size < 4)
      *value = *value * 10 + (text_[size++] - '0');
    text_.remove_prefix(size);
    return size > 0 && *value <= max;
  }
  // [+-]hh[:mm[:ss]] in seconds.
  bool time(std::int32_t* seconds) {
    const bool negative = at('-');
    if (negative || at('+')) text_.remove_prefix(1);
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!number(167, &hour)) return false;
    if (take(':') && !number(59, &minute)) return false;
    if (take(':') && !number(59, &second)) return false;
    *seconds = (hour * 60 + minute) * 60 + second;
    if (negative) *seconds = -*seconds;
    return true;
  }
  bool change(ZoneRule::Change* change) {
    using Form = ZoneRule::Change::Form;
    change->second = 2 * 3600;
    if (take('M')) {
      change->form = Form::kMonthWeekDay;
      if (!number(12, &change->month) || !take('.') || !number(5, &change->week) || !take('.') ||
          !number(6, &change->day))
        return false;
    } else {
      change->form = take('J') ? Form::kDayOfYearWithoutLeapDay : Form::kDayOfYear;
      if (!number(365, &change->day)) return false;
    }
    return !take('/') || time(&change->second);
  }

 private:
  std::string_view text_;
};

}  // namespace

std::optional<ZoneRule> parse_zone_rule(std::string_view text) {
  Reader reader(text);
  ZoneRule rule;
  // POSIX counts west of UTC as positive.
  if (!reader.name() || !reader.time(&rule.standard)) return std::nullopt;
  rule.standard = -rule.standard;
  if (reader.done()) return rule;
  rule.has_summer = true;
  if (!reader.name()) return std::nullopt;
  rule.summer = rule.standard + 3600;
  if (!reader.at(',')) {
    if (!reader.time(&rule.summer)) return std::nullopt;
    rule.summer = -rule.summer;
  }
  if (!reader.take(',') || !reader.change(&rule.start) || !reader.take(',') || !reader.change(&rule.end) ||
      !reader.done())
    return std::nullopt;
  return rule;
}

}  // namespace sluice::smt
