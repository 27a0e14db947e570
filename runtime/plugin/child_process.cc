#include "runtime/plugin/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/plugin/fd.h"

extern char** environ;

namespace sluice::plugin {
namespace {

using base::Code;
using Time = std::chrono::steady_clock;

// Takes what is there. False: the end, or a failure that is taken for it.
bool drain(int fd, std::string& into, std::size_t max) {
  std::array<char, 16384> buffer;
  const ssize_t count = ::read(fd, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (into.size() < max) into.append(buffer.data(), std::min(static_cast<std::size_t>(count), max - into.size()));
  return count > 0;
}

struct Pipe {
  Fd read;
  Fd write;
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read.reset(ends[0]);
    write.reset(ends[1]);
    return true;
  }
};

}  // namespace

std::string ChildOutcome::describe(std::chrono::milliseconds timeout) const {
  if (timed_out) return fmt::format("did not finish within {} ms", timeout.count());
  if (signal != 0) return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("exited with status {}", exit_status);
}

void end_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

base::Result<pid_t> spawn_child(const std::vector<std::string>& command, std::span<const int> descriptors) {
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  // Copies above all the numbers that they are to have: none is overwritten before it is used.
  std::vector<Fd> copies;
  const int count = static_cast<int>(descriptors.size());
  for (const int descriptor : descriptors) {
    copies.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, count + 1));
    if (copies.back().get() < 0)
      return base::fail(Code::kFatal, base::exceptions::kConnect, "Cannot copy a descriptor: {}", std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  for (int i = 0; i < count; ++i)
    posix_spawn_file_actions_adddup2(&actions, copies[static_cast<std::size_t>(i)].get(), i + 1);
  posix_spawn_file_actions_addclosefrom_np(&actions, count + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  // A group of its own, so that the deadline reaches what it started too; default signals, whatever the worker has set.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return base::fail(Code::kFatal, base::exceptions::kConnect, "Cannot start {}: {}", command[0],
                      std::strerror(failed));
  return pid;
}

std::string describe_signal(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return fmt::format("was killed by signal {} ({})", signal, name != nullptr ? fmt::format("SIG{}", name) : "unknown");
}

base::Result<ChildOutcome> run_child(const std::vector<std::string>& command, std::chrono::milliseconds timeout,
                                     std::size_t output_max) {
  Pipe out;
  Pipe err;
  if (!out.open() || !err.open())
    return base::fail(Code::kFatal, base::exceptions::kConnect, "Cannot make a pipe: {}", std::strerror(errno));
  const std::array<int, 2> descriptors{out.write.get(), err.write.get()};
  SLUICE_TRY_ASSIGN(const pid_t pid, spawn_child(command, descriptors));
  out.write.reset();
  err.write.reset();
  Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));

  ChildOutcome outcome;
  const auto deadline = Time::now() + timeout;
  bool running = true;
  while (running) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Time::now()).count();
    if (left <= 0) {
      outcome.timed_out = true;
      break;
    }
    std::array<pollfd, 3> waits{{{process.get(), POLLIN, 0}, {out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}}};
    // Without a pidfd (an old kernel) the child is looked at from time to time.
    ::poll(waits.data(), waits.size(), static_cast<int>(process.get() >= 0 ? left : std::min<long long>(left, 10)));
    if (waits[1].revents != 0 && !drain(out.read.get(), outcome.out, output_max)) out.read.reset();
    if (waits[2].revents != 0 && !drain(err.read.get(), outcome.err, output_max)) err.read.reset();
    siginfo_t info{};
    running = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
  }
  // The group goes in any case: a child's child must not outlive the answer.
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  for (auto* end : {&out, &err}) {
    std::string& into = end == &out ? outcome.out : outcome.err;
    if (end->read.get() < 0) continue;
    ::fcntl(end->read.get(), F_SETFL, O_NONBLOCK);
    for (std::size_t before = 0; drain(end->read.get(), into, output_max) && into.size() != before;)
      before = into.size();
  }
  if (!outcome.timed_out) {
    if (WIFSIGNALED(status))
      outcome.signal = WTERMSIG(status);
    else
      outcome.exit_status = WEXITSTATUS(status);
  }
  return outcome;
}

}  // namespace sluice::plugin
