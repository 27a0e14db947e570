#pragma once
// Names of time zones as Java's locale en_US has them, for reading dates. Internal to date_format.h.

#include <string_view>

namespace sluice::data {

struct ZoneName {
  std::string_view name;
  int minutes;  // east of Greenwich
};

// The name that `text` begins with, in any case, or nullptr. Names that several zones share mean what Java takes them
// for, such as CST for the one in America; names of which that is uncertain are not here.
const ZoneName* match_zone_name(std::u16string_view text);

}  // namespace sluice::data
