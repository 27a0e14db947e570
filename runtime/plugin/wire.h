#pragma once
// How a worker and the process that hosts a plugin talk: frames over a stream socket, each {size, kind, bytes}. Two
// sockets for each process: calls (the worker calls, the plugin may ask back while it is called; one thread on each
// side) and events (what comes at any time from any thread). Batches cross beside them (batch_transfer.h).
//
// A reader takes any bytes: the other side may be broken.

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/abi.h>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/plugin/fd.h"

namespace sluice::plugin {

enum class Op : std::uint32_t {
  // Calls, each answered by kReturn but for kDelivered.
  kCreate = 1,
  kStart,
  kStop,
  kDestroy,
  kPoll,
  kDelivered,
  kCommit,
  kOpen,
  kPut,
  kPreCommit,
  kClose,
  kTaskConfigs,
  kValidate,
  kRecommend,
  kCapabilities,
  kAlterOffsets,
  kReturn,
  // Back into the host while a call runs, answered by kAnswer.
  kReadOffsets = 32,
  kDefineMetric,
  kAssignment,
  kPause,
  kResume,
  kRewind,
  kReportErrant,
  kAwaitErrant,
  kAnswer,
  // The same without an answer.
  kSetTimeout = 48,
  kRequestCommit,
  kCommitTransaction,
  kAbortTransaction,
  // Events to the worker.
  kLog = 64,
  kMetric,
  kRequestTaskReconfiguration,
  kRaiseError,
  kReleased,
  // Events to the plugin.
  kRequestStop = 80,
  kLogLevel,
};

std::string_view op_name(Op op);  // of a call: "poll", ...

class Writer {
 public:
  template <typename T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint64_t>(value.size()));
    bytes_.append(value);
  }
  void text(const sluice_str& value);  // knows absent
  void raw(std::string_view bytes) { bytes_.append(bytes); }
  void config(const config::ConfigMap& config);
  void status(const base::Status& status);
  void partitions(std::span<const sluice_topic_partition> partitions);
  void offsets(std::span<const sluice_topic_offset> offsets);
  const std::string& bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

// Reads what a Writer wrote. After the first thing that is missing everything is zero or empty, and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T number() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    if (const auto raw = take(sizeof value); ok_) raw.copy(reinterpret_cast<char*>(&value), sizeof value);
    return value;
  }
  std::string_view text() { return take(number<std::uint64_t>()); }  // in the frame
  sluice_str str();
  config::ConfigMap config();
  base::Status status();                           // of a frame that is broken: kBug
  std::uint32_t count(std::size_t each_at_least);  // of things to come; 0 where the frame is too short for them
  // Texts are views of the frame.
  std::vector<sluice_topic_partition> partitions();
  std::vector<sluice_topic_offset> offsets();
  bool ok() const { return ok_; }

 private:
  std::string_view take(std::uint64_t size);
  std::string_view bytes_;
  bool ok_ = true;
};

struct Frame {
  Op op = Op::kReturn;
  std::string_view bytes;
};

class Channel {
 public:
  static constexpr std::size_t kFrameBytesMax = 64 * 1024 * 1024;
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }
  // [any] Blocks while the other side does not read. False: it is gone, or the frame is too large.
  bool send(Op op, std::string_view bytes = {});
  // Blocks. Nothing: the other side is gone, or sent what is no frame. The frame lives until the next call.
  std::optional<Frame> receive();
  // The two halves of it: a frame that is there already, and taking in what has come. False: the other side is gone.
  std::optional<Frame> next();
  bool fill(bool may_block);
  bool wait(int timeout_ms) const;  // false: nothing to read came in time
  void shutdown();                  // [any] wakes both sides

 private:
  std::size_t frame_size() const;  // with its header; 0: not all there, or none
  Fd socket_;
  std::mutex send_mutex_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was received and not given out
  std::size_t end_ = 0;
};

}  // namespace sluice::plugin
