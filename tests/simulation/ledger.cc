#include "tests/simulation/ledger.h"

#include <fmt/format.h>

#include <utility>

namespace sluice::simulation {

Ledger::Number Ledger::begin(ProcessId process, const base::TaskId& id, const std::string& version, bool hangs) {
  const Number number = ++last_;
  world_.tell(fmt::format("begins {} (configuration {})", id.to_string(), version));
  if (dead_.contains(process)) return number;
  failed_.erase(id);
  Run& begun = runs_[number] = {process, id, version, false, hangs, std::nullopt, Ms(0)};
  const auto overlaps = [&](Number which, Run& run) {
    if (run.overlaps_since) return;
    world_.tell(fmt::format("{} runs on worker {} too, which has lost its membership", id.to_string(), run.process));
    run.overlaps_since = world_.now();
    run.frozen_before = frozen_time(run.process);
    overlapping_.insert(which);
  };
  for (const Number other : of_[id]) {
    Run& run = runs_.at(other);
    if (run.process == process) {
      complain(fmt::format("{} runs twice on worker {}", id.to_string(), process));
    } else if (!is_member_(process)) {
      overlaps(number, begun);
    } else if (!is_member_(run.process) || downgraded()) {
      overlaps(other, run);
    } else {
      complain(fmt::format("{} begins on worker {} while it runs on worker {}: both are members", id.to_string(),
                           process, run.process));
    }
  }
  of_[id].insert(number);
  return number;
}

void Ledger::end(Number number, bool failed) {
  const auto found = runs_.find(number);
  if (found == runs_.end()) return;
  world_.tell(fmt::format("{} has {}", found->second.id.to_string(), failed ? "failed" : "ended"));
  if (failed) failed_.insert(found->second.id);
  of_[found->second.id].erase(number);
  overlapping_.erase(number);
  runs_.erase(found);
}

Ledger::Run* Ledger::find(Number number) {
  const auto found = runs_.find(number);
  return found == runs_.end() ? nullptr : &found->second;
}

void Ledger::killed(ProcessId process) {
  dead_.insert(process);
  std::vector<Number> gone;
  for (const auto& [number, run] : runs_)
    if (run.process == process) gone.push_back(number);
  for (const Number number : gone) end(number);
}

std::vector<Ledger::Run> Ledger::runs(const base::TaskId& id) const {
  std::vector<Run> found;
  if (const auto of = of_.find(id); of != of_.end())
    for (const Number number : of->second) found.push_back(runs_.at(number));
  return found;
}

std::set<base::TaskId> Ledger::running() const {
  std::set<base::TaskId> ids;
  for (const auto& [number, run] : runs_) ids.insert(run.id);
  return ids;
}

void Ledger::check() {
  for (const Number number : std::set(overlapping_)) {
    const Run& run = runs_.at(number);
    const Ms lasted = std::chrono::duration_cast<Ms>(world_.now() - *run.overlaps_since) -
                      (frozen_time(run.process) - run.frozen_before);
    if (lasted <= (run.hangs ? kHungOverlapMax : kOverlapMax)) continue;
    complain(fmt::format("{} runs on worker {} for {} ms after another worker has begun it", run.id.to_string(),
                         run.process, lasted.count()));
    overlapping_.erase(number);
  }
}

void Ledger::complain(std::string text) {
  complaints_.push_back(fmt::format("{:.3f} s: {}", static_cast<double>(world_.elapsed().count()) / 1000, text));
  world_.tell("VIOLATION: " + complaints_.back());
}

}  // namespace sluice::simulation
