#pragma once
// Something that listens and is no worker: answers every connection with fixed bytes, or never.

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sluice::rest {

class RawServer {
 public:
  // Nothing: takes requests and does not answer. `repeat`: how often the answer is sent.
  explicit RawServer(std::optional<std::string> answer, int repeat = 1);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url() const;
  // The first request seen, as far as it came with its head.
  std::string request();

 private:
  void run();

  const std::optional<std::string> answer_;
  const int repeat_;
  int listening_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::string request_;
  std::thread thread_;
};

// A port of this machine that nothing listens at, as long as nobody else takes it.
int closed_port();

}  // namespace sluice::rest
