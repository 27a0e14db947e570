#include "runtime/plugin/version.h"

#include <algorithm>

namespace sluice::plugin {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// The next run of digits or of other characters, without separators; empty at the end.
std::string_view next_part(std::string_view& rest) {
  while (!rest.empty() && (rest[0] == '.' || rest[0] == '-' || rest[0] == '_' || rest[0] == '+')) rest.remove_prefix(1);
  std::size_t size = 0;
  while (size < rest.size() && digit(rest[size]) == digit(rest[0]) && rest[size] != '.' && rest[size] != '-' &&
         rest[size] != '_' && rest[size] != '+')
    ++size;
  const std::string_view part = rest.substr(0, size);
  rest.remove_prefix(size);
  return part;
}

int compare_numbers(std::string_view a, std::string_view b) {
  while (a.size() > 1 && a[0] == '0') a.remove_prefix(1);
  while (b.size() > 1 && b[0] == '0') b.remove_prefix(1);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  while (true) {
    const std::string_view left = next_part(a);
    const std::string_view right = next_part(b);
    if (left.empty() && right.empty()) return 0;
    const bool left_number = !left.empty() && digit(left[0]);
    const bool right_number = !right.empty() && digit(right[0]);
    // A number beats the end, the end beats a word: 1.0.1 > 1.0 > 1.0-rc1. A missing number counts as zero.
    if (left_number || right_number) {
      if (!left_number && !left.empty()) return -1;
      if (!right_number && !right.empty()) return 1;
      const int order = compare_numbers(left.empty() ? "0" : left, right.empty() ? "0" : right);
      if (order != 0) return order;
      continue;
    }
    if (left.empty()) return 1;
    if (right.empty()) return -1;
    const int order = left.compare(right);
    if (order != 0) return order;
  }
}

}  // namespace sluice::plugin
