#pragma once
// A member's owner for tests, on a thread of its own as a herder is: joins when asked, leads when elected, and tells
// what it saw. As a leader it gives each member its own metadata back, with the leader's name in front.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/group/broker_membership.h"
#include "runtime/group/membership.h"

namespace sluice::group {

using namespace std::chrono_literals;

class TestOwner final : public MembershipListener {
 public:
  struct Seen {
    int prepares = 0, elections = 0, joins = 0, losses = 0, refusals = 0;
    std::int32_t generation = -1;
    std::string member_id, protocol, assignment, lost_why, refused_why;
    std::size_t members = 0;  // in the last election
    bool leader = false;      // of the generation joined last
    bool member = false;
  };

  TestOwner(std::string name, MembershipOptions options) : name_(std::move(name)) {
    membership_ = make_broker_membership(std::move(options));
  }
  ~TestOwner() override { stop(); }

  base::Status start() {
    thread_ = std::thread([this] { run(); });
    return membership_->start(*this);
  }
  void stop(std::chrono::milliseconds within = 5s) {
    membership_->stop(std::chrono::steady_clock::now() + within);
    enqueue([this] { ended_ = true; });
    if (thread_.joinable()) thread_.join();
  }
  Membership& membership() { return *membership_; }
  // Stops answering and saying that it is alive, until hang(false).
  void hang(bool hangs) {
    const std::lock_guard lock(mutex_);
    hangs_ = hangs;
    changed_.notify_all();
  }
  void offer(std::vector<OfferedProtocol> offers) {
    const std::lock_guard lock(mutex_);
    offers_ = std::move(offers);
  }

  Seen seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // Waits until what was seen pleases `done`.
  ::testing::AssertionResult until(const std::function<bool(const Seen&)>& done, std::chrono::milliseconds most = 30s) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, most, [&] { return done(seen_); })) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << name_ << " prepares " << seen_.prepares << " elections " << seen_.elections
                                         << " joins " << seen_.joins << " losses " << seen_.losses << " ("
                                         << seen_.lost_why << ") refusals " << seen_.refusals << " ("
                                         << seen_.refused_why << ") generation " << seen_.generation << " assignment "
                                         << seen_.assignment << " members " << seen_.members;
  }
  ::testing::AssertionResult until_joined(int rounds = 1, std::chrono::milliseconds most = 30s) {
    return until([&](const Seen& seen) { return seen.member && seen.joins >= rounds; }, most);
  }
  // As a leader of so many, or with an assignment from one.
  ::testing::AssertionResult until_generation_of(TestOwner& other) {
    return until([&](const Seen& mine) { return mine.member && mine.generation >= other.seen().generation; });
  }

 private:
  void on_join_prepare() override {
    enqueue([this] {
      note([](Seen& seen) { ++seen.prepares; });
      membership_->join(offers());
    });
  }
  void on_protocol(std::string) override {}
  void on_elected(Election election) override {
    enqueue([this, election] {
      note([&](Seen& seen) {
        ++seen.elections;
        seen.members = election.members.size();
      });
      std::map<std::string, std::string> assignments;
      for (const auto& [id, metadata] : election.members) assignments[id] = name_ + "/" + metadata;
      leads_ = election.generation;
      membership_->lead(election.generation, assignments);
    });
  }
  void on_joined(Joined joined) override {
    enqueue([this, joined] {
      note([&](Seen& seen) {
        ++seen.joins;
        seen.generation = joined.generation;
        seen.member_id = joined.member_id;
        seen.protocol = joined.protocol;
        seen.assignment = joined.assignment;
        seen.leader = leads_ == joined.generation;
        seen.member = true;
      });
    });
  }
  void on_lost(base::Error why) override {
    enqueue([this, why] {
      note([&](Seen& seen) {
        ++seen.losses;
        seen.lost_why = why.message();
        seen.member = false;
      });
    });
  }
  void on_refused(base::Error why) override {
    enqueue([this, why] {
      note([&](Seen& seen) {
        ++seen.refusals;
        seen.refused_why = why.message();
      });
    });
  }

  std::vector<OfferedProtocol> offers() {
    const std::lock_guard lock(mutex_);
    if (!offers_.empty()) return offers_;
    return {{"sessioned", name_}, {"compatible", name_}, {"default", name_}};
  }
  void note(const std::function<void(Seen&)>& change) {
    const std::lock_guard lock(mutex_);
    change(seen_);
    changed_.notify_all();
  }
  void enqueue(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    changed_.notify_all();
  }
  void run() {
    while (!ended_) {
      std::function<void()> next;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 100ms, [&] { return !hangs_ && !work_.empty(); });
        if (hangs_) continue;
        if (!work_.empty()) {
          next = std::move(work_.front());
          work_.pop_front();
        }
      }
      membership_->owner_alive();
      if (next) next();
    }
  }

  const std::string name_;
  std::unique_ptr<Membership> membership_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  std::vector<OfferedProtocol> offers_;
  Seen seen_;
  bool hangs_ = false;
  std::int32_t leads_ = -1;  // owner's thread
  bool ended_ = false;       // owner's thread
};

}  // namespace sluice::group
