#include "runtime/plugin/hosted_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/base/strings.h"
#include "runtime/plugin/child_process.h"
#include "runtime/plugin/process_host.h"
#include "runtime/plugin/table_call.h"

namespace sluice::plugin {
namespace {

using base::Code;
using Time = std::chrono::steady_clock;

constexpr std::size_t kLineBytesMax = 4096;
constexpr std::size_t kPrintedKept = 500;

bool socket_pair(Fd& ours, Fd& theirs) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  ours.reset(ends[0]);
  theirs.reset(ends[1]);
  return true;
}

std::uint32_t served(const HostServices& services) {
  using Extension = HostServices::Extension;
  std::uint32_t mask = 0;
  for (const auto extension : {Extension::kSinkContext, Extension::kErrant, Extension::kTransaction,
                               Extension::kConnectorContext, Extension::kOffsetReader})
    if (services.serves(extension)) mask |= 1U << static_cast<unsigned>(extension);
  return mask;
}

}  // namespace

HostedProcess::HostedProcess(HostServices& services, Isolation isolation)
    : services_(services),
      isolation_(std::move(isolation)),
      batches_([this](const sluice_schema& description) { return services_.intern(description); }),
      cpu_(isolation_.config.cpu_max) {}

HostedProcess::~HostedProcess() {
  destroy();
}

// ---- its life ----

base::Status HostedProcess::spawn(const std::string& command) {
  Fd calls, events;
  std::array<int, 2> pipe{};
  Fd their_calls, their_events;
  if (!socket_pair(calls, their_calls) || !socket_pair(events, their_events) || ::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return base::fail(Code::kFatal, base::exceptions::kConnect, "Cannot connect to a process for the plugin: {}",
                      std::strerror(errno));
  output_.reset(pipe[0]);
  const Fd printed(pipe[1]);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  SLUICE_TRY(batches_.create());
  const std::array<int, 5> descriptors{printed.get(), printed.get(), their_calls.get(), their_events.get(),
                                       batches_.fd()};
  SLUICE_TRY_ASSIGN(pid_, spawn_child({command, "plugins", "host"}, descriptors));
  pid_fd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  calls_.emplace(std::move(calls));
  events_.emplace(std::move(events));
  watcher_ = std::thread([this] { watch(); });
  return {};
}

base::Status HostedProcess::create(const HostedComponent& component, SinkCallbacks callbacks) {
  callbacks_ = std::move(callbacks);
  SLUICE_TRY(spawn(component.command));
  writer_.clear();
  writer_.text(component.library.string());
  writer_.text(component.state_dir.string());
  writer_.text(to_json(component.manifest));
  writer_.number(component.kind);
  writer_.text(component.name);
  writer_.number(static_cast<std::uint8_t>(isolation_.task ? 1 : 0));
  writer_.number(served(services_));
  writer_.number(static_cast<std::int32_t>(lowest_level()));
  writer_.number(isolation_.config.memory_max_bytes);
  Reader answer({});
  SLUICE_TRY(call_until(Op::kCreate, Callback::kCreate, writer_.bytes(), &answer, Time::now() + kCreateTimeout));
  features_ = answer.number<std::uint64_t>();
  return {};
}

void HostedProcess::destroy() {
  if (!watcher_.joinable()) return;
  leaving_ = true;
  if (calls_->send(Op::kDestroy)) {
    // Its last questions are answered, so that it gets to its end.
    const auto deadline = Time::now() + kDestroyTimeout;
    while (auto frame = receive(deadline)) {
      if (frame->op == Op::kReturn) break;
      answer(*frame);
    }
  }
  if (!wait_ended(kEndTimeout)) kill("it did not end when it was told to");
  watcher_.join();
}

void HostedProcess::request_stop() {
  if (stop_sent_.exchange(true) || !events_) return;
  static_cast<void>(events_->send(Op::kRequestStop));
}

void HostedProcess::kill(std::string_view why) {
  std::lock_guard lock(mutex_);
  if (ending_ || pid_ <= 0) return;  // it is reaped: the number may be another's
  if (killed_why_.empty()) killed_why_ = why;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
}

bool HostedProcess::wait_ended(std::chrono::steady_clock::duration timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return ending_.has_value(); });
}

// ---- how it ended ----

base::Error HostedProcess::ended_in(Op op) {
  if (!wait_ended(kEndTimeout)) {
    kill("it closed its connection");
    wait_ended(kEndTimeout);
  }
  const std::string_view name = op_name(op);
  return {Code::kFatal, base::exceptions::kConnect, describe_end(name.empty() ? "" : fmt::format(" in {}", name))};
}

std::string HostedProcess::describe_end(std::string_view place) {
  std::lock_guard lock(mutex_);
  std::string text = "The plugin's process ";
  const int status = ending_ ? ending_->status : 0;
  if (!killed_why_.empty())
    text += fmt::format("was killed{}: {}", place, killed_why_);
  else if (WIFSIGNALED(status))
    text += fmt::format("{}{}", describe_signal(WTERMSIG(status)), place);
  else if (WIFEXITED(status) && WEXITSTATUS(status) == kHostExitNoMemory)
    text += fmt::format("ran out of memory{}", place);
  else
    text += fmt::format("exited with status {}{}", WEXITSTATUS(status), place);
  if (isolation_.config.memory_max_bytes > 0 && ending_)
    text += fmt::format("; it may allocate {} bytes (sluice.isolation.memory.max), and had {} bytes resident at most",
                        isolation_.config.memory_max_bytes, ending_->memory_peak_bytes);
  if (!last_printed_.empty()) text += fmt::format("; it wrote: {}", last_printed_);
  return text;
}

void HostedProcess::add_memory_hint(base::Status& status) const {
  if (status || status.error().code() != Code::kNoMemory || isolation_.config.memory_max_bytes == 0) return;
  status = base::fail(Code::kNoMemory, base::exceptions::kConnect,
                      "{}: the plugin's process may allocate {} bytes (sluice.isolation.memory.max)",
                      status.error().message(), isolation_.config.memory_max_bytes);
}

// ---- calls ----

std::optional<Frame> HostedProcess::receive(std::optional<Time::time_point> deadline) {
  if (!deadline) return calls_->receive();
  for (;;) {
    if (auto frame = calls_->next()) return frame;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Time::now()).count();
    if (left <= 0 || !calls_->wait(static_cast<int>(std::min<long long>(left + 1, 60'000)))) {
      if (Time::now() < *deadline) continue;
      kill("it did not answer in time");
      return std::nullopt;
    }
    if (!calls_->fill(false)) return std::nullopt;
  }
}

base::Status HostedProcess::call(Op op, Callback callback, std::string_view bytes, Reader* answer) {
  std::optional<Time::time_point> deadline;
  if (isolation_.answer_timeout.count() > 0) deadline = Time::now() + isolation_.answer_timeout;
  return call_until(op, callback, bytes, answer, deadline);
}

base::Status HostedProcess::call_until(Op op, Callback callback, std::string_view bytes, Reader* reader,
                                       std::optional<Time::time_point> deadline) {
  const Inside inside(services_, callback);
  if (bytes.size() > Channel::kFrameBytesMax)
    return base::fail(Code::kNoMemory, base::exceptions::kConnect, "More than {} MiB for {} of the plugin",
                      Channel::kFrameBytesMax >> 20U, op_name(op));
  if (!calls_->send(op, bytes)) return base::fail(ended_in(op));
  for (;;) {
    const auto frame = receive(deadline);
    if (!frame) return base::fail(ended_in(op));
    if (frame->op != Op::kReturn) {
      answer(*frame);
      continue;
    }
    Reader in(frame->bytes);
    auto status = in.status();
    retry_after_ms_ = in.number<std::uint32_t>();
    add_memory_hint(status);
    if (reader != nullptr) *reader = in;
    return status;
  }
}

void HostedProcess::post(Op op, Callback callback, std::string_view bytes) {
  const Inside inside(services_, callback);
  static_cast<void>(calls_->send(op, bytes));  // a process that is gone is found at the next call
}

// ---- questions ----

base::Status HostedProcess::answer_offsets(std::string_view image, Writer& out) {
  SLUICE_TRY_ASSIGN(const auto partitions, batches_.decode(image));
  std::vector<sluice_value> offsets(partitions.size(), Value());
  SLUICE_TRY(services_.read_offsets(partitions, offsets.data()));
  SLUICE_TRY_ASSIGN(const auto answer, batches_.encode(offsets));
  out.text(answer);
  return {};
}

void HostedProcess::answer(const Frame& question) {
  Reader in(question.bytes);
  Writer result;
  base::Status status;
  switch (question.op) {
    case Op::kReadOffsets:
      status = answer_offsets(in.text(), result);
      break;
    case Op::kDefineMetric: {
      const auto kind = std::min<std::uint32_t>(in.number<std::uint32_t>(), 2);
      const auto name = in.text();
      const auto unit = in.text();
      result.number(services_.define_metric(static_cast<HostServices::MetricKind>(kind), name, unit, in.text()));
      break;
    }
    case Op::kAssignment:
      result.partitions(services_.assignment());
      break;
    case Op::kPause:
      status = services_.pause(in.partitions());
      break;
    case Op::kResume:
      status = services_.resume(in.partitions());
      break;
    case Op::kRewind:
      status = services_.rewind(in.offsets());
      break;
    case Op::kReportErrant: {
      const auto put = in.number<std::uint64_t>();
      const auto origin = in.number<std::uint32_t>();
      auto cause = in.status();
      if (cause) cause = base::fail(make_error(Code::kBadRecord, ""));
      if (!callbacks_.report_errant) break;
      auto ticket = callbacks_.report_errant(put, origin, std::move(cause).error());
      if (ticket)
        result.number(*ticket);
      else
        status = base::fail(std::move(ticket).error());
      break;
    }
    case Op::kAwaitErrant: {
      const auto ticket = in.number<std::uint64_t>();
      status = services_.await_errant(ticket, in.number<std::int64_t>());
      break;
    }
    case Op::kSetTimeout:
      services_.set_timeout(in.number<std::int64_t>());
      return;
    case Op::kRequestCommit:
      services_.request_commit();
      return;
    case Op::kCommitTransaction:
      services_.commit_transaction(in.number<std::uint32_t>());
      return;
    case Op::kAbortTransaction:
      services_.abort_transaction(in.number<std::uint32_t>());
      return;
    default:
      kill("it sent what is no message");
      return;
  }
  Writer out;
  out.status(status);
  if (status) out.raw(result.bytes());
  static_cast<void>(calls_->send(Op::kAnswer, out.bytes()));
}

// ---- watching ----

int HostedProcess::lowest_level() const {
  int level = static_cast<int>(base::LogLevel::kTrace);
  while (level < static_cast<int>(base::LogLevel::kOff) && !services_.log_enabled(static_cast<base::LogLevel>(level)))
    ++level;
  return level;
}

void HostedProcess::watch() {
  std::optional<base::LogContext> context;
  if (!isolation_.connector.empty()) context.emplace(isolation_.connector, isolation_.task);
  constexpr int kLookEveryMs = 1000;  // at the log level
  constexpr int kWithoutPidFdEveryMs = 100;
  constexpr int kDeafEveryMs = 10;
  constexpr std::chrono::seconds kDeafMax{1};
  for (;;) {
    const int stop_fd = stop_sent_ ? -1 : services_.stop_fd();
    std::array<pollfd, 4> waits{{{deaf_since_ ? -1 : events_->fd(), POLLIN, 0},
                                 {output_.get(), POLLIN, 0},
                                 {pid_fd_.get(), POLLIN, 0},
                                 {stop_fd, POLLIN, 0}}};
    int timeout = pid_fd_.get() >= 0 ? kLookEveryMs : kWithoutPidFdEveryMs;
    if (deaf_since_) {
      // It is ending; if it is not, it would hear nothing any more.
      if (Time::now() - *deaf_since_ > kDeafMax) kill("it closed its connection");
      timeout = kDeafEveryMs;
    }
    if (cpu_.limited()) timeout = static_cast<int>(CpuBudget::kInterval.count());
    ::poll(waits.data(), waits.size(), timeout);
    if (waits[3].revents != 0) request_stop();
    drain_output();
    drain_events();
    if (reap(false)) return;
    step_throttle();
    if (const int level = lowest_level(); level != std::exchange(level_sent_, level)) {
      writer_level_.clear();
      writer_level_.number(static_cast<std::int32_t>(level));
      static_cast<void>(events_->send(Op::kLogLevel, writer_level_.bytes()));
    }
  }
}

void HostedProcess::step_throttle() {
  if (!cpu_.limited()) return;
  const std::int64_t used = process_cpu_ns(pid_);
  const std::int64_t now = std::chrono::nanoseconds(Time::now().time_since_epoch()).count();
  const bool still = used >= 0 && cpu_.stands_still(now, used);
  if (still == std::exchange(stands_still_, still)) return;
  ::kill(pid_, still ? SIGSTOP : SIGCONT);
}

// Takes the process's remains, and tells everyone who waits.
bool HostedProcess::reap(bool wait) {
  siginfo_t info{};
  const int options = WEXITED | WNOWAIT | (wait ? 0 : WNOHANG);
  const bool running = ::waitid(P_PID, static_cast<id_t>(pid_), &info, options) == 0 && info.si_pid == 0;
  if (running) return false;
  // What it said before it ended.
  drain_output();
  if (!line_.empty()) log_output(std::exchange(line_, {}));
  drain_events();
  ::kill(-pid_, SIGKILL);  // what it started goes too
  {
    std::lock_guard lock(mutex_);
    Ending ending;
    rusage usage{};
    while (::wait4(pid_, &ending.status, 0, &usage) < 0 && errno == EINTR) {
    }
    ending.memory_peak_bytes = usage.ru_maxrss * 1024;
    ending_ = ending;
  }
  changed_.notify_all();
  calls_->shutdown();
  if (!leaving_) services_.raise_error({Code::kFatal, base::exceptions::kConnect, describe_end("")});
  return true;
}

void HostedProcess::drain_output() {
  std::array<char, 4096> buffer;
  for (int i = 0; i < 64; ++i) {  // not for ever: there is more to watch
    const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
    if (count == 0) output_.reset();
    if (count <= 0) return;
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(count))) {
      if (c != '\n' && line_.size() < kLineBytesMax)
        line_.push_back(c);
      else
        log_output(std::exchange(line_, {}));
    }
  }
}

void HostedProcess::log_output(std::string_view line) {
  const std::string_view text = base::java_trim(line);
  if (text.empty()) return;
  services_.log(base::LogLevel::kWarn, fmt::format("The plugin printed: {}", text), {});
  std::lock_guard lock(mutex_);
  last_printed_ = text.substr(0, kPrintedKept);
}

void HostedProcess::drain_events() {
  for (int i = 0; i < 64 && !deaf_since_; ++i) {
    if (const auto event = events_->next())
      handle_event(*event);
    else if (!events_->wait(0))
      return;
    else if (!events_->fill(false))
      deaf_since_ = Time::now();
  }
}

void HostedProcess::handle_event(const Frame& event) {
  Reader in(event.bytes);
  switch (event.op) {
    case Op::kLog: {
      const int level = std::clamp<std::int32_t>(in.number<std::int32_t>(), 0, SLUICE_LOG_ERROR);
      const auto message = in.text();
      std::vector<sluice_kv> fields(in.count(2 * sizeof(std::uint64_t)));
      for (sluice_kv& field : fields) {
        field.key = str(in.text());
        field.value = str(in.text());
      }
      if (in.ok()) services_.log(static_cast<base::LogLevel>(level), message, fields);
      return;
    }
    case Op::kMetric: {
      const auto id = in.number<std::uint32_t>();
      services_.update_metric(id, in.number<double>());
      return;
    }
    case Op::kRequestTaskReconfiguration:
      services_.request_task_reconfiguration();
      return;
    case Op::kRaiseError:
      if (auto status = in.status(); !status) services_.raise_error(std::move(status).error());
      return;
    case Op::kReleased:
      if (callbacks_.released) callbacks_.released(in.number<std::uint64_t>());
      return;
    default:
      kill("it sent what is no message");
  }
}

}  // namespace sluice::plugin
