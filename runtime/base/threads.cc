#include "runtime/base/threads.h"

#include <pthread.h>

namespace sluice::base {
namespace {

thread_local Scheduler* installed_scheduler = nullptr;

std::thread start(const std::string& name, std::function<void()> run) {
  return std::thread([name = name.substr(0, 15), run = std::move(run)] {
    pthread_setname_np(pthread_self(), name.c_str());
    run();
  });
}

}  // namespace

void Scheduler::install(Scheduler* scheduler) {
  installed_scheduler = scheduler;
}

Scheduler* Scheduler::installed() {
  return installed_scheduler;
}

SteadyTime steady_now() {
  return installed_scheduler != nullptr ? installed_scheduler->now() : std::chrono::steady_clock::now();
}

void sleep_until(SteadyTime when) {
  if (installed_scheduler == nullptr) return std::this_thread::sleep_until(when);
  std::mutex mutex;
  std::unique_lock lock(mutex);
  Condition never;
  never.wait_until(lock, when, [] { return false; });
}

void Condition::notify_one() {
  if (installed_scheduler == nullptr) return condition_.notify_one();
  installed_scheduler->notify(*this);
}

void Condition::notify_all() {
  if (installed_scheduler == nullptr) return condition_.notify_all();
  installed_scheduler->notify(*this);
}

void Condition::wait(std::unique_lock<std::mutex>& lock) {
  if (installed_scheduler == nullptr) return condition_.wait(lock);
  installed_scheduler->wait(*this, lock, std::nullopt);
}

void Condition::wait_until(std::unique_lock<std::mutex>& lock, SteadyTime deadline) {
  if (installed_scheduler == nullptr) {
    condition_.wait_until(lock, deadline);
    return;
  }
  installed_scheduler->wait(*this, lock, deadline);
}

Thread::Thread(const std::string& name, std::function<void()> run) {
  if (installed_scheduler == nullptr) {
    thread_ = start(name, std::move(run));
  } else {
    task_ = installed_scheduler->spawn(name, std::move(run));
  }
}

void Thread::start_detached(const std::string& name, std::function<void()> run) {
  if (installed_scheduler != nullptr) {
    installed_scheduler->spawn(name, std::move(run));
    return;
  }
  start(name, std::move(run)).detach();  // tidy: allow(detach): the caller's work may never return
}

void Thread::join() {
  if (!task_) return thread_.join();
  installed_scheduler->join(*task_);
  task_.reset();
}

}  // namespace sluice::base
