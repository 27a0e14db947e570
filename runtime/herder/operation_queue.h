#pragma once
// Changes to one connector happen one after another, also those that take long: each operation begins when the one
// before has let go of its turn. Operations on different connectors do not wait for each other. All on the herder
// thread.
//
// An operation may wait for plugin code that never returns. When another operation has waited behind it for `patience`,
// the owner is asked to interrupt what it waits for, so that a hung connector can still be stopped, changed or deleted.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/herder/command_loop.h"

namespace sluice::herder {

// Held by an operation while it goes on; the next one begins when the last copy is gone. Any thread may let go.
using Turn = std::shared_ptr<void>;

class OperationQueue {
 public:
  using Operation = std::function<void(Turn)>;
  using Interrupt = std::function<void(const std::string& connector)>;
  static constexpr std::size_t kWaitingMax = 100;  // a connector

  // The loop must be stopped before this goes; turns may be let go later.
  OperationQueue(std::shared_ptr<CommandLoop> loop, std::chrono::milliseconds patience, Interrupt interrupt);

  // False: too many wait already.
  bool enqueue(const std::string& connector, Operation operation);
  bool busy(const std::string& connector) const { return lanes_.contains(connector); }
  std::vector<std::string> busy() const;
  bool idle() const { return lanes_.empty(); }

 private:
  struct Lane {
    std::deque<Operation> waiting;
    std::uint64_t running = 0;  // number of the operation whose turn it is
    bool watched = false;
  };
  void begin(const std::string& connector, Operation operation);
  void finished(const std::string& connector, std::uint64_t number);
  void watch(const std::string& connector, std::uint64_t number);

  const std::shared_ptr<CommandLoop> loop_;
  const std::chrono::milliseconds patience_;
  const Interrupt interrupt_;
  std::map<std::string, Lane> lanes_;
  std::uint64_t last_number_ = 0;
};

}  // namespace sluice::herder
