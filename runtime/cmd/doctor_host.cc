#include "runtime/cmd/doctor_host.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <system_error>

#include "runtime/base/clock.h"
#include "runtime/store/file_offset_store.h"

namespace sluice::cmd {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFilesMin = 4096;
// No machine that runs this has its clock before the year in which it was built.
constexpr std::int64_t kPlausibleMs = 1'735'689'600'000;  // 2025

void check_offset_file(const std::string& file, Findings& findings) {
  std::error_code error;
  findings.push_back(judge_folder("offset.storage.file.filename", fs::absolute(file, error).parent_path()));
  if (!fs::exists(file, error)) return;
  store::FileOffsetStore offsets(file);
  if (const auto started = offsets.start(); !started)
    findings.push_back({Level::kError, "host.offsets", fmt::format("the offsets file {} cannot be read", file),
                        started.error().message(), "put back a good copy, or remove it to start from the beginning"});
  else if (::access(file.c_str(), W_OK) != 0)
    findings.push_back({Level::kError, "host.offsets", fmt::format("the offsets file {} cannot be written", file),
                        std::generic_category().message(errno), "give this user leave to write it"});
  offsets.stop();
}

}  // namespace

Finding judge_folder(const std::string& key, const fs::path& folder) {
  std::error_code error;
  fs::path existing = folder;
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  const std::string what = fmt::format("{} ({})", folder.string(), key);
  if (!fs::is_directory(existing, error))
    return {Level::kError, "host.folder", fmt::format("{} cannot be a folder", what),
            fmt::format("{} is a file", existing.string()), fmt::format("correct {}", key)};
  if (::access(existing.c_str(), W_OK | X_OK) != 0)
    return {Level::kError, "host.folder", fmt::format("{} cannot be written", what),
            fmt::format("{}: {}", existing.string(), std::generic_category().message(errno)),
            fmt::format("give this user leave to write there, or correct {}", key)};
  const auto space = fs::space(existing, error);
  if (!error && space.available < (std::uintmax_t{64} << 20))
    return {Level::kWarning, "host.folder", fmt::format("{} has {} MiB left", what, space.available >> 20),
            "the disk is nearly full", "make room"};
  return {Level::kOk,
          "host.folder",
          fmt::format("{} {}", what, existing == folder ? "can be written" : "does not exist yet, and can be made"),
          {},
          {}};
}

Finding judge_file_limit(std::uint64_t soft, std::uint64_t hard) {
  if (soft < kFilesMin)
    return {Level::kWarning, "host.files", fmt::format("this process may open {} files (at most {})", soft, hard),
            "each connector and task holds several connections; without free ones they fail",
            fmt::format("raise it: `ulimit -n {}`, or LimitNOFILE= in the service's unit", 65536)};
  return {Level::kOk, "host.files", fmt::format("{} files may be open", soft), {}, {}};
}

Finding judge_clock(std::int64_t now_ms, bool synchronised) {
  if (now_ms < kPlausibleMs)
    return {Level::kError, "host.clock", "this machine's clock is years behind",
            "session keys and certificates are judged by the clock", "set the clock, and keep it by NTP"};
  if (!synchronised)
    return {
        Level::kOk,
        "host.clock",
        "the kernel does not know the clock to be synchronised (in containers it may not be able to tell): workers' "
        "clocks should agree to a few seconds",
        {},
        {}};
  return {Level::kOk, "host.clock", "the clock is synchronised", {}, {}};
}

Findings check_host(const config::WorkerConfig& config) {
  Findings findings;
  std::error_code error;
  if (!config.state_dir().empty())
    findings.push_back(judge_folder("sluice.state.dir", fs::absolute(config.state_dir(), error)));
  const std::string log = config.parsed().string("sluice.log.file");
  if (!log.empty()) findings.push_back(judge_folder("sluice.log.file", fs::absolute(log, error).parent_path()));
  if (config.mode() == config::WorkerMode::kStandalone && !config.offset_file().empty())
    check_offset_file(config.offset_file(), findings);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) findings.push_back(judge_file_limit(limit.rlim_cur, limit.rlim_max));
  timex clock{};
  const int state = ::adjtimex(&clock);
  findings.push_back(judge_clock(base::system_clock().now_ms(), state != TIME_ERROR && state != -1));
  return findings;
}

}  // namespace sluice::cmd
