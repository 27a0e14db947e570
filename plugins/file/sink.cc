#include "sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "append_lines.h"

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

sluice::Status FileStreamSinkTask::put(sluice::SinkBatch& batch) {
  lines_.clear();
  for (const sluice::RecordView record : batch) {
    const std::string_view text = context().text(record.value(), batch.c()->arena);
    if (text.data() == nullptr) return sluice::no_memory("A record's text is larger than the batch's memory");
    lines_.append(text).push_back('\n');
  }
  // Waiting for room would look like running. What is not in the file is not committed and comes again.
  if (const std::string problem = append_lines(fd_, lines_); !problem.empty())
    return sluice::fatal("Cannot write to {}: {}. No record is lost: mend this and restart the task", name(), problem);
  return sluice::ok();
}

sluice::Status FileStreamSinkTask::pre_commit(std::span<sluice_topic_offset>) {
  // A pipe or a terminal has nothing to sync.
  if (::fdatasync(fd_) == 0 || errno == EINVAL || errno == EROFS) return sluice::ok();
  return sluice::fatal("Cannot flush {}: {}; its offsets are not committed", name(), std::strerror(errno));
}

std::string_view FileStreamSinkTask::name() const {
  return file_.empty() ? std::string_view("standard output") : std::string_view(file_);
}

void FileStreamSinkTask::stop() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
  fd_ = -1;
}

}  // namespace file_stream
