#pragma once
// Who runs what, when: connectors and tasks of the simulated workers write it down here, and it judges.
//
// What at-least-once allows, and no more: a task may run on a second worker while it still runs on a first one only if
// the first one's membership is over for the group's coordinator, and then for no longer than that worker needs to
// learn of it and to stop its tasks (kOverlapMax, or kHungOverlapMax where the stop may have to get past steps that
// wait for a hung plugin; not counted while it is frozen: then it does nothing). A task that does not stop within its
// time is abandoned by its worker: it delivers nothing any more, and does not count. Never does one worker run a task
// twice.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/config/config_map.h"
#include "tests/simulation/world.h"

namespace sluice::simulation {

class Ledger {
 public:
  static constexpr Ms kOverlapMax{20'000};
  static constexpr Ms kHungOverlapMax{60'000};

  // `is_member`: the process is a member of the group as the coordinator sees it.
  Ledger(World& world, std::function<bool(ProcessId)> is_member) : world_(world), is_member_(std::move(is_member)) {}

  struct Run {
    ProcessId process = 0;
    base::TaskId id;      // task -1: a connector
    std::string version;  // of the configuration
    bool paused = false;
    bool hangs = false;
    std::optional<base::SteadyTime> overlaps_since;  // with a run of a member
    Ms frozen_before{0};
  };
  using Number = std::uint64_t;
  Number begin(ProcessId process, const base::TaskId& id, const std::string& version, bool hangs);
  void end(Number run, bool failed = false);
  Run* find(Number run);
  // The process is gone, and with it all that it ran.
  void killed(ProcessId process);
  // It ended by failing, and was not begun again.
  bool failed(const base::TaskId& id) const { return failed_.contains(id); }
  // Runs of live processes.
  std::vector<Run> runs(const base::TaskId& id) const;
  std::set<base::TaskId> running() const;

  // After each step: overlaps that last too long.
  void check();
  void complain(std::string text);
  const std::vector<std::string>& complaints() const { return complaints_; }
  std::uint64_t started() const { return last_; }

  // A round has just changed from the cooperative protocol to the eager one: there is no barrier between the two, so
  // work that a member has lost may overlap as if its membership were lost.
  std::function<bool()> downgraded = [] { return false; };
  // How long a process was frozen until now.
  std::function<Ms(ProcessId)> frozen_time = [](ProcessId) { return Ms(0); };

 private:
  World& world_;
  const std::function<bool(ProcessId)> is_member_;
  std::map<Number, Run> runs_;
  std::map<base::TaskId, std::set<Number>> of_;
  std::set<Number> overlapping_;
  std::set<base::TaskId> failed_;
  std::set<ProcessId> dead_;
  Number last_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace sluice::simulation
