#include "runtime/task/task_runner.h"

#include <utility>

#include "runtime/task/sink_task.h"
#include "runtime/task/source_task.h"

namespace sluice::task {

std::shared_ptr<TaskRunner> make_task_runner(const WorkerContext& worker, TaskSpec spec, TaskListener& listener) {
  if (spec.connector.kind() == config::ConnectorKind::kSource)
    return make_source_task(worker, std::move(spec), listener);
  return make_sink_task(worker, std::move(spec), listener);
}

}  // namespace sluice::task
