#include "rest/json_body.h"

#include <gtest/gtest.h>

namespace sluice::rest {
namespace {

std::string error_of(std::string_view body) {
  const auto value = parse_json(body);
  return value ? "(none)" : value.error().message();
}

std::string create_error(std::string_view body) {
  const auto value = parse_json(body);
  if (!value) return value.error().message();
  const auto request = bind_create_request(*value, body);
  return request ? "(none)" : request.error().message();
}

constexpr const char* kSource =
    "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: ";

TEST(JsonBody, KeepsNumbersAndOrder) {
  const auto value = parse_json(R"( {"b":1.50,"a":-12345678901234567890123,"c":1e40,"b":[true,null,"x\n"]} )");
  ASSERT_TRUE(value.has_value());
  std::string text;
  append_json(*value, text);
  EXPECT_EQ(text, R"({"b":[true,null,"x\n"],"a":-12345678901234567890123,"c":1e40})");
}

TEST(JsonBody, RepeatedNamesKeepTheLastValueInLargeObjectsToo) {
  std::string body = "{";
  for (int i = 0; i < 200; ++i) body += fmt::format(R"("k{}":{},)", i % 100, i);
  body.back() = '}';
  const auto value = parse_json(body);
  ASSERT_TRUE(value.has_value());
  ASSERT_EQ(value->members.size(), 100U);
  EXPECT_EQ(value->members[0].name, "k0");
  EXPECT_EQ(value->members[0].value.text, "100");
}

TEST(JsonBody, EmptyBodiesAreNull) {
  for (const char* body : {"", "  \r\n\t"}) {
    const auto value = parse_json(body);
    ASSERT_TRUE(value.has_value());
    EXPECT_TRUE(value->is_null());
  }
}

TEST(JsonBody, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(error_of("hello"),
            "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')" +
                std::string(kSource) + "1, column: 1]");
  EXPECT_EQ(error_of("{\"name\":\"x\",}"),
            "Unexpected character ('}' (code 125))" + std::string(kSource) + "1, column: 13]");
  EXPECT_EQ(error_of("{\n \"a\" 1}"), "Unexpected character ('1' (code 49))" + std::string(kSource) + "2, column: 6]");
  EXPECT_TRUE(error_of("[1e400]").starts_with("Numeric value out of range"));
  EXPECT_TRUE(error_of("{\"name\":").starts_with("Unexpected end-of-input"));
}

TEST(JsonBody, DepthAndSizeAreBounded) {
  EXPECT_EQ(error_of(std::string(1000, '[') + std::string(1000, ']')), "(none)");
  EXPECT_TRUE(
      error_of(std::string(100'000, '[')).starts_with("Document nesting depth (1001) exceeds the maximum allowed"));
  std::string wide = "[1";
  for (int i = 0; i < 600'000; ++i) wide += ",1";
  EXPECT_TRUE(error_of(wide + "]").starts_with("Document has more than"));
}

TEST(JsonBody, CreateRequestsAreBoundAsJacksonDoes) {
  EXPECT_EQ(create_error(R"({"name":"a","config":{"k":{"a":1}}})"),
            "Cannot deserialize value of type `java.lang.String` from Object value (token `JsonToken.START_OBJECT`)" +
                std::string(kSource) +
                "1, column: 27] (through reference chain: "
                "org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest[\"config\"]->java.util."
                "LinkedHashMap[\"k\"])");
  EXPECT_TRUE(create_error(R"({"extra":1})")
                  .starts_with("Unrecognized field \"extra\" (class "
                               "org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest)"));
  EXPECT_TRUE(create_error("[]").starts_with(
      "Cannot deserialize value of type `org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest` from "
      "Array value"));
  EXPECT_TRUE(
      create_error("7").find("no int/Int-argument constructor/factory method to deserialize from Number value (7)") !=
      std::string::npos);
  EXPECT_TRUE(create_error(R"({"name":["x"]})")
                  .starts_with("Cannot deserialize value of type `java.lang.String` from Array value"));
  EXPECT_EQ(create_error(R"({"name":5,"config":null,"initial_state":null})"), "(none)");
}

}  // namespace
}  // namespace sluice::rest
