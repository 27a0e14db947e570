#include "runtime/store/java_serialization.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace sluice::store {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/offsets/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

JavaByteMap sorted(JavaByteMap map) {
  std::sort(map.begin(), map.end());
  return map;
}

TEST(JavaSerialization, ReadsWhatJavaWrote) {
  const auto map = read_java_byte_map(golden("three.offsets"));
  ASSERT_TRUE(map) << map.error().message();
  const JavaByteMap expected = {
      {R"(["local-file-source",{"filename":"/tmp/in.txt"}])", R"({"position":42})"},
      {R"(["mirror",{"cluster":"a","partition":0,"topic":"t"}])", R"({"offset":7})"},
      {"[\"\u00fcml\u00e4ut\",null]", "{\"position\":1,\"name\":\"\u6f22\"}"},
  };
  EXPECT_EQ(sorted(*map), sorted(expected));
}

TEST(JavaSerialization, ReadsNullsAndSharedArraysAndManyPairs) {
  const JavaByteMap nulls = {
      {std::nullopt, "{}"}, {R"(["c",{"p":1}])", std::nullopt}, {R"(["c",{"p":2}])", R"({"o":2})"}};
  EXPECT_EQ(sorted(read_java_byte_map(golden("nulls.offsets")).value()), nulls);
  const auto shared = read_java_byte_map(golden("shared.offsets")).value();
  ASSERT_EQ(shared.size(), 3u);
  for (const auto& [key, value] : shared) EXPECT_EQ(value, R"({"same":true})");
  EXPECT_EQ(read_java_byte_map(golden("many.offsets")).value().size(), 200u);
  EXPECT_TRUE(read_java_byte_map(golden("empty.offsets")).value().empty());
}

TEST(JavaSerialization, WritesTheBytesThatJavaWrites) {
  // Same pairs in the same order: Java's own bytes, capacity and threshold included.
  for (const char* name : {"three.offsets", "nulls.offsets", "many.offsets", "empty.offsets"}) {
    const std::string java = golden(name);
    const auto map = read_java_byte_map(java);
    ASSERT_TRUE(map) << name;
    if (map->empty()) continue;  // a Java map that never held anything has its first table still to make
    EXPECT_EQ(write_java_byte_map(*map), java) << name;
  }
}

TEST(JavaSerialization, RefusesEveryTruncation) {
  const std::string whole = golden("three.offsets");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_java_byte_map(whole.substr(0, size))) << size;
  EXPECT_FALSE(read_java_byte_map(whole + "x"));
}

TEST(JavaSerialization, SaysWhatIsWrong) {
  const auto message = [](std::string_view stream) {
    const auto map = read_java_byte_map(stream);
    return map ? std::string("no error") : map.error().message();
  };
  EXPECT_EQ(message("hello, world"), "at byte 0: this is not a Java serialization stream");
  EXPECT_EQ(message(""), "at byte 0: the stream ends 2 bytes too early");
  EXPECT_NE(message(golden("wrong.offsets")).find("a byte[] should stand here, not type code 0x74"), std::string::npos);
  std::string huge = golden("empty.offsets");
  huge[huge.size() - 5] = 0x7F;  // the size of the map
  EXPECT_NE(message(huge).find("the map cannot hold"), std::string::npos);
}

}  // namespace
}  // namespace sluice::store
