#pragma once
// Writes the committable offsets of a source task to the worker's offset store every offset.flush.interval.ms, without
// ever making the task wait (spec connect-runtime.md section 6.4). One write is under way at a time; what fails or
// takes longer than offset.flush.timeout.ms is given back to the tracker and goes with the next one.
//
// Owner: the task thread. The store's answer comes on its own thread and only sets a flag and wakes the task.

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/store/offset_store.h"
#include "runtime/task/offset_tracker.h"
#include "runtime/task/stop_signal.h"
#include "runtime/task/task_metrics.h"

namespace sluice::task {

class OffsetCommitter {
 public:
  struct Timing {
    std::int64_t interval_ms;
    std::int64_t timeout_ms;
  };
  OffsetCommitter(base::TaskId task, Timing timing, store::OffsetStore& store, OffsetTracker& tracker,
                  TaskMetrics& metrics, const base::Clock& clock);

  // Takes the answer of a write that ended and begins a new one when it is time. True: offsets were stored since the
  // last call, so SourceTask.commit() is due.
  bool step();
  // At the end of the task: stores what is left and waits for it until the deadline. True: everything is stored.
  bool finish(std::chrono::steady_clock::time_point deadline);
  std::int64_t ms_until_due() const;

 private:
  // Shared with the store's callback, which may come after the task has gone.
  struct Answer;
  void begin();
  bool take_answer(bool* stored);  // true: no write is under way any more

  const base::TaskId task_;
  const Timing timing_;
  store::OffsetStore& store_;
  OffsetTracker& tracker_;
  TaskMetrics& metrics_;
  const base::Clock& clock_;
  std::int64_t due_ms_;  // monotonic
  std::int64_t began_ms_ = 0;
  std::vector<store::OffsetRecord> pending_;
  std::shared_ptr<Answer> answer_;  // of the write under way
};

}  // namespace sluice::task
