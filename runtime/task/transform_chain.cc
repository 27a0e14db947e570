#include "runtime/task/transform_chain.h"

#include <algorithm>
#include <utility>

namespace sluice::task {

// Collects what failed while one stage ran.
class TransformChain::StageErrors final : public data::RecordErrors {
 public:
  void fail(data::Batch& batch, std::uint32_t index, base::Error error) override {
    batch.record(index).flags |= SLUICE_RECORD_FAILED;
    errors.emplace_back(index, std::move(error));
  }
  std::vector<std::pair<std::uint32_t, base::Error>> errors;
};

base::Status TransformChain::apply(const data::TransformContext& context, data::Batch& batch, ErrorPolicy& policy) {
  failures_.clear();
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    SLUICE_TRY(apply_stage(context, stages_[i], batch, policy));
    if (observer_ != nullptr) [[unlikely]]
      observer_->after(i, batch, hidden_);
  }
  std::sort(failures_.begin(), failures_.end(), [](const auto& a, const auto& b) { return a.record < b.record; });
  return {};
}

base::Status TransformChain::apply_stage(const data::TransformContext& context, TransformStage& stage,
                                         data::Batch& batch, ErrorPolicy& policy) {
  StageErrors errors;
  hidden_.clear();
  if (stage.predicate != nullptr) {
    SLUICE_TRY(select(context, stage, batch, errors));
  }
  auto status = stage.transform->apply(context, batch, errors);
  for (const std::uint32_t index : hidden_) batch.record(index).flags &= ~SLUICE_RECORD_DROP;
  SLUICE_TRY(std::move(status));
  for (auto& [index, error] : errors.errors) {
    if (error.code() == base::Code::kRetry) {
      SLUICE_TRY(retry_record(context, stage, batch, index, policy, std::move(error)));
    } else {
      failures_.push_back({index, stage.class_name, std::move(error)});
    }
  }
  return {};
}

// Hides the records that the stage is not for: a transform leaves dropped records alone.
base::Status TransformChain::select(const data::TransformContext& context, TransformStage& stage, data::Batch& batch,
                                    StageErrors& errors) {
  matches_.assign((batch.size() + 63) / 64, 0);
  SLUICE_TRY(stage.predicate->test(context, batch, matches_, errors));
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    data::Record& record = batch.record(i);
    const bool matched = (matches_[i / 64] >> (i % 64) & 1) != 0;
    if (!record.live() || matched != stage.negate) continue;
    record.flags |= SLUICE_RECORD_DROP;
    hidden_.push_back(i);
  }
  return {};
}

// Runs the stage again for this record alone.
base::Status TransformChain::retry_record(const data::TransformContext& context, TransformStage& stage,
                                          data::Batch& batch, std::uint32_t index, ErrorPolicy& policy,
                                          base::Error error) {
  std::vector<std::uint32_t> others;
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (i == index || !batch.record(i).live()) continue;
    batch.record(i).flags |= SLUICE_RECORD_DROP;
    others.push_back(i);
  }
  bool first = true;
  base::Status broken;
  const auto outcome = policy.with_retry([&]() -> base::Status {
    if (std::exchange(first, false)) return base::fail(error);
    batch.record(index).flags &= ~SLUICE_RECORD_FAILED;
    StageErrors errors;
    broken = stage.transform->apply(context, batch, errors);
    if (errors.errors.empty()) return {};
    error = std::move(errors.errors.front().second);
    return base::fail(error);
  });
  for (const std::uint32_t i : others) batch.record(i).flags &= ~SLUICE_RECORD_DROP;
  SLUICE_TRY(std::move(broken));
  if (!outcome && outcome.error().code() == base::Code::kStopping) return base::fail(outcome.error());
  if (!outcome) failures_.push_back({index, stage.class_name, outcome.error()});
  return {};
}

}  // namespace sluice::task
