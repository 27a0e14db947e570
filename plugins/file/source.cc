#include "source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "line_text.h"

namespace file_stream {
namespace {

using sluice::Kind;
using sluice::Value;

constexpr std::chrono::milliseconds kWait{1000};
constexpr std::size_t kChunkMin = 16 * 1024;
constexpr std::size_t kChunkMax = 1024 * 1024;
constexpr std::size_t kLineBytesMax = 64 * 1024 * 1024;  // a longer line is an error, not endless memory

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

// ---- connector ----

sluice::Status FileStreamSourceConnector::start(const sluice::Config& config) {
  config_ = sluice::StoredConfig(config);
  if (const auto file = config.get("file"); file && !file->empty())
    context().info("Starting file source connector reading from {}", *file);
  else
    context().info("Starting file source connector reading from stdin");
  return sluice::ok();
}

sluice::Status FileStreamSourceConnector::task_configs(std::uint32_t, sluice::TaskConfigs& out) {
  out.add(config_.pairs());  // one stream: always one task
  return sluice::ok();
}

std::uint64_t FileStreamSourceConnector::capabilities(const sluice::Config& config) {
  // Standard input has no offsets.
  const bool has_file = !config.get("file").value_or("").empty();
  return (has_file ? SLUICE_CAPABILITY_EXACTLY_ONCE_SUPPORTED : SLUICE_CAPABILITY_EXACTLY_ONCE_UNSUPPORTED) |
         SLUICE_CAPABILITY_ALTER_OFFSETS;
}

sluice::Status FileStreamSourceConnector::alter_offsets(const sluice::Config& config,
                                                        std::span<const sluice_offset_entry> offsets, bool* handled) {
  if (config.get("file").value_or("").empty()) {
    return sluice::fatal(
        "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for "
        "input and offsets are not tracked.");
  }
  const auto find = [](const Value& map, std::string_view key) -> const Value* {
    if (!map.is(Kind::kMap)) return nullptr;
    const auto items = map.items();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].is(Kind::kString) && items[i].text() == key) return &items[i + 1];
    return nullptr;
  };
  for (const sluice_offset_entry& entry : offsets) {
    const Value offset(entry.offset);
    if (offset.is_null()) continue;  // forgetting an offset is always possible
    const Value* position = find(offset, "position");
    if (position == nullptr) return sluice::fatal("Offset objects should either be null or contain the key 'position'");
    if (!position->is(Kind::kInt64))
      return sluice::fatal("The value for the 'position' key in the offset is expected to be a Long value");
    if (position->i64() < 0)
      return sluice::fatal("The value for the 'position' key in the offset should be a non-negative value");
    const Value partition(entry.partition);
    if (partition.is_null()) return sluice::fatal("Partition objects cannot be null");
    if (find(partition, "filename") == nullptr)
      return sluice::fatal("Partition objects should contain the key 'filename'");
  }
  *handled = true;
  return sluice::ok();
}

// ---- task ----

FileStreamSourceTask::~FileStreamSourceTask() {
  stop();
}

sluice::Status FileStreamSourceTask::start(const sluice::Config& config) {
  file_ = std::string(config.get("file").value_or(""));
  topic_ = config.string("topic");
  batch_size_ = static_cast<std::size_t>(std::max<std::int64_t>(config.int64_or("batch.size", 2000), 1));
  use_stdin_ = file_.empty();
  if (use_stdin_) {
    fd_ = STDIN_FILENO;
    return sluice::ok();
  }
  const auto stored = context().stored_offset({{"filename", std::string_view(file_)}});
  const Value position = stored.get("position");
  if (stored.exists() && !position.is_null() && !position.is(Kind::kInt64))
    return sluice::fatal("Offset position is the incorrect type");
  position_ = position.is(Kind::kInt64) ? position.i64() : 0;
  return sluice::ok();
}

void FileStreamSourceTask::stop() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
  fd_ = -1;
}

void FileStreamSourceTask::wait() {
  static_cast<void>(context().sleep_for(kWait));
}

bool FileStreamSourceTask::open() {
  if (fd_ >= 0) return true;
  fd_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ >= 0) {
    context().debug("Opened {} for reading", file_);
    return true;
  }
  context().warn("Couldn't find file {} for FileStreamSourceTask, sleeping to wait for it to be created: {}", file_,
                 std::strerror(errno));
  wait();
  return false;
}

// Reads the file up to the position to learn how many bytes that many characters take. Bytes of ASCII text are
// characters, so mostly this runs at the speed of the page cache.
bool FileStreamSourceTask::skip_to_position() {
  std::vector<char> buffer(1 << 20);
  auto left = static_cast<std::uint64_t>(position_);
  byte_ = 0;
  while (left > 0 && !context().stopping()) {
    const std::size_t want = std::min<std::uint64_t>(buffer.size(), left + 8);
    const ssize_t got = ::pread(fd_, buffer.data(), want, static_cast<off_t>(byte_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;  // shorter than the position: go on from its end, as Java does
    std::string_view data(buffer.data(), static_cast<std::size_t>(got));
    const std::string_view plain = data.substr(0, std::min<std::uint64_t>(left, data.size()));
    if (is_ascii(plain)) {
      byte_ += plain.size();
      left -= plain.size();
      continue;
    }
    // One character after the other. A sequence cut by the end of the buffer is read again with what follows it.
    std::size_t at = 0;
    while (at < data.size() && left > 0) {
      std::size_t size = 1;
      while (at + size < data.size() && size < 4 && (static_cast<unsigned char>(data[at + size]) & 0xC0) == 0x80)
        ++size;
      if (at + size == data.size() && static_cast<std::size_t>(got) == want && at > 0) break;
      const std::uint64_t units = utf16_length(data.substr(at, size));
      at += size;
      left -= std::min(left, units);
    }
    byte_ += at;
  }
  return true;
}

sluice::Status FileStreamSourceTask::poll(sluice::BatchBuilder& out) {
  return use_stdin_ ? poll_stdin(out) : poll_file(out);
}

sluice::Status FileStreamSourceTask::poll_file(sluice::BatchBuilder& out) {
  if (!open()) return sluice::ok();
  if (!located_) {
    if (!skip_to_position())
      return sluice::fatal("Error while trying to seek to previous offset in file {}: {}", file_, std::strerror(errno));
    located_ = true;
  }
  // Straight into the batch: the lines are views of what was read.
  for (std::size_t size = chunk_;; size *= 2) {
    auto* buffer = static_cast<char*>(out.allocate(size, 1));
    if (buffer == nullptr)
      return sluice::no_memory("A line of {} beginning at byte {} is longer than the batch's memory", file_, byte_);
    const ssize_t got = ::pread(fd_, buffer, size, static_cast<off_t>(byte_));
    if (got < 0) {
      if (errno == EINTR) return sluice::ok();
      return sluice::retry("Error while reading {} at byte {}: {}", file_, byte_, std::strerror(errno));
    }
    const std::string_view data(buffer, static_cast<std::size_t>(got));
    const std::size_t taken = add_lines(out, data);
    if (taken > 0) {
      byte_ += taken;
      // Next time about as much as a batch takes: what is read beyond it is read again.
      chunk_ = std::clamp(out.size() >= batch_size_ ? taken + taken / 8 + 512 : chunk_ * 2, kChunkMin, kChunkMax);
      return sluice::ok();
    }
    if (data.size() < size) break;  // the end of the file: no complete line yet
    if (size >= kLineBytesMax)
      return sluice::fatal("The line of {} that begins at byte {} is longer than {} bytes", file_, byte_,
                           kLineBytesMax);
  }
  struct stat status {};
  if (!shrunk_told_ && ::fstat(fd_, &status) == 0 && static_cast<std::uint64_t>(status.st_size) < byte_) {
    shrunk_told_ = true;
    context().warn(
        "File {} is now shorter ({} bytes) than what was read of it ({}): only what is written beyond that will be "
        "read",
        file_, static_cast<std::int64_t>(status.st_size), byte_);
  }
  wait();
  return sluice::ok();
}

sluice::Status FileStreamSourceTask::poll_stdin(sluice::BatchBuilder& out) {
  pollfd waiting[2] = {{fd_, POLLIN, 0}, {context().stop_fd(), POLLIN, 0}};
  if (::poll(waiting, waiting[1].fd >= 0 ? 2 : 1, static_cast<int>(kWait.count())) <= 0 ||
      (waiting[0].revents & (POLLIN | POLLHUP)) == 0)
    return sluice::ok();
  const std::size_t held = carry_.size();
  carry_.resize(held + kChunkMin);
  const ssize_t got = ::read(fd_, carry_.data() + held, kChunkMin);
  carry_.resize(held + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got <= 0) {
    wait();  // closed: nothing more will come
    return sluice::ok();
  }
  carry_.erase(0, add_lines(out, out.copy(carry_)));
  if (carry_.size() > kLineBytesMax)
    return sluice::fatal("A line of standard input is longer than {} bytes", kLineBytesMax);
  return sluice::ok();
}

std::size_t FileStreamSourceTask::add_lines(sluice::BatchBuilder& out, std::string_view data) {
  const sluice::TopicIndex topic = out.topic(topic_);
  const sluice::PartitionIndex partition = use_stdin_ ? out.partition({{"filename", Value::null()}})
                                                      : out.partition({{"filename", std::string_view(file_)}});
  const sluice::Schema* schema = context().schemas().string();
  const std::int64_t now = now_ms();
  std::size_t taken = 0;
  std::string repaired;
  while (use_stdin_ || out.size() < batch_size_) {
    const Line line = next_line(data.substr(taken));
    if (line.bytes == 0) break;
    taken += line.bytes;
    Value text = Value::string(line.text);
    if (is_ascii(line.text)) {
      position_ += static_cast<std::int64_t>(line.bytes);
    } else {
      position_ += static_cast<std::int64_t>(utf16_length(line.text) + (line.bytes - line.text.size()));
      if (repair_utf8(line.text, repaired)) text = out.text(repaired);
    }
    auto record = out.add(topic);
    record.value(schema, text).timestamp(now);
    if (use_stdin_)
      record.source(partition, {{"position", Value::null()}});
    else
      record.source(partition, {{"position", position_}});
  }
  return taken;
}

}  // namespace file_stream
