#include "runtime/task/transform_chain.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/data/schema.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/stop_signal.h"

namespace sluice::task {
namespace {

using base::Code;

// A transform made of a function of one record's number.
class FunctionTransform final : public data::RecordTransform {
 public:
  explicit FunctionTransform(std::function<base::Status(data::Record&)> function) : function_(std::move(function)) {}
  base::Status apply_record(const data::TransformContext&, data::Batch&, data::Record& record) override {
    return function_(record);
  }

 private:
  std::function<base::Status(data::Record&)> function_;
};

class EvenPredicate final : public data::RecordPredicate {
 public:
  base::Result<bool> test_record(const data::TransformContext&, data::Batch&, const data::Record& record) override {
    return record.cookie % 2 == 0;
  }
};

class TransformChainTest : public testing::Test {
 protected:
  TransformChainTest()
      : group_(registry_.group("task-error-metrics", {})),
        policy_({"c", 0}, config(), nullptr, *group_, stop_, base::system_clock()) {
    batch_.allocate_records(6);
    for (std::uint32_t i = 0; i < 6; ++i) batch_.record(i).cookie = i;
  }
  static config::ErrorPolicyConfig config() {
    config::ErrorPolicyConfig config;
    config.retry_timeout_ms = 60'000;
    config.retry_delay_max_ms = 1;  // so that retries in these tests take no time
    return config;
  }
  TransformStage stage(std::function<base::Status(data::Record&)> function, bool predicate = false,
                       bool negate = false) {
    TransformStage stage{"com.acme.Fn", std::make_unique<FunctionTransform>(std::move(function)), nullptr, negate};
    if (predicate) stage.predicate = std::make_unique<EvenPredicate>();
    return stage;
  }
  base::Status apply(TransformStage first, TransformStage second) {
    std::vector<TransformStage> stages;
    stages.push_back(std::move(first));
    stages.push_back(std::move(second));
    chain_.emplace(std::move(stages));
    return chain_->apply({&pool_, false}, batch_, policy_);
  }
  static base::Status mark(data::Record& record) {
    record.kafka_offset += 1;
    return {};
  }
  std::vector<std::int64_t> marks() {
    std::vector<std::int64_t> result;
    for (std::uint32_t i = 0; i < 6; ++i) result.push_back(batch_.record(i).kafka_offset);
    return result;
  }

  metrics::Registry registry_{{}, base::system_clock()};
  std::shared_ptr<metrics::Group> group_;
  StopSignal stop_;
  ErrorPolicy policy_;
  data::SchemaPool pool_;
  data::Batch batch_;
  std::optional<TransformChain> chain_;
};

TEST_F(TransformChainTest, APredicateChoosesRecordsAndNegateTurnsItRound) {
  ASSERT_TRUE(apply(stage(mark, true), stage(mark, true, true)));
  EXPECT_EQ(marks(), (std::vector<std::int64_t>{1, 1, 1, 1, 1, 1}));
  ASSERT_TRUE(apply(stage(mark, true), stage(mark, true)));
  EXPECT_EQ(marks(), (std::vector<std::int64_t>{3, 1, 3, 1, 3, 1}));
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_TRUE(batch_.record(i).live());
}

TEST_F(TransformChainTest, DroppedRecordsStayDroppedAndAreNotSeenAgain) {
  const auto drop = [](data::Record& record) -> base::Status {
    if (record.cookie < 2) record.flags |= SLUICE_RECORD_DROP;
    return {};
  };
  ASSERT_TRUE(apply(stage(drop), stage(mark, true)));
  EXPECT_EQ(marks(), (std::vector<std::int64_t>{0, 0, 1, 0, 1, 0}));
  EXPECT_TRUE(batch_.record(0).dropped());
  EXPECT_TRUE(batch_.record(1).dropped());
}

TEST_F(TransformChainTest, AFailedRecordLeavesTheChainAndTheRestGoesOn) {
  const auto fail = [](data::Record& record) -> base::Status {
    if (record.cookie == 3) return base::data_error("no {}", 3);
    return {};
  };
  ASSERT_TRUE(apply(stage(fail), stage(mark)));
  EXPECT_EQ(marks(), (std::vector<std::int64_t>{1, 1, 1, 0, 1, 1}));
  ASSERT_EQ(chain_->failures().size(), 1u);
  EXPECT_EQ(chain_->failures()[0].record, 3u);
  EXPECT_EQ(chain_->failures()[0].error.message(), "no 3");
  EXPECT_EQ(chain_->failures()[0].executing_class, "com.acme.Fn");
}

TEST_F(TransformChainTest, ARetriableErrorIsRetriedForItsRecordAlone) {
  int attempts = 0;
  std::vector<std::uint64_t> seen;
  const auto flaky = [&](data::Record& record) -> base::Status {
    seen.push_back(record.cookie);
    if (record.cookie == 4 && ++attempts < 3) return base::fail(Code::kRetry, base::exceptions::kRetriable, "later");
    return {};
  };
  ASSERT_TRUE(apply(stage(flaky), stage(mark)));
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 4, 4}));
  EXPECT_TRUE(chain_->failures().empty());
  EXPECT_EQ(marks(), (std::vector<std::int64_t>{1, 1, 1, 1, 1, 1}));
}

TEST_F(TransformChainTest, AStopEndsTheRetries) {
  stop_.request();
  const auto never = [](data::Record& record) -> base::Status {
    if (record.cookie == 0) return base::fail(Code::kRetry, base::exceptions::kRetriable, "later");
    return {};
  };
  // The record is not given up: whoever goes on gets it again.
  const auto status = apply(stage(never), stage(mark));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kStopping);
  EXPECT_TRUE(chain_->failures().empty());
}

}  // namespace
}  // namespace sluice::task
