#include "sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace file_stream {

sluice::Status FileStreamSinkConnector::start(const sluice::Config& config) {
  config_ = sluice::StoredConfig(config);
  if (const auto file = config.get("file"); file && !file->empty())
    context().info("Starting file sink connector writing to {}", *file);
  else
    context().info("Starting file sink connector writing to stdout");
  return sluice::ok();
}

sluice::Status FileStreamSinkConnector::task_configs(std::uint32_t tasks_max, sluice::TaskConfigs& out) {
  for (std::uint32_t i = 0; i < tasks_max; ++i) out.add(config_.pairs());
  return sluice::ok();
}

sluice::Status FileStreamSinkConnector::alter_offsets(const sluice::Config&, std::span<const sluice_offset_entry>,
                                                      bool* handled) {
  *handled = true;  // nothing but the consumer group's offsets matters here
  return sluice::ok();
}

FileStreamSinkTask::~FileStreamSinkTask() {
  stop();
}

sluice::Status FileStreamSinkTask::start(const sluice::Config& config) {
  file_ = std::string(config.get("file").value_or(""));
  if (file_.empty()) {
    fd_ = STDOUT_FILENO;
    return sluice::ok();
  }
  fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    context().error("Cannot open {} for writing: {}", file_, std::strerror(errno));
    return sluice::fatal("Couldn't find or create file '{}' for FileStreamSinkTask", file_);
  }
  return sluice::ok();
}

std::string FileStreamSinkTask::write_out() {
  std::size_t written = 0;
  std::string problem;
  while (written < buffer_.size()) {
    const ssize_t got = ::write(fd_, buffer_.data() + written, buffer_.size() - written);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      problem = std::strerror(errno);
      break;
    }
    written += static_cast<std::size_t>(got);
  }
  buffer_.erase(0, written);
  return problem;
}

sluice::Status FileStreamSinkTask::put(sluice::SinkBatch& batch) {
  // What a full disk left over goes first; until then nothing more is taken.
  if (!buffer_.empty()) {
    if (const std::string problem = write_out(); !problem.empty())
      return sluice::retry("Cannot write to {}: {}", file_, problem);
  }
  for (const sluice::RecordView record : batch) {
    const std::string_view text = context().text(record.value(), batch.c()->arena);
    if (text.data() == nullptr) return sluice::no_memory("A record's text is larger than the batch's memory");
    buffer_.append(text).push_back('\n');
  }
  if (const std::string problem = write_out(); !problem.empty())
    context().warn("Cannot write to {}: {}; will try again", file_, problem);
  return sluice::ok();
}

sluice::Status FileStreamSinkTask::pre_commit(std::span<sluice_topic_offset> offsets) {
  const std::string problem = write_out();
  // What is not in the file is not committed. A pipe or a terminal has nothing to sync.
  if (problem.empty() && (::fdatasync(fd_) == 0 || errno == EINVAL || errno == EROFS)) return sluice::ok();
  context().warn("Cannot flush {}: {}; its offsets are not committed", file_,
                 problem.empty() ? std::strerror(errno) : problem.c_str());
  for (sluice_topic_offset& offset : offsets) offset.flags |= SLUICE_OFFSET_SKIP;
  return sluice::ok();
}

void FileStreamSinkTask::stop() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
  fd_ = -1;
}

}  // namespace file_stream
