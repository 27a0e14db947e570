#include "plugins/file/line_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace file_stream {
namespace {

using namespace std::string_view_literals;

TEST(NextLine, EndsAtAnyOfJavasTerminators) {
  EXPECT_EQ(next_line("one\ntwo\n").text, "one");
  EXPECT_EQ(next_line("one\ntwo\n").bytes, 4u);
  EXPECT_EQ(next_line("one\r\ntwo").text, "one");
  EXPECT_EQ(next_line("one\r\ntwo").bytes, 5u);
  EXPECT_EQ(next_line("one\rtwo").text, "one");
  EXPECT_EQ(next_line("one\rtwo").bytes, 4u);
  EXPECT_EQ(next_line("\n").text, "");
  EXPECT_EQ(next_line("\n").bytes, 1u);
}

TEST(NextLine, WaitsForTheRest) {
  EXPECT_EQ(next_line("").bytes, 0u);
  EXPECT_EQ(next_line("no end").bytes, 0u);
  EXPECT_EQ(next_line("may be half of a pair\r").bytes, 0u);
}

TEST(Utf16Length, CountsWhatAJavaReaderWould) {
  EXPECT_EQ(utf16_length("plain"), 5u);
  EXPECT_EQ(utf16_length("stra\xC3\x9F"
                         "e"),
            6u);
  EXPECT_EQ(utf16_length("\xF0\x9F\x98\x80"), 2u);  // beyond the basic plane: a surrogate pair
  EXPECT_EQ(utf16_length("a\xFF\xFE"
                         "b"),
            4u);                            // two malformed bytes, one replacement each
  EXPECT_EQ(utf16_length("\xE6\x97"), 1u);  // a sequence cut short is one replacement
}

TEST(RepairUtf8, ReplacesMalformedSequencesOnly) {
  std::string out;
  EXPECT_FALSE(
      repair_utf8("Stra\xC3\x9F"
                  "e \xF0\x9F\x98\x80",
                  out));
  EXPECT_TRUE(
      repair_utf8("a\xFF"
                  "b\xC0\xAF"
                  "c\xED\xA0\x80"
                  "d",
                  out));
  EXPECT_EQ(out,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD"
            "c\xEF\xBF\xBD"
            "d");
}

TEST(IsAscii, LooksAtEveryByte) {
  for (std::size_t size = 1; size < 20; ++size) {
    std::string text(size, 'x');
    EXPECT_TRUE(is_ascii(text));
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      EXPECT_FALSE(is_ascii(text));
      text[at] = 'x';
    }
  }
}

}  // namespace
}  // namespace file_stream
