#include "runtime/plugin/wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sluice/value.hpp>

#include "runtime/plugin/host_services.h"

namespace sluice::plugin {
namespace {

struct FrameHeader {
  std::uint32_t size;  // of what follows
  std::uint32_t op;
};

constexpr std::uint64_t kAbsent = UINT64_MAX;

}  // namespace

std::string_view op_name(Op op) {
  constexpr std::string_view kNames[] = {
      "",    "create",     "start", "stop",         "destroy",  "poll",      "delivered",    "commit",       "open",
      "put", "pre_commit", "close", "task_configs", "validate", "recommend", "capabilities", "alter_offsets"};
  const auto index = static_cast<std::size_t>(op);
  return index < std::size(kNames) ? kNames[index] : std::string_view();
}

// ---- fields ----

void Writer::text(const sluice_str& value) {
  if (absent(value))
    number(kAbsent);
  else
    text(view(value));
}

void Writer::config(const config::ConfigMap& config) {
  number(static_cast<std::uint32_t>(config.size()));
  for (const auto& [key, value] : config) {
    text(std::string_view(key));
    text(value ? sluice::str(*value) : sluice_str{nullptr, 0});
  }
}

void Writer::status(const base::Status& status) {
  number(status ? std::int32_t{0} : static_cast<std::int32_t>(status.error().code()));
  text(status ? std::string_view() : std::string_view(status.error().message()));
}

void Writer::partitions(std::span<const sluice_topic_partition> partitions) {
  number(static_cast<std::uint32_t>(partitions.size()));
  for (const auto& partition : partitions) {
    text(view(partition.topic));
    number(partition.partition);
  }
}

void Writer::offsets(std::span<const sluice_topic_offset> offsets) {
  number(static_cast<std::uint32_t>(offsets.size()));
  for (const auto& offset : offsets) {
    text(view(offset.topic));
    number(offset.partition);
    number(offset.flags);
    number(offset.offset);
  }
}

std::string_view Reader::take(std::uint64_t size) {
  if (!ok_ || size > bytes_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

sluice_str Reader::str() {
  const auto size = number<std::uint64_t>();
  if (size == kAbsent) return {nullptr, 0};
  const std::string_view text = take(size);
  return ok_ ? sluice::str(text) : sluice_str{nullptr, 0};
}

std::uint32_t Reader::count(std::size_t each_at_least) {
  const auto count = number<std::uint32_t>();
  if (count > bytes_.size() / each_at_least) ok_ = false;
  return ok_ ? count : 0;
}

config::ConfigMap Reader::config() {
  config::ConfigMap config;
  const std::uint32_t entries = count(2 * sizeof(std::uint64_t));
  for (std::uint32_t i = 0; i < entries && ok_; ++i) {
    std::string key(text());
    const sluice_str value = str();
    config.set(std::move(key), absent(value) ? std::nullopt : std::optional(std::string(view(value))));
  }
  return config;
}

base::Status Reader::status() {
  const auto code = number<std::int32_t>();
  const std::string_view message = text();
  if (ok_ && code == 0) return {};
  const bool known = code >= static_cast<int>(base::Code::kRetry) && code <= static_cast<int>(base::Code::kTimeout);
  if (!ok_ || !known)
    return base::fail(base::Code::kBug, base::exceptions::kConnect, "The plugin's process sent a broken answer");
  return base::fail(make_error(static_cast<base::Code>(code), std::string(message)));
}

std::vector<sluice_topic_partition> Reader::partitions() {
  std::vector<sluice_topic_partition> result(count(sizeof(std::uint64_t) + sizeof(std::int32_t)));
  for (auto& partition : result) {
    partition.topic = sluice::str(text());
    partition.partition = number<std::int32_t>();
  }
  return result;
}

std::vector<sluice_topic_offset> Reader::offsets() {
  std::vector<sluice_topic_offset> result(count(2 * sizeof(std::uint64_t) + 2 * sizeof(std::int32_t)));
  for (auto& offset : result) {
    offset.topic = sluice::str(text());
    offset.partition = number<std::int32_t>();
    offset.flags = number<std::int32_t>();
    offset.offset = number<std::int64_t>();
  }
  return result;
}

// ---- frames ----

bool Channel::send(Op op, std::string_view bytes) {
  if (bytes.size() > kFrameBytesMax) return false;
  FrameHeader header{static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(op)};
  std::array<iovec, 2> parts{{{&header, sizeof header}, {const_cast<char*>(bytes.data()), bytes.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  std::lock_guard lock(send_mutex_);
  while (message.msg_iovlen > 0) {
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    auto left = static_cast<std::size_t>(sent);
    while (message.msg_iovlen > 0 && left >= message.msg_iov->iov_len) {
      left -= message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (message.msg_iovlen > 0) {
      message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + left;
      message.msg_iov->iov_len -= left;
    }
  }
  return true;
}

std::size_t Channel::frame_size() const {
  FrameHeader header{};
  if (end_ - begin_ < sizeof header) return 0;
  std::memcpy(&header, buffer_.data() + begin_, sizeof header);
  const std::size_t whole = sizeof header + std::size_t{header.size};
  return end_ - begin_ >= whole ? whole : 0;
}

std::optional<Frame> Channel::next() {
  const std::size_t whole = frame_size();
  if (whole == 0) return std::nullopt;
  FrameHeader header{};
  std::memcpy(&header, buffer_.data() + begin_, sizeof header);
  const Frame frame{static_cast<Op>(header.op), {buffer_.data() + begin_ + sizeof header, header.size}};
  begin_ += whole;
  return frame;
}

bool Channel::fill(bool may_block) {
  constexpr std::size_t kBufferBytes = 64 * 1024;
  // What is there of the next frame goes to the front, and there is room for the rest of it.
  if (begin_ > 0 && end_ > begin_) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  std::size_t wanted = kBufferBytes;
  if (end_ >= sizeof(FrameHeader)) {
    FrameHeader header{};
    std::memcpy(&header, buffer_.data(), sizeof header);
    if (header.size > kFrameBytesMax) return false;
    wanted = std::max(wanted, sizeof header + header.size);
  }
  if (buffer_.size() != wanted && end_ <= wanted) {
    buffer_.resize(wanted);
    buffer_.shrink_to_fit();
  }
  for (;;) {
    const ssize_t got =
        ::recv(socket_.get(), buffer_.data() + end_, buffer_.size() - end_, may_block ? 0 : MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && !may_block && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
    return true;
  }
}

std::optional<Frame> Channel::receive() {
  for (;;) {
    if (auto frame = next()) return frame;
    if (!fill(true)) return std::nullopt;
  }
}

bool Channel::wait(int timeout_ms) const {
  if (frame_size() != 0) return true;
  pollfd wait{socket_.get(), POLLIN, 0};
  return ::poll(&wait, 1, timeout_ms) != 0;
}

void Channel::shutdown() {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace sluice::plugin
