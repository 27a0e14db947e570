#include "runtime/plugin/process_services.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sluice::plugin {

using base::Code;

ProcessServices::ProcessServices(Channel& calls, Channel& events)
    : calls_(calls),
      events_(events),
      batches_([this](const sluice_schema& description) { return intern(description); }),
      stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void ProcessServices::configure(bool is_task, std::uint32_t served) {
  is_task_ = is_task;
  served_ = served;
  owner_ = std::this_thread::get_id();
}

void ProcessServices::request_stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_fd_.get(), &one, sizeof one);
}

bool ProcessServices::serves(Extension extension) const {
  return (served_ >> static_cast<unsigned>(extension) & 1U) != 0;
}

base::Status ProcessServices::ask(Op op, const Writer& question, Reader* answer) {
  if (std::this_thread::get_id() != owner_)
    return base::fail(Code::kBug, base::exceptions::kConnect,
                      "This function of the host may only be called on the instance's own thread");
  if (!calls_.send(op, question.bytes())) std::_Exit(1);  // the worker is gone
  const auto frame = calls_.receive();
  if (!frame || frame->op != Op::kAnswer) std::_Exit(1);
  Reader in(frame->bytes);
  auto status = in.status();
  if (answer != nullptr) *answer = in;
  return status;
}

void ProcessServices::log(base::LogLevel level, std::string_view message, std::span<const sluice_kv> fields) {
  if (!log_enabled(level)) return;
  Writer out;
  out.number(static_cast<std::int32_t>(level));
  out.text(message);
  out.number(static_cast<std::uint32_t>(fields.size()));
  for (const sluice_kv& field : fields) {
    out.text(view(field.key));
    out.text(view(field.value));
  }
  events_.send(Op::kLog, out.bytes());
}

// ---- metrics ----

std::uint32_t ProcessServices::define_metric(MetricKind kind, std::string_view name, std::string_view unit,
                                             std::string_view help) {
  Writer out;
  out.number(static_cast<std::uint32_t>(kind));
  out.text(name);
  out.text(unit);
  out.text(help);
  Reader answer({});
  if (!ask(Op::kDefineMetric, out, &answer)) return 0;
  const auto id = answer.number<std::uint32_t>();
  std::lock_guard lock(metrics_mutex_);
  if (id != 0) metrics_.emplace_back(id, Metric{kind, {}});
  return id;
}

// Kept until the next flush: a plugin may count each record.
void ProcessServices::update_metric(std::uint32_t id, double value) {
  std::lock_guard lock(metrics_mutex_);
  for (auto& [known, metric] : metrics_) {
    if (known != id) continue;
    if (metric.kind == MetricKind::kHistogram) {
      if (metric.pending.size() < kObservationsMax) metric.pending.push_back(value);
    } else if (metric.pending.empty()) {
      metric.pending.push_back(value);
    } else {
      metric.pending[0] = metric.kind == MetricKind::kCounter ? metric.pending[0] + value : value;
    }
    return;
  }
}

void ProcessServices::flush_metrics() {
  std::vector<std::pair<std::uint32_t, double>> updates;
  {
    std::lock_guard lock(metrics_mutex_);
    for (auto& [id, metric] : metrics_) {
      for (const double value : metric.pending) updates.emplace_back(id, value);
      metric.pending.clear();
    }
  }
  Writer out;
  for (const auto& [id, value] : updates) {
    out.clear();
    out.number(id);
    out.number(value);
    events_.send(Op::kMetric, out.bytes());
  }
}

// ---- schemas, offsets, contexts ----

base::Result<const sluice_schema*> ProcessServices::intern(const sluice_schema& description) {
  SLUICE_TRY_ASSIGN(const Schema* schema, schemas_.intern(description));
  return schema;
}

base::Status ProcessServices::read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) {
  Writer out;
  SLUICE_TRY_ASSIGN(const auto image, batches_.encode(partitions));
  out.text(image);
  Reader answer({});
  SLUICE_TRY(ask(Op::kReadOffsets, out, &answer));
  SLUICE_TRY_ASSIGN(const auto values, batches_.decode(answer.text()));
  for (std::size_t i = 0; i < partitions.size(); ++i) offsets[i] = i < values.size() ? values[i] : Value();
  return {};
}

void ProcessServices::raise_error(base::Error error) {
  Writer out;
  out.status(base::fail(std::move(error)));
  events_.send(Op::kRaiseError, out.bytes());
}

std::span<const sluice_topic_partition> ProcessServices::assignment() {
  Reader answer({});
  assignment_.clear();
  assignment_topics_.clear();
  if (!ask(Op::kAssignment, Writer(), &answer)) return {};
  for (sluice_topic_partition partition : answer.partitions()) {
    partition.topic = str(assignment_topics_.emplace_back(view(partition.topic)));
    assignment_.push_back(partition);
  }
  return assignment_;
}

base::Status ProcessServices::pause(std::span<const sluice_topic_partition> partitions) {
  Writer out;
  out.partitions(partitions);
  return ask(Op::kPause, out);
}

base::Status ProcessServices::resume(std::span<const sluice_topic_partition> partitions) {
  Writer out;
  out.partitions(partitions);
  return ask(Op::kResume, out);
}

base::Status ProcessServices::rewind(std::span<const sluice_topic_offset> offsets) {
  Writer out;
  out.offsets(offsets);
  return ask(Op::kRewind, out);
}

base::Result<std::uint64_t> ProcessServices::report_errant(const sluice_batch& batch, std::uint32_t index,
                                                           base::Error cause) {
  if (batch.owner_data == nullptr || index >= batch.record_count)
    return base::fail(Code::kBug, base::exceptions::kConnect,
                      "The record reported as errant is not of a batch that put() received");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(batch.records) + std::size_t{index} * batch.record_stride;
  Writer out;
  out.number(static_cast<const HostedBatch*>(batch.owner_data)->put);
  out.number(reinterpret_cast<const sluice_record*>(bytes)->origin);
  out.status(base::fail(std::move(cause)));
  Reader answer({});
  SLUICE_TRY(ask(Op::kReportErrant, out, &answer));
  return answer.number<std::uint64_t>();
}

base::Status ProcessServices::await_errant(std::uint64_t ticket, std::int64_t timeout_ms) {
  Writer out;
  out.number(ticket);
  out.number(timeout_ms);
  return ask(Op::kAwaitErrant, out);
}

bool ProcessServices::sleep(std::int64_t timeout_ms) {
  constexpr std::int64_t kSleepMaxMs = 24 * 3600 * 1000;
  pollfd wait{stop_fd_.get(), POLLIN, 0};
  ::poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(timeout_ms, 0, kSleepMaxMs)));
  return stopping_;
}

}  // namespace sluice::plugin
