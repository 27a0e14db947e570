// Clusters without faults: what a change may disturb.

#include "tests/simulation/cluster.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "runtime/base/log.h"

namespace sluice::simulation {
namespace {

class QuietCluster : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() { base::set_logger_level("root", base::LogLevel::kOff, 0); }

  QuietCluster() : world_(11), cluster_(world_, {{GetParam()}, Ms(300'000)}) {
    for (int place = 0; place < 3; ++place) cluster_.start(place);
  }
  ~QuietCluster() override {
    in_world([this] { cluster_.stop_all(); });
    EXPECT_TRUE(world_.run_until([this] { return world_.threads().empty(); }, Ms(60'000)));
    EXPECT_TRUE(cluster_.ledger.complaints().empty());
    world_.forget();
  }

  void in_world(const std::function<void()>& fn) {
    bool done = false;
    world_.spawn("test", [&] {
      fn();
      done = true;
    });
    ASSERT_TRUE(world_.run_until([&] { return done; }, Ms(600'000)));
  }
  void settle() {
    for (int seconds = 0; seconds < 120 && (seconds < 20 || cluster_.problem()); ++seconds) world_.run_for(Ms(1000));
    ASSERT_EQ(cluster_.problem(), std::nullopt);
  }
  void create(int number) {
    const std::string name = fmt::format("c{}", number);
    const config::ConfigMap config{{"connector.class", "Source"},
                                   {"name", name},
                                   {"tasks.max", "4"},
                                   {"tasks", std::to_string(1 + number % 4)},
                                   {"version", "1"}};
    in_world([&] {
      const auto created = cluster_.request<herder::ConnectorInfo>(number % 3, [=](auto& herder, auto deadline) {
        return herder.create_connector({name, config, {}}, deadline);
      });
      EXPECT_TRUE(created) << created.error().to_string();
    });
  }

  World world_;
  Cluster cluster_;
};

TEST_P(QuietCluster, ANewConnectorBeginsAndNothingElseDoes) {
  for (int number = 0; number < 7; ++number) create(number);
  settle();
  for (int number = 7; number < 20; ++number) {
    const std::uint64_t before = cluster_.ledger.started();
    create(number);
    settle();
    EXPECT_EQ(cluster_.ledger.started() - before, static_cast<std::uint64_t>(1 + 1 + number % 4));
  }
}

TEST_P(QuietCluster, AConnectorThatGoesTakesNothingElseWithItButForBalance) {
  for (int number = 0; number < 6; ++number) create(number);
  settle();
  const std::uint64_t before = cluster_.ledger.started();
  in_world([&] {
    EXPECT_TRUE(
        cluster_.request<void>(1, [](auto& herder, auto deadline) { return herder.delete_connector("c3", deadline); }));
  });
  settle();
  EXPECT_TRUE(cluster_.ledger.runs({"c3", -1}).empty());
  EXPECT_LE(cluster_.ledger.started() - before, 3u);
}

INSTANTIATE_TEST_SUITE_P(Protocols, QuietCluster, testing::Values("sessioned", "compatible"));

}  // namespace
}  // namespace sluice::simulation
