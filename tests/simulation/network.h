#pragma once
// The network between processes and what they talk to: messages take time, and get lost while faults are on; a process
// can be cut off.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "tests/simulation/world.h"

namespace sluice::simulation {

class Network {
 public:
  explicit Network(World& world) : world_(world) {}

  double loss = 0;            // of one message
  int latency_max_ms = 5;     // of one message
  bool brokers_down = false;  // for everyone
  void cut(ProcessId process) { cut_.insert(process); }
  void heal(ProcessId process) { cut_.erase(process); }
  bool reachable(ProcessId process) const { return !brokers_down && !cut_.contains(process); }

  // A request to a broker: `serve` runs there and answers by its argument, now or later; `then` gets the answer, in the
  // process that asked, or nothing when the request or its answer was lost.
  template <typename Answer>
  void ask_broker(Ms timeout, std::function<void(std::function<void(Answer)>)> serve,
                  std::function<void(std::optional<Answer>)> then) {
    const ProcessId from = world_.process();
    struct Call {
      std::function<void(std::optional<Answer>)> then;
      void end(std::optional<Answer> answer) {
        if (const auto call = std::exchange(then, nullptr)) call(std::move(answer));
      }
    };
    const auto call = std::make_shared<Call>(Call{std::move(then)});
    world_.after_in(from, timeout, [call] { call->end(std::nullopt); });
    // A connection that breaks is noticed, sooner or later.
    const auto lost = [this, from, call] {
      world_.after_in(from, world_.delay(1, 3000), [call] { call->end(std::nullopt); });
    };
    if (lose(from)) return lost();
    world_.after_in(0, latency(), [this, from, call, lost, serve = std::move(serve)] {
      if (lose(from)) return lost();
      serve([this, from, call, lost](Answer answer) {
        if (lose(from)) return lost();
        world_.after_in(from, latency(),
                        [call, answer = std::move(answer)]() mutable { call->end(std::move(answer)); });
      });
    });
  }

  Ms latency() { return world_.delay(1, world_.chance(0.02) ? latency_max_ms * 10 : latency_max_ms); }

 private:
  bool lose(ProcessId process) { return !reachable(process) || (loss > 0 && world_.chance(loss)); }

  World& world_;
  std::set<ProcessId> cut_;
};

}  // namespace sluice::simulation
