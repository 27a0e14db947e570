#include "runtime/herder/worker_group.h"

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"

namespace sluice::herder {
namespace {

constexpr int kSyncRetriesMax = 5;

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.distributed.WorkerCoordinator"};
  return log;
}

std::string owner(const std::map<std::string, std::string>& owners, const std::string& connector) {
  const auto found = owners.find(connector);
  return found != owners.end() ? found->second : std::string();
}

}  // namespace

WorkerGroup::WorkerGroup(Options options, std::shared_ptr<CommandLoop> loop, group::Membership& membership,
                         GroupHost& host, const base::Clock& clock)
    : options_(std::move(options)),
      loop_(std::move(loop)),
      membership_(membership),
      host_(host),
      clock_(clock),
      assignor_(options_.scheduled_rebalance_delay_max),
      metrics_(options_.metrics, clock),
      protocol_(options_.highest),
      sync_retries_left_(kSyncRetriesMax) {}

std::string WorkerGroup::owner_url(const std::string& connector) const {
  return owner(owners_.connector_owners, connector);
}

std::string WorkerGroup::owner_url(const base::TaskId& task) const {
  const auto found = owners_.task_owners.find(task);
  return found != owners_.task_owners.end() ? found->second : std::string();
}

// ---- what the membership tells, on its thread

void WorkerGroup::post(std::function<void()> command) {
  loop_->post([this, command = std::move(command)] {
    if (!closed_) command();
  });
}

void WorkerGroup::on_join_prepare() {
  post([this] { prepare_join(); });
}
void WorkerGroup::on_protocol(std::string protocol) {
  post([this, protocol = std::move(protocol)] { agreed(protocol); });
}
void WorkerGroup::on_elected(group::Election election) {
  post([this, election = std::move(election)] { elect(election); });
}
void WorkerGroup::on_joined(group::Joined joined_group) {
  post([this, joined_group = std::move(joined_group)] { joined(joined_group); });
}
void WorkerGroup::on_lost(base::Error why) {
  post([this, why = std::move(why)] { lost(why); });
}
void WorkerGroup::on_refused(base::Error why) {
  post([this, why = std::move(why)] {
    logger().error("The group cannot be joined: {}", why.to_string());
    host_.unsettled(why);
  });
}

// ---- joining

void WorkerGroup::prepare_join() {
  ++round_;
  settled_ = false;
  metrics_.began();
  if (protocol_ == group::ConnectProtocol::kEager) revoke_all();
  if (stopping_ == 0) return join();
  join_waits_ = true;
}

// The leader of an eager round deals everything out anew and does not ask who holds what. A group that was cooperative
// until now has kept its work into this round; the round may fail for this member and go on for the others.
void WorkerGroup::agreed(const std::string& protocol) {
  if (group::protocol_of_name(protocol) != group::ConnectProtocol::kEager) return;
  if (protocol_ != group::ConnectProtocol::kEager) revoke_all();
}

void WorkerGroup::revoke_all() {
  if (assignment_) assignment_->assigned = {};
  if (held_.empty()) return;
  logger().info("Revoking everything: the eager protocol deals it out anew");
  held_ = {};
  release({});
}

// A join that came meanwhile goes before `then`.
void WorkerGroup::release(std::function<void()> then) {
  ++stopping_;
  host_.release([this, then = std::move(then)] {
    if (--stopping_ > 0) return;
    if (std::exchange(join_waits_, false)) return join();
    if (then && !closed_) then();
  });
}

void WorkerGroup::join() {
  if (closed_) return;
  rejoin_requested_ = false;
  leaving_told_ = handed_over_ != nullptr;
  std::vector<group::OfferedProtocol> offers;
  for (const auto protocol : group::offered_protocols(options_.highest)) {
    group::MemberMetadata metadata{static_cast<std::int16_t>(protocol), options_.url, host_.config_offset(), {}};
    if (protocol != group::ConnectProtocol::kEager) {
      metadata.allocation = assignment_;
      metadata.leaving = leaving_told_;
    }
    offers.push_back({std::string(group::protocol_name(protocol)), group::encode(metadata)});
  }
  membership_.join(std::move(offers));
}

// ---- leading

void WorkerGroup::elect(const group::Election& election) {
  const auto offset = config_offset_max(election.members);
  if (!offset) {
    logger().error("A member's metadata cannot be read; leaving the group for a while: {}", offset.error().to_string());
    membership_.leave("the metadata of a member cannot be read", std::chrono::seconds(5));
    return lost(offset.error());
  }
  if (*offset <= host_.config_offset()) return lead(election);
  logger().info("A member knows more of the config topic (offset {}) than this leader ({}): reading on", *offset,
                host_.config_offset());
  host_.refresh_configs(options_.sync_timeout, [this, election, round = round_](const base::Status&) {
    if (!closed_ && round == round_) lead(election);
  });
}

void WorkerGroup::lead(const group::Election& election) {
  LeaderInput input;
  input.now_ms = clock_.now_ms();
  input.last_completed_generation = last_completed_generation_;
  input.generation = election.generation;
  input.leader_id = election.member_id;
  input.protocol = group::protocol_of_name(election.protocol).value_or(options_.highest);
  input.members = election.members;
  input.own_config_offset = host_.config_offset();
  input.configured = host_.configured();
  auto outcome = run_leader_round(input, assignor_);
  if (!outcome) {
    logger().error("The group's work cannot be assigned: {}", outcome.error().to_string());
    membership_.leave("the assignment failed", std::chrono::seconds(5));
    return lost(outcome.error());
  }
  auto assignments = std::move(outcome->assignments);
  led_ = std::move(*outcome);
  membership_.lead(election.generation, std::move(assignments));
}

// ---- joined

void WorkerGroup::joined(const group::Joined& joined) {
  auto received = group::decode_assignment(joined.assignment);
  const auto protocol = group::protocol_of_name(joined.protocol);
  if (!received || !protocol) {
    const base::Error why = received ? base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                                   "The group speaks an unknown protocol: " + joined.protocol)
                                     : received.error();
    logger().error("The assignment cannot be read; leaving the group for a while: {}", why.to_string());
    membership_.leave("the assignment cannot be read", std::chrono::seconds(5));
    return lost(why);
  }
  if (*protocol != protocol_)
    logger().info("The group's protocol is {} now ({} before)", group::protocol_name(*protocol),
                  group::protocol_name(protocol_));
  protocol_ = *protocol;
  generation_ = joined.generation;
  last_completed_generation_ = joined.generation;
  member_id_ = joined.member_id;
  take(std::move(*received));
}

void WorkerGroup::take(group::Assignment received) {
  ++round_;
  const auto delay = std::chrono::milliseconds(received.delay_ms);
  if (protocol_ == group::ConnectProtocol::kEager) {
    held_ = {};
  } else {
    for (const auto& connector : received.revoked.connectors) held_.connectors.erase(connector);
    for (const auto& task : received.revoked.tasks) held_.tasks.erase(task);
  }
  held_.connectors.insert(received.assigned.connectors.begin(), received.assigned.connectors.end());
  held_.tasks.insert(received.assigned.tasks.begin(), received.assigned.tasks.end());
  rejoin_after_start_ = protocol_ != group::ConnectProtocol::kEager && !received.revoked.empty();
  logger().info(
      "Joined group at generation {} with protocol version {} and got assignment: {} connectors and {} tasks new, {} "
      "and {} revoked, {} and {} held, leader {} at {}, config offset {}, error {} with rebalance delay: {}",
      generation_, static_cast<int>(protocol_), received.assigned.connectors.size(), received.assigned.tasks.size(),
      received.revoked.connectors.size(), received.revoked.tasks.size(), held_.connectors.size(), held_.tasks.size(),
      received.leader, received.leader_url, received.config_offset, received.error, received.delay_ms);
  assignment_ = std::move(received);
  assignment_->assigned = {{held_.connectors.begin(), held_.connectors.end()},
                           {held_.tasks.begin(), held_.tasks.end()}};
  assignment_->revoked = {};
  owners_ = leading() ? std::move(led_) : LeaderOutcome{};
  led_ = {};
  if (delay.count() > 0) schedule_rebalance(delay);

  release([this, round = round_] {
    if (round == round_) settle();
  });
}

void WorkerGroup::settle() {
  if (leaving_told_) return end_hand_over();
  const std::int64_t wanted = assignment_->config_offset;
  if (assignment_->error != group::Assignment::kNoError) {
    logger().warn("The group's members know different configurations; reading on and joining again");
    return catch_up();
  }
  if (host_.config_offset() < wanted) {
    logger().warn("Catching up to assignment's config offset.");
    return catch_up();
  }
  sync_retries_left_ = kSyncRetriesMax;
  if (host_.config_offset() > wanted)
    return rejoin(fmt::format("Current config state offset {} does not match group assignment {}. Forcing rebalance.",
                              host_.config_offset(), wanted));
  logger().info("Starting connectors and tasks using config offset {}", wanted);
  settled_ = true;
  metrics_.completed({generation_, leader_url(), base::to_upper_ascii(group::protocol_name(protocol_)),
                      held_.connectors.size(), held_.tasks.size()});
  host_.settled();
  if (std::exchange(rejoin_after_start_, false)) return rejoin("work was revoked and is free now");
  if (owners_.leaves_unconfigured_work) rejoin("members keep work that is not configured any more");
}

void WorkerGroup::catch_up() {
  host_.refresh_configs(options_.sync_timeout, [this, round = round_](base::Status refreshed) {
    if (closed_ || round != round_) return;
    if (!refreshed || host_.config_offset() < assignment_->config_offset)
      return sync_failed(refreshed ? base::Error(base::Code::kTimeout, base::exceptions::kTimeout,
                                                 "the end of the config topic is before the group's offset")
                                   : refreshed.error());
    if (assignment_->error != group::Assignment::kNoError) return rejoin("read the config topic to its end");
    settle();
  });
}

// Spec 5.8.
void WorkerGroup::sync_failed(const base::Error& why) {
  std::chrono::milliseconds backoff = options_.unsync_backoff;
  if (protocol_ != group::ConnectProtocol::kEager) {
    if (sync_retries_left_ == 0) sync_retries_left_ = kSyncRetriesMax;
    backoff = options_.scheduled_rebalance_delay_max / 10 / sync_retries_left_--;
  }
  logger().error("Didn't reach end of config log quickly enough, leaving the group for {} ms: {}", backoff.count(),
                 why.to_string());
  membership_.leave("taking too long to read the log", backoff);
  lost(why);
}

// ---- the end of a membership, and new rounds

void WorkerGroup::lost(const base::Error& why) {
  ++round_;
  if (!held_.empty())
    logger().warn("Not a member of the group any more: revoking {} connectors and {} tasks: {}",
                  held_.connectors.size(), held_.tasks.size(), why.to_string());
  settled_ = false;
  rejoin_requested_ = false;
  held_ = {};
  assignment_.reset();
  owners_ = led_ = {};
  member_id_.clear();
  generation_ = -1;
  host_.unsettled(why);
  end_hand_over();
  release({});
}

void WorkerGroup::rejoin(const std::string& reason) {
  logger().info("Rebalance started: {}", reason);
  rejoin_requested_ = true;
  membership_.request_rejoin(reason);
}

void WorkerGroup::hand_over(std::function<void()> done) {
  handed_over_ = std::move(done);
  // An eager group deals everything out anew at once when a member leaves.
  if (held_.empty() || !assignment_ || protocol_ == group::ConnectProtocol::kEager) return end_hand_over();
  rejoin("this worker is about to leave and hands its work over");
}

void WorkerGroup::end_hand_over() {
  if (const auto done = std::exchange(handed_over_, nullptr)) done();
}

void WorkerGroup::request_rebalance(const std::string& reason) {
  // A round that goes on ends with comparing the offsets.
  if (closed_ || !settled() || assignment_->config_offset >= host_.config_offset()) return;
  rejoin(reason);
}

void WorkerGroup::schedule_rebalance(std::chrono::milliseconds delay) {
  loop_->after(delay, [this, round = round_] {
    if (!closed_ && round == round_) rejoin("a scheduled rebalance is due");
  });
}

}  // namespace sluice::herder
