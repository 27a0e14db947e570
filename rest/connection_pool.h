#pragma once
// The threads that serve HTTP connections: started as needed up to a maximum, ended after idling, shared by all
// listeners. Connections beyond the threads wait in a bounded queue; beyond that they are refused. A request that waits
// for the herder holds its thread, so the maximum is the number of requests that may hang without others noticing.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace sluice::rest {

class ConnectionPool {
 public:
  ConnectionPool(std::size_t threads_max, std::size_t waiting_max);
  ~ConnectionPool();  // stop() must have been called
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // [any] False: refused, because the queue is full or the pool stopped.
  bool submit(std::function<void()> job);
  // [any] Whether connections wait for a thread: idle ones should then give theirs up.
  bool crowded() const;
  // Runs what was accepted, then joins every thread.
  void stop();

 private:
  struct Worker {
    std::thread thread;
    bool finished = false;
  };
  void run(Worker& self);
  void reap_finished();  // with mutex_ held

  const std::size_t threads_max_;
  const std::size_t waiting_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  std::list<Worker> workers_;
  std::size_t running_ = 0;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace sluice::rest
