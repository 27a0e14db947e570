#include "tests/simulation/world.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace sluice::simulation {
namespace {

constexpr std::size_t kStackSize = std::size_t{512} << 10;

// Stacks are used again: making one costs more than a whole fiber.
class Stacks {
 public:
  ~Stacks() {
    for (void* stack : free_) munmap(stack, kStackSize);
  }
  void* take() {
    if (!free_.empty()) {
      void* stack = free_.back();
      free_.pop_back();
      return stack;
    }
    void* stack = mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED || mprotect(stack, 4096, PROT_NONE) != 0) std::abort();
    return stack;
  }
  void give(void* stack) { free_.push_back(stack); }

 private:
  std::vector<void*> free_;
};
Stacks& stacks() {
  static Stacks instance;
  return instance;
}

}  // namespace

struct World::Fiber {
  World* world = nullptr;
  Task task = 0;
  std::string name;
  std::function<void()> run;
  ProcessId process = 0;
  void* stack = nullptr;
  void* fake_stack = nullptr;  // of the address sanitizer
  ucontext_t context{};
  bool ended = false;
  const base::Condition* waits_on = nullptr;
  std::optional<Timers::key_type> timer;
  std::vector<Fiber*> joiners;
};

World::World(std::uint64_t seed)
    : clock_(*this), now_(std::chrono::hours(1)), begin_(now_), state_(seed * 0x9e3779b97f4a7c15ULL + 1) {
  install(this);
}

World::~World() {
  install(nullptr);
  for (auto& [task, fiber] : fibers_)
    if (fiber->stack != nullptr) stacks().give(fiber->stack);
}

std::int64_t World::Clock::now_ms() const {
  return 1'700'000'000'000 + monotonic_ns() / 1'000'000;
}
std::int64_t World::Clock::monotonic_ns() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(world.now_.time_since_epoch()).count();
}

Ms World::elapsed() const {
  return std::chrono::duration_cast<Ms>(now_ - begin_);
}

std::uint64_t World::random() {  // splitmix64
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void World::tell(const std::string& text) {
  if (telling)
    std::fprintf(stderr, "%9.3f s [%d] %s\n", static_cast<double>(elapsed().count()) / 1000, process(), text.c_str());
}

// ---- fibers

World::Task World::spawn(std::string name, std::function<void()> run) {
  return spawn_in(process(), std::move(name), std::move(run));
}

World::Task World::spawn_in(ProcessId process, std::string name, std::function<void()> run) {
  auto fiber = std::make_unique<Fiber>();
  fiber->world = this;
  fiber->task = ++last_task_;
  fiber->name = std::move(name);
  fiber->run = std::move(run);
  fiber->process = process;
  fiber->stack = stacks().take();
  getcontext(&fiber->context);
  fiber->context.uc_stack.ss_sp = fiber->stack;
  fiber->context.uc_stack.ss_size = kStackSize;
  fiber->context.uc_link = nullptr;
  const auto address = reinterpret_cast<std::uintptr_t>(fiber.get());
  makecontext(&fiber->context, reinterpret_cast<void (*)()>(&World::enter), 2, static_cast<unsigned>(address >> 32),
              static_cast<unsigned>(address));
  make_ready(*fiber);
  fibers_[fiber->task] = std::move(fiber);
  return last_task_;
}

void World::enter(unsigned high, unsigned low) {
  auto* fiber = reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(high) << 32 | low);
  World& world = *fiber->world;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &world.main_stack_, &world.main_stack_size_);
#endif
  fiber->run();
  fiber->run = nullptr;
  fiber->ended = true;
  world.suspend();
}

void World::resume(Fiber& fiber) {
  current_ = &fiber;
  running_process_ = fiber.process;
#if defined(__SANITIZE_ADDRESS__)
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, fiber.stack, kStackSize);
#endif
  swapcontext(&main_, &fiber.context);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  current_ = nullptr;
  running_process_ = 0;
  if (!fiber.ended) return;
  for (Fiber* joiner : fiber.joiners) make_ready(*joiner);
  stacks().give(fiber.stack);
  fibers_.erase(fiber.task);
}

// Back to the loop, until somebody makes this fiber ready.
void World::suspend() {
  Fiber& fiber = *current_;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(fiber.ended ? nullptr : &fiber.fake_stack, main_stack_, main_stack_size_);
#endif
  swapcontext(&fiber.context, &main_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fiber.fake_stack, &main_stack_, &main_stack_size_);
#endif
}

void World::make_ready(Fiber& fiber) {
  ready_.push_back({fiber.process, &fiber, {}});
}

void World::join(Task task) {
  const auto found = fibers_.find(task);
  if (found == fibers_.end()) return;
  found->second->joiners.push_back(current_);
  suspend();
}

void World::wait(const base::Condition& condition, std::unique_lock<std::mutex>& lock,
                 std::optional<base::SteadyTime> deadline) {
  if (current_ == nullptr) {
    std::fputs("simulation: only a fiber may wait\n", stderr);
    std::abort();
  }
  Fiber& fiber = *current_;
  fiber.waits_on = &condition;
  waiting_[&condition].push_back(&fiber);
  if (deadline) {
    fiber.timer.emplace(std::max(*deadline, now_), ++last_timer_);
    timers_.emplace(*fiber.timer, Ready{fiber.process, &fiber, {}});
  }
  lock.unlock();
  suspend();
  if (fiber.timer) timers_.erase(*fiber.timer);
  fiber.timer.reset();
  if (fiber.waits_on != nullptr) {  // the time was up
    const auto waiting = waiting_.find(fiber.waits_on);
    std::erase(waiting->second, &fiber);
    if (waiting->second.empty()) waiting_.erase(waiting);
    fiber.waits_on = nullptr;
  }
  lock.lock();
}

void World::notify(const base::Condition& condition) {
  const auto found = waiting_.find(&condition);
  if (found == waiting_.end()) return;
  const std::vector<Fiber*> woken = std::move(found->second);
  waiting_.erase(found);
  for (Fiber* fiber : woken) {
    fiber->waits_on = nullptr;
    if (fiber->timer) {
      if (timers_.erase(*fiber->timer) == 0) continue;  // its time was up: it is parked already
      fiber->timer.reset();
    }
    make_ready(*fiber);
  }
}

// ---- events

void World::after_in(ProcessId process, Ms delay, std::function<void()> fn) {
  timers_.emplace(std::pair{now_ + std::max(delay, Ms(0)), ++last_timer_}, Ready{process, nullptr, std::move(fn)});
}

void World::thaw(ProcessId process) {
  if (frozen_.erase(process) == 0) return;
  for (Ready& ready : std::exchange(parked_[process], {})) ready_.push_back(std::move(ready));
}

bool World::step() {
  ++steps_;
  if (ready_.empty()) {
    if (timers_.empty()) return false;
    auto timer = timers_.extract(timers_.begin());
    now_ = std::max(now_, timer.key().first);
    run(std::move(timer.mapped()));
    return true;
  }
  std::swap(ready_[random() % ready_.size()], ready_.back());
  Ready next = std::move(ready_.back());
  ready_.pop_back();
  run(std::move(next));
  return true;
}

void World::run(Ready next) {
  if (frozen_.contains(next.process)) {
    parked_[next.process].push_back(std::move(next));
  } else if (next.fiber != nullptr) {
    resume(*next.fiber);
  } else {
    running_process_ = next.process;
    next.fn();
    running_process_ = 0;
  }
}

bool World::run_until(const std::function<bool()>& done, Ms limit) {
  const base::SteadyTime end = now_ + limit;
  while (!done()) {
    const bool due = !ready_.empty() || (!timers_.empty() && timers_.begin()->first.first <= end);
    if (!due) {
      now_ = end;
      return false;
    }
    step();
  }
  return true;
}

void World::forget() {
  const auto timers = std::exchange(timers_, {});
  const auto ready = std::exchange(ready_, {});
  const auto parked = std::exchange(parked_, {});
}

std::vector<std::string> World::threads() const {
  std::vector<std::string> names;
  for (const auto& [task, fiber] : fibers_) names.push_back(std::to_string(fiber->process) + ":" + fiber->name);
  return names;
}

}  // namespace sluice::simulation
