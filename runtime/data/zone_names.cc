#include "runtime/data/zone_names.h"

#include <algorithm>
#include <array>

namespace sluice::data {
namespace {

// No name is the beginning of a later one.
constexpr auto kNames = std::to_array<ZoneName>({
    {"UTC", 0},
    {"Coordinated Universal Time", 0},
    {"Greenwich Mean Time", 0},
    {"PST", -480},
    {"PDT", -420},
    {"Pacific Standard Time", -480},
    {"Pacific Daylight Time", -420},
    {"MST", -420},
    {"MDT", -360},
    {"Mountain Standard Time", -420},
    {"Mountain Daylight Time", -360},
    {"CST", -360},
    {"CDT", -300},
    {"Central Standard Time", -360},
    {"Central Daylight Time", -300},
    {"EST", -300},
    {"EDT", -240},
    {"Eastern Standard Time", -300},
    {"Eastern Daylight Time", -240},
    {"AST", -240},
    {"ADT", -180},
    {"Atlantic Standard Time", -240},
    {"Atlantic Daylight Time", -180},
    {"NST", -210},
    {"NDT", -150},
    {"Newfoundland Standard Time", -210},
    {"Newfoundland Daylight Time", -150},
    {"AKST", -540},
    {"AKDT", -480},
    {"Alaska Standard Time", -540},
    {"Alaska Daylight Time", -480},
    {"HST", -600},
    {"Hawaii-Aleutian Standard Time", -600},
    {"WEST", 60},
    {"WET", 0},
    {"Western European Standard Time", 0},
    {"Western European Summer Time", 60},
    {"BST", 60},
    {"British Summer Time", 60},
    {"CEST", 120},
    {"CET", 60},
    {"Central European Standard Time", 60},
    {"Central European Summer Time", 120},
    {"EEST", 180},
    {"EET", 120},
    {"Eastern European Standard Time", 120},
    {"Eastern European Summer Time", 180},
    {"MSK", 180},
    {"Moscow Standard Time", 180},
    {"India Standard Time", 330},
    {"HKT", 480},
    {"Hong Kong Standard Time", 480},
    {"China Standard Time", 480},
    {"Singapore Standard Time", 480},
    {"JST", 540},
    {"Japan Standard Time", 540},
    {"KST", 540},
    {"Korean Standard Time", 540},
    {"AWST", 480},
    {"Australian Western Standard Time", 480},
    {"ACST", 570},
    {"ACDT", 630},
    {"Australian Central Standard Time", 570},
    {"Australian Central Daylight Time", 630},
    {"AEST", 600},
    {"AEDT", 660},
    {"Australian Eastern Standard Time", 600},
    {"Australian Eastern Daylight Time", 660},
    {"NZST", 720},
    {"NZDT", 780},
    {"New Zealand Standard Time", 720},
    {"New Zealand Daylight Time", 780},
});

constexpr char16_t lower(char16_t c) {
  return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c;
}

bool begins_with(std::u16string_view text, std::string_view name) {
  return text.size() >= name.size() && std::equal(name.begin(), name.end(), text.begin(), [](char a, char16_t b) {
           return lower(static_cast<char16_t>(a)) == lower(b);
         });
}

}  // namespace

const ZoneName* match_zone_name(std::u16string_view text) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const ZoneName& zone) { return begins_with(text, zone.name); });
  return found == kNames.end() ? nullptr : found;
}

}  // namespace sluice::data
