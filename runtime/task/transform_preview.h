#pragma once
// Shows what a chain of transforms does to sample records, step by step, without a connector: nothing is produced,
// committed or created. Blocking, and it may run transforms of plugins, which may hang: for a thread that can be
// spared.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/task/preview_record.h"
#include "runtime/task/topic_sample.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

inline constexpr std::size_t kPreviewRecordsMax = 100;
inline constexpr std::size_t kPreviewStagesMax = 100;
inline constexpr std::size_t kPreviewInputBytesMax = std::size_t{1} << 20;   // of all records together
inline constexpr std::size_t kPreviewOutputBytesMax = std::size_t{8} << 20;  // of all that is shown

struct PreviewRequest {
  // A connector's configuration, or only its `transforms`, `transforms.*`, `predicates`, `predicates.*`. Variables in
  // them are not resolved: the answer would show secrets. Those of the converters are.
  config::ConfigMap config;
  // Nothing: that of the connector.class, if this worker knows it, else a sink.
  std::optional<config::ConnectorKind> kind;
  std::vector<std::string> records;  // each in the notation of preview_record.h
  std::optional<TopicSample> topic;  // read these instead, with the converters of `config` or else the worker's
  std::chrono::steady_clock::time_point deadline;
};

struct PreviewStage {
  std::string alias;
  std::string class_name;
  std::string predicate;  // its alias; empty: none
  bool negate = false;
};

enum class PreviewOutcome {
  kApplied,
  kSkipped,  // the predicate kept the transform off the record
  kDropped,
  kFailed
};

struct PreviewStep {
  PreviewOutcome outcome = PreviewOutcome::kApplied;
  std::vector<std::string> changed;  // names of the members that differ from before
  PreviewRecord record;              // empty where it was dropped or failed
  std::optional<base::Error> error;
  std::vector<std::string> notes;
};

struct PreviewedRecord {
  PreviewRecord input;
  std::vector<std::string> notes;    // about the input
  std::vector<PreviewStep> steps;    // one a stage, up to the one that dropped it or that it failed in
  std::optional<base::Error> error;  // its bytes could not be converted ...
  std::string failed_converter;      // ... by this class
};

struct TransformPreview {
  config::ConnectorKind kind = config::ConnectorKind::kSink;
  std::vector<PreviewStage> stages;
  std::vector<PreviewedRecord> records;
  std::vector<std::string> notes;
};

// Of `worker` the plugins are used; for records of a topic its configuration and Kafka cluster too. Errors:
// kInvalidConfig naming the key or the member that is wrong and what to write instead, or with Connect's text;
// kTimeout.
base::Result<TransformPreview> preview_transforms(const WorkerContext& worker, const PreviewRequest& request);

}  // namespace sluice::task
