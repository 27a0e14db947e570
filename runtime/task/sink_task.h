#pragma once
// A sink task: consume -> converters -> transforms -> put -> pre_commit -> commit (spec connect-runtime.md
// section 6.6).
//
// At least once: an offset is committed only after put() took its record and pre_commit let it go. While put() asks for
// a retry the partitions are paused and the consumer is still polled, so that a slow destination never costs the group
// membership.

#include <memory>

#include "runtime/task/listener.h"
#include "runtime/task/task_runner.h"

namespace sluice::task {

std::shared_ptr<TaskRunner> make_sink_task(const WorkerContext& worker, TaskSpec spec, TaskListener& listener);

}  // namespace sluice::task
