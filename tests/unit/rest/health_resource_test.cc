#include <nlohmann/json.hpp>

#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

using Json = nlohmann::ordered_json;

class HealthResource : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    create("local");
  }
};

TEST_F(HealthResource, HealthSaysWhy) {
  const auto response = get("/sluice/v1/connectors/local/health");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json health = Json::parse(response.body);
  EXPECT_EQ(health.at("health"), "DEGRADED");
  const Json& task = health.at("tasks").at(0);
  EXPECT_EQ(task.at("state"), "RUNNING");
  EXPECT_EQ(task.at("reasons").at(0).at("code"), "CALLBACK_LONG");
  EXPECT_EQ(task.at("progress").at("callback"), "put");
  EXPECT_EQ(task.at("progress").at("callback_age_ms"), 7000);
  EXPECT_TRUE(task.at("progress").at("last_ack_age_ms").is_null());
  EXPECT_EQ(task.at("restarts").dump(), R"({"count":3,"next_at_ms":1700000000000})");
  EXPECT_FALSE(health.at("connector").contains("id"));
}

TEST_F(HealthResource, HistoryTellsCauses) {
  const auto response = get("/sluice/v1/connectors/local/history");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body,
            R"({"events":[{"at_ms":1700000000000,"task":null,"state":"RUNNING","worker_id":"w:1","cause":null},)"
            R"({"at_ms":1700000000001,"task":0,"state":"FAILED","worker_id":"w:1","cause":"a cause"}]})");
}

TEST_F(HealthResource, UnknownConnectors) {
  EXPECT_EQ(get("/sluice/v1/connectors/nobody/health").status, 404);
  EXPECT_EQ(get("/sluice/v1/connectors/nobody/history").status, 404);
}

}  // namespace
}  // namespace sluice::rest
