#pragma once
// tidy: allow(size): one loop and its state; batches, tracker, committer and decoder have files of their own
// A source task: poll -> transforms -> converters -> produce -> acks -> offsets (spec connect-runtime.md section 6.4).
//
// At least once: an offset is stored only after Kafka has acknowledged its record and every earlier one of the same
// source partition, so a crash polls again but never skips. Payload is not copied on its way: it stays in its batch,
// where librdkafka reads it, until the delivery report. Back-pressure is the producer's buffer.memory: when it is full
// the task waits for reports and does not poll.

#include <memory>

#include "runtime/task/listener.h"
#include "runtime/task/task_runner.h"

namespace sluice::task {

std::shared_ptr<TaskRunner> make_source_task(const WorkerContext& worker, TaskSpec spec, TaskListener& listener);

}  // namespace sluice::task
