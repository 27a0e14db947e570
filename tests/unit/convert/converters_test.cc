// Behaviour of the built-in converters that the recorded vectors do not pin: the list, limits, caches, places of
// results.

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "runtime/convert/base64.h"
#include "runtime/convert/builtin.h"
#include "runtime/convert/json_decoder.h"
#include "runtime/convert/json_encoder.h"
#include "runtime/convert/utf8.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"

namespace sluice::convert {
namespace {

class ConvertersTest : public ::testing::Test {
 protected:
  std::unique_ptr<data::Converter> make(std::string_view name, const config::ConfigMap& config = {}) {
    auto converter = find_builtin_converter(name)->create(config, false);
    EXPECT_TRUE(converter.has_value()) << converter.error().message();
    return std::move(*converter);
  }
  data::ConvertContext context() { return {arena_.c(), &pool_}; }

  data::SchemaPool pool_;
  data::Arena arena_;
};

TEST_F(ConvertersTest, EachAnswersToItsClassAndItsAliases) {
  EXPECT_EQ(builtin_converters().size(), 10U);
  for (const BuiltinConverter& converter : builtin_converters()) {
    EXPECT_EQ(find_builtin_converter(converter.class_name), &converter);
    for (const std::string& alias : converter.aliases) EXPECT_EQ(find_builtin_converter(alias), &converter) << alias;
    for (const config::ComponentKind kind : converter.kinds)
      EXPECT_TRUE(kind == config::ComponentKind::kConverter ? converter.create != nullptr
                                                            : converter.create_header != nullptr);
    EXPECT_FALSE(converter.config_def().keys().empty() && converter.create != nullptr);
  }
  EXPECT_EQ(find_builtin_converter("org.example.Other"), nullptr);
  EXPECT_EQ(find_builtin_converter("SimpleHeaderConverter")->create, nullptr);
}

TEST_F(ConvertersTest, TextsAndBytesPassWithoutACopy) {
  const std::string text = "caf\xC3\xA9";
  const auto string = make("String");
  EXPECT_EQ(string->from_connect(context(), "t", nullptr, Value::string(text))->data(), text.data());
  EXPECT_EQ(string->to_connect(context(), "t", text)->value.text().data(), text.data());
  const auto bytes = make("ByteArray");
  EXPECT_EQ(bytes->to_connect(context(), "t", text)->value.text().data(), text.data());
}

TEST_F(ConvertersTest, NestingIsBoundedBothWays) {
  const auto json = make("Json", {{"schemas.enable", "false"}});
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const std::string deepest = nested(1000);
  const auto value = json->to_connect(context(), "t", deepest);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*json->from_connect(context(), "t", nullptr, value->value), deepest);
  EXPECT_FALSE(json->to_connect(context(), "t", nested(1001)).has_value());
  const Value one_more = Value::array(&value->value, 1);
  const auto refused = json->from_connect(context(), "t", nullptr, one_more);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message(), "Converting Kafka Connect data to byte[] failed due to serialization error: ");
}

TEST_F(ConvertersTest, OfMembersOfOneNameTheLastCounts) {
  const auto json = make("Json", {{"schemas.enable", "false"}});
  for (const int count : {2, 31, 33, 500}) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    text += "\"k1\":-1}";
    const auto result = json->to_connect(context(), "t", text);
    ASSERT_TRUE(result.has_value());
    ASSERT_EQ(result->value.size, static_cast<std::uint32_t>(count));
    EXPECT_EQ(result->value.items()[2].text(), "k1");
    EXPECT_EQ(result->value.items()[3].i64(), -1);
  }
}

TEST_F(ConvertersTest, ManySchemasInTurnAreAllRead) {
  json::Options options;
  options.cache_size = 3;
  json::Decoder decoder(options, "");
  for (int round = 0; round < 40; ++round) {
    const std::string name = "s" + std::to_string(round % 7);
    const std::string message = R"({"schema":{"type":"struct","name":")" + name +
                                R"(","fields":[{"type":"int32","field":"a"}]},"payload":{"a":)" +
                                std::to_string(round) + "}}";
    const auto result = decoder.decode(context(), message);
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->schema->name(), name);
    EXPECT_EQ(result->value.items()[0].i64(), round);
  }
}

TEST_F(ConvertersTest, FieldsInAnyOrderMissingOrUnknown) {
  json::Decoder decoder({}, "");
  const std::string start =
      R"({"schema":{"type":"struct","fields":[{"type":"int32","field":"a"},{"type":"string","optional":true,"field":"b"},{"type":"int64","default":7,"field":"c"}]},"payload":)";
  const auto read = [&](const std::string& payload) {
    const auto result = decoder.decode(context(), start + payload + "}");
    EXPECT_TRUE(result.has_value()) << payload;
    return result ? std::vector<Value>(result->value.items().begin(), result->value.items().end())
                  : std::vector<Value>(3);
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(read(R"({"c":3,"b":"x","a":1})")[0].i64(), 1);
    EXPECT_EQ(read(R"({ "a" : 1 , "zz":{"a":[1]}, "b":null})")[2].i64(), 7);
    EXPECT_EQ(read(R"({"a":1,"a":2})")[0].i64(), 2);
    EXPECT_EQ(read(R"({"\u0061":5})")[0].i64(), 5);
    const auto missing = decoder.decode(context(), start + "{}}");
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().message(), "Invalid null value for required INT32 field");
  }
}

TEST_F(ConvertersTest, AFullArenaIsAnErrorOfItsOwn) {
  data::Arena small(1024);
  const data::ConvertContext context{small.c(), &pool_};
  const std::string text(5000, 'x');
  const auto json = make("Json", {{"schemas.enable", "false"}});
  const auto written = json->from_connect(context, "t", nullptr, Value::string(text));
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code(), base::Code::kNoMemory);
  std::string list = "[1";
  for (int i = 0; i < 1000; ++i) list += ",1";
  const auto read = json->to_connect(context, "t", list + "]");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), base::Code::kNoMemory);
}

TEST_F(ConvertersTest, LongTextsGrowAcrossBlocks) {
  const auto json = make("Json", {{"schemas.enable", "false"}});
  std::string text, expected = "\"";
  for (int i = 0; i < 100'000; ++i) {
    text += i % 3 == 0 ? "\n" : "ab\xE2\x82\xAC";
    expected += i % 3 == 0 ? "\\n" : "ab\xE2\x82\xAC";
  }
  EXPECT_EQ(*json->from_connect(context(), "t", nullptr, Value::string(text)), expected + "\"");
}

// Every length around the blocks in which texts are written, with each special character at each place;
// the texts allocated exactly, so that sanitizers see a read too many.
TEST_F(ConvertersTest, SpecialCharactersAtEveryPlace) {
  const auto json = make("Json", {{"schemas.enable", "false"}});
  const std::pair<std::string, std::string> specials[] = {{"\"", "\\\""},
                                                          {"\\", "\\\\"},
                                                          {"\n", "\\n"},
                                                          {std::string(1, '\1'), "\\u0001"},
                                                          {"\xC3\xA9", "\xC3\xA9"},
                                                          {"\xF0\x9F\x98\x80", "\\uD83D\\uDE00"}};
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string plain = std::string("abcdefghijklmnopqrstuvwxyz0123456789 _-+").substr(0, size);
    EXPECT_EQ(*json->from_connect(context(), "t", nullptr, Value::string(plain)), '"' + plain + '"');
    for (const auto& [special, escaped] : specials) {
      for (std::size_t at = 0; at <= size; ++at) {
        for (const std::size_t again : {at, (at + size) / 2, size}) {
          const std::string a = plain.substr(0, at), b = plain.substr(at, again - at), c = plain.substr(again);
          const std::vector<char> text = [&] {
            const std::string whole = a + special + b + special + c;
            return std::vector<char>(whole.begin(), whole.end());
          }();
          ASSERT_EQ(*json->from_connect(context(), "t", nullptr, Value::string({text.data(), text.size()})),
                    '"' + a + escaped + b + escaped + c + '"');
        }
      }
    }
  }
}

TEST(Base64, AsJacksonReadsIt) {
  const auto read = [](std::string_view text) -> std::string {
    std::array<char, 64> buffer;
    const char* const end = read_base64(buffer.data(), text);
    return end == nullptr ? "refused" : std::string(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  };
  EXPECT_EQ(read("YWJj"), "abc");
  EXPECT_EQ(read(" YWJj\nYQ=="), "abca");
  EXPECT_EQ(read("YQ==YQ=="), "aa");
  EXPECT_EQ(read(""), "");
  for (const char* bad : {"YQ", "YQ=", "Y Q=", "YQ=a", "!!!!", "YWJjY"}) EXPECT_EQ(read(bad), "refused") << bad;
}

TEST(Utf8, StrictAndJavaForms) {
  EXPECT_TRUE(is_utf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF", "abcdefghijklmnop\x80"})
    EXPECT_FALSE(is_utf8(bad));
  std::string text;
  append_java_text("a\xE2\x82z\xED\xA0\x80", text);
  EXPECT_EQ(text, "a\xEF\xBF\xBDz\xEF\xBF\xBD");
  std::string bytes;
  append_java_utf8("a\xED\xA0\x80z", bytes);
  EXPECT_EQ(bytes, "a?z");
}

}  // namespace
}  // namespace sluice::convert
