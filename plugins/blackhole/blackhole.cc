// BlackholeSink: takes every record and drops it, the sink end of demos and benchmarks. Counts what it saw.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include <sluice/sink.hpp>

namespace {

class BlackholeSink final : public sluice::SinkTask {
 public:
  static constexpr auto kConfig = sluice::config(
      sluice::string_key("blackhole.count.file")
          .doc("File that always holds how many records each task has taken: 8 bytes for each, little-endian.")
          .default_value(""),
      sluice::int_key("task.id").doc("Number of the task; set by the connector.").default_value(0).internal());

  ~BlackholeSink() override { stop(); }

  sluice::Status start(const sluice::Config& config) override {
    records_ = context().counter("blackhole-records", "records", "Records taken and dropped");
    const std::string file = config.string("blackhole.count.file");
    if (file.empty()) return sluice::ok();
    position_ = static_cast<off_t>(config.int32("task.id")) * static_cast<off_t>(sizeof taken_);
    fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) return sluice::fatal("Cannot open blackhole.count.file {}: {}", file, std::strerror(errno));
    return sluice::ok();
  }

  sluice::Status put(sluice::SinkBatch& batch) override {
    records_.add(batch.size());
    taken_ += batch.size();
    if (fd_ >= 0 && ::pwrite(fd_, &taken_, sizeof taken_, position_) != sizeof taken_)
      return sluice::fatal("Cannot write to blackhole.count.file: {}", std::strerror(errno));
    return sluice::ok();
  }

  void stop() override {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  sluice::Metric records_;
  std::uint64_t taken_ = 0;
  off_t position_ = 0;
  int fd_ = -1;
};

}  // namespace

SLUICE_PLUGIN("blackhole", "0.1.0", sluice::simple_sink<BlackholeSink>("BlackholeSink").summary("Drops every record"));
