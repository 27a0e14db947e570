#pragma once
// The transforms of a task, in order, each under its predicate if it has one (spec connect-runtime.md section 7.4,
// KIP-66 and KIP-585). Runs whole batches: a record that fails in one stage takes no part in the next ones.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/data/batch.h"
#include "runtime/data/transform.h"
#include "runtime/task/error_policy.h"

namespace sluice::task {

struct TransformStage {
  std::string class_name;  // Java's, for reports
  std::unique_ptr<data::Transform> transform;
  std::unique_ptr<data::Predicate> predicate;  // null: always applied
  bool negate = false;
  std::string alias = {};
};

// A record that a stage gave up on, after retries.
struct TransformFailure {
  std::uint32_t record;  // index in the batch
  std::string_view executing_class;
  base::Error error;
};

// Looks at a batch between two stages. `skipped`: records whose predicate kept the stage off them.
class StageObserver {
 public:
  virtual ~StageObserver() = default;
  virtual void after(std::size_t stage, data::Batch& batch, std::span<const std::uint32_t> skipped) = 0;
};

class TransformChain {
 public:
  explicit TransformChain(std::vector<TransformStage> stages) : stages_(std::move(stages)) {}

  bool empty() const { return stages_.empty(); }
  const std::vector<TransformStage>& stages() const { return stages_; }
  // Null: nobody looks. It outlives the chain's use.
  void observe(StageObserver* observer) { observer_ = observer; }

  // Applies every stage. Failed records are marked SLUICE_RECORD_FAILED and described in failures(), in order of
  // record. An error status: a component broke its contract, the task must fail.
  base::Status apply(const data::TransformContext& context, data::Batch& batch, ErrorPolicy& policy);
  const std::vector<TransformFailure>& failures() const { return failures_; }

 private:
  class StageErrors;
  base::Status apply_stage(const data::TransformContext& context, TransformStage& stage, data::Batch& batch,
                           ErrorPolicy& policy);
  base::Status select(const data::TransformContext& context, TransformStage& stage, data::Batch& batch,
                      StageErrors& errors);
  base::Status retry_record(const data::TransformContext& context, TransformStage& stage, data::Batch& batch,
                            std::uint32_t index, ErrorPolicy& policy, base::Error error);

  std::vector<TransformStage> stages_;
  std::vector<TransformFailure> failures_;
  std::vector<std::uint64_t> matches_;
  std::vector<std::uint32_t> hidden_;  // records that the stage must not see
  StageObserver* observer_ = nullptr;
};

}  // namespace sluice::task
