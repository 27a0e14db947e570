#include "runtime/group/group_member.h"

#include <algorithm>

#include "runtime/base/log.h"
#include "runtime/group/broker_errors.h"

namespace sluice::group {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.distributed.WorkerCoordinator"};

constexpr std::chrono::seconds kRefusedRetry{5};
constexpr std::chrono::seconds kFrozen{1};  // a wake-up that is later than this: the whole process stood still
constexpr int kDoubtsMax = 2;

}  // namespace

GroupMember::GroupMember(const MembershipOptions& options, Coordinator& coordinator, MembershipListener& listener,
                         std::uint32_t seed)
    : options_(options), coordinator_(coordinator), listener_(listener), random_(seed) {}

// ---- the owner

void GroupMember::start(TimePoint now) {
  started_ = true;
  round_at_ = seek_at_ = heartbeat_at_ = attentive_until_ = session_ends_ = woken_for_ = now;
  owner_ends_ = now + options_.rebalance_timeout;
  advance(now);
}

void GroupMember::join(TimePoint now, std::vector<OfferedProtocol> offers) {
  switch (round_) {
    case Round::kIdle:
      return;  // meant for a round that is over; on_join_prepare comes again
    case Round::kPreparing:
      offers_ = std::move(offers);
      round_ = Round::kJoining;
      round_at_ = now;
      break;
    case Round::kJoining:
      // The first answer was meant for a round before on_lost: the later one counts.
      offers_ = std::move(offers);
      begin_again(now);
      break;
    default:
      rejoin_wanted_ = true;
      reason_ = "the member has newer metadata";
      break;
  }
  advance(now);
}

void GroupMember::lead(TimePoint now, std::int32_t generation, std::map<std::string, std::string> assignments) {
  if (round_ != Round::kElected || generation != generation_) return;
  assignments_ = std::move(assignments);
  round_ = Round::kSyncing;
  round_at_ = now;
  advance(now);
}

void GroupMember::request_rejoin(TimePoint now, std::string reason) {
  if (round_ == Round::kIdle || round_ == Round::kPreparing) return;  // the round that begins will do
  rejoin_wanted_ = true;
  reason_ = std::move(reason);
  advance(now);
}

void GroupMember::leave(TimePoint now, std::string reason, std::chrono::milliseconds rejoin_after) {
  if (stopping_) return;
  kLog.info("Leaving the group: {}", reason);
  send_leave(std::move(reason));
  has_work_ = false;
  round_at_ = now + rejoin_after;
  advance(now);
}

void GroupMember::owner_alive(TimePoint now) {
  owner_ends_ = now + options_.rebalance_timeout;
  if (std::exchange(owner_hangs_, false)) round_at_ = now;
  advance(now);
}

void GroupMember::stop(TimePoint) {
  if (stopping_) return;
  stopping_ = true;
  has_work_ = false;
  send_leave("the worker is shutting down");
}

// ---- the coordinator

void GroupMember::coordinator_found(TimePoint now) {
  if (link_ != Link::kSeeking) return;
  link_ = Link::kKnown;
  heartbeat_at_ = std::min(heartbeat_at_, now);
  advance(now);
}

void GroupMember::coordinator_missing(TimePoint now, base::Error why) {
  if (link_ != Link::kSeeking) return;
  link_ = Link::kNone;
  if (seek_attempts_ % 30 == 0) kLog.warn("The group coordinator cannot be reached: {}", why.to_string());
  if (why.code() == base::Code::kInvalidConfig) {
    seek_at_ = now + kRefusedRetry;
    refuse(std::move(why));
  } else {
    seek_at_ = now + backoff(seek_attempts_, options_.reconnect_backoff, options_.reconnect_backoff_max);
  }
  ++seek_attempts_;
  advance(now);
}

void GroupMember::coordinator_lost(TimePoint now, base::Error why) {
  if (link_ != Link::kKnown) return;
  kLog.info("The connection to the group coordinator is lost: {}", why.to_string());
  if (why.code() == base::Code::kInvalidConfig) refuse(std::move(why));
  forget_coordinator(now);
  advance(now);
}

void GroupMember::joined(TimePoint now, Token token, JoinResponse response) {
  if (token != round_token_ || round_ != Round::kJoining) return;
  round_token_ = 0;
  if (response.error == errors::kNone) {
    accept_join(now, std::move(response));
  } else if (response.error == errors::kMemberIdRequired && !response.member_id.empty() && round_attempts_ < 5) {
    ++round_attempts_;
    member_id_ = std::move(response.member_id);
    round_at_ = now;
  } else {
    round_failed(now, response.error, "JoinGroup");
  }
  advance(now);
}

void GroupMember::accept_join(TimePoint now, JoinResponse response) {
  if (response.protocol_type && *response.protocol_type != options_.protocol_type)
    return round_failed(now, errors::kInconsistentGroupProtocol, "JoinGroup");
  member_id_ = response.member_id;
  generation_ = response.generation;
  protocol_ = response.protocol;
  confirmed(round_sent_at_);
  session_ends_ = now + options_.session_timeout;  // while it waited for JoinGroup the broker did not count
  heartbeat_at_ = now + options_.heartbeat_interval;
  round_attempts_ = 0;
  assignments_.clear();
  listener_.on_protocol(protocol_);
  if (response.leader != member_id_) {
    round_ = Round::kSyncing;
    round_at_ = now;
    return;
  }
  round_ = Round::kElected;
  listener_.on_elected({generation_, member_id_, protocol_, std::move(response.members)});
}

void GroupMember::synced(TimePoint now, Token token, SyncResponse response) {
  if (token != round_token_ || round_ != Round::kSyncing) return;
  round_token_ = 0;
  const bool foreign = (response.protocol_type && *response.protocol_type != options_.protocol_type) ||
                       (response.protocol && *response.protocol != protocol_);
  if (response.error != errors::kNone) {
    round_failed(now, response.error, "SyncGroup");
  } else if (foreign) {
    round_failed(now, errors::kInconsistentGroupProtocol, "SyncGroup");
  } else {
    round_ = Round::kStable;
    has_work_ = true;
    round_attempts_ = 0;
    refused_.clear();
    assignments_.clear();
    offers_.clear();
    // The broker counts from when it sent the answer, which may be long ago if this process stood still: ask at once.
    session_ends_ = now + options_.session_timeout;
    heartbeat_at_ = now;
    attentive_until_ = now + options_.attention_after_round;
    listener_.on_joined({generation_, member_id_, protocol_, std::move(response.assignment)});
  }
  advance(now);
}

void GroupMember::heartbeat_answered(TimePoint now, Token token, std::int16_t error) {
  if (token != heartbeat_token_) return;
  heartbeat_token_ = 0;
  const bool round_in_flight = round_token_ != 0;
  if (error == errors::kNone || error == errors::kRebalanceInProgress) {
    doubts_ = seek_attempts_ = 0;
    confirmed(heartbeat_sent_at_);
    if (round_ == Round::kStable) refused_.clear();
    if (error == errors::kRebalanceInProgress && round_ == Round::kStable) {
      kLog.info("The group is rebalancing");
      prepare();
    } else if (error == errors::kRebalanceInProgress && round_ == Round::kElected) {
      begin_again(now);  // the others do not wait for our assignments any more
    }
  } else if (coordinator_moved(error)) {
    forget_coordinator(now);
  } else if ((error == errors::kIllegalGeneration || not_a_member(error)) && round_in_flight) {
    // The answer of JoinGroup or SyncGroup may be on its way and explain this; if not, it will never come.
    heartbeat_at_ = now + std::min(options_.heartbeat_interval, options_.retry_backoff_max);
    if (++doubts_ >= kDoubtsMax) begin_again(now);
  } else if (not_a_member(error)) {
    lose(now, broker_error(error, "Heartbeat"), true);
  } else if (error == errors::kIllegalGeneration) {
    // A round was completed of which we never got the answer. Nobody can have been given what we run: we took part.
    generation_ = -1;
    if (round_ == Round::kStable) prepare();
    if (round_ == Round::kElected || round_ == Round::kSyncing) begin_again(now);
  } else if (base::Error why = broker_error(error, "Heartbeat"); why.code() == base::Code::kInvalidConfig) {
    refuse(std::move(why));
  } else {
    heartbeat_at_ = now + options_.retry_backoff;
  }
  advance(now);
}

void GroupMember::heartbeat_failed(TimePoint now, Token token) {
  if (token != heartbeat_token_) return;
  heartbeat_token_ = 0;
  heartbeat_at_ = now + options_.retry_backoff;
  advance(now);
}

void GroupMember::left(TimePoint now, Token token, std::int16_t error) {
  if (token != leave_token_) return;
  leave_token_ = 0;
  if (error != errors::kNone && !not_a_member(error)) kLog.info("LeaveGroup answered {}", error_name(error));
  advance(now);
}

// ---- time

TimePoint GroupMember::wake_at(TimePoint now) const {
  TimePoint at = now + std::chrono::hours(1);
  const auto sooner = [&](TimePoint when) { at = std::min(at, when); };
  if (!started_ || stopping_) return at;
  if (!owner_hangs_) sooner(owner_ends_);
  if (generation_ >= 0 || has_work_) sooner(session_ends_);
  if (link_ == Link::kNone) sooner(seek_at_);
  if (link_ == Link::kKnown) {
    const bool may_begin = round_ == Round::kIdle && !owner_hangs_;
    const bool may_ask = (round_ == Round::kJoining || round_ == Round::kSyncing) && round_token_ == 0;
    if (may_begin || may_ask) sooner(round_at_);
    if (may_heartbeat()) sooner(heartbeat_at_);
  }
  return at;
}

void GroupMember::advance(TimePoint now) {
  if (!started_ || stopping_) return;
  if (now - woken_for_ > kFrozen) owner_ends_ += now - woken_for_;  // the owner stood still with us
  watch_owner(now);
  watch_session(now);
  if (link_ == Link::kNone && now >= seek_at_) {
    link_ = Link::kSeeking;
    coordinator_.seek();
  }
  if (link_ == Link::kKnown) {
    advance_round(now);
    maybe_heartbeat(now);
  }
  woken_for_ = wake_at(now);
}

void GroupMember::watch_owner(TimePoint now) {
  if (owner_hangs_ || now < owner_ends_) return;
  owner_hangs_ = true;
  const std::string why = fmt::format(
      "worker poll timeout has expired: the herder has not moved for {} ms. The worker leaves the group so that others "
      "take over its work",
      options_.rebalance_timeout.count());
  kLog.warn("{}", why);
  send_leave("worker poll timeout has expired.");
  if (std::exchange(has_work_, false))
    listener_.on_lost(base::Error(base::Code::kTimeout, base::exceptions::kTimeout, why));
}

void GroupMember::watch_session(TimePoint now) {
  if ((generation_ < 0 && !has_work_) || now < session_ends_) return;
  lose(now,
       base::Error(base::Code::kTimeout, base::exceptions::kTimeout,
                   fmt::format("the group coordinator has not confirmed the membership for {} ms",
                               options_.session_timeout.count())),
       false);
}

void GroupMember::advance_round(TimePoint now) {
  switch (round_) {
    case Round::kIdle:
      if (now >= round_at_ && !owner_hangs_) prepare();
      break;
    case Round::kJoining:
      if (now >= round_at_ && round_token_ == 0) send_join(now);
      break;
    case Round::kSyncing:
      if (now >= round_at_ && round_token_ == 0) send_sync(now);
      break;
    case Round::kStable:
      if (rejoin_wanted_) prepare();
      break;
    case Round::kPreparing:
    case Round::kElected:
      break;  // the owner's turn
  }
}

bool GroupMember::may_heartbeat() const {
  return generation_ >= 0 && heartbeat_token_ == 0;
}

void GroupMember::maybe_heartbeat(TimePoint now) {
  if (!may_heartbeat() || now < heartbeat_at_ || link_ != Link::kKnown) return;
  heartbeat_token_ = next_token();
  heartbeat_sent_at_ = now;
  heartbeat_at_ =
      now + (now < attentive_until_ ? std::min(options_.heartbeat_interval, options_.attentive_heartbeat_interval)
                                    : options_.heartbeat_interval);
  coordinator_.heartbeat(heartbeat_token_, {options_.group_id, generation_, member_id_});
}

// ---- steps

void GroupMember::prepare() {
  round_ = Round::kPreparing;
  if (!std::exchange(rejoin_wanted_, false)) reason_.clear();
  listener_.on_join_prepare();
}

void GroupMember::send_join(TimePoint now) {
  round_token_ = next_token();
  round_sent_at_ = now;
  doubts_ = 0;
  JoinRequest request;
  request.group_id = options_.group_id;
  request.session_timeout_ms = static_cast<std::int32_t>(options_.session_timeout.count());
  request.rebalance_timeout_ms = static_cast<std::int32_t>(options_.rebalance_timeout.count());
  request.member_id = member_id_;
  request.protocol_type = options_.protocol_type;
  for (const auto& offer : offers_) request.protocols.emplace_back(offer.name, offer.metadata);
  request.reason = reason_;
  coordinator_.join(round_token_, std::move(request));
}

void GroupMember::send_sync(TimePoint now) {
  round_token_ = next_token();
  round_sent_at_ = now;
  doubts_ = 0;
  coordinator_.sync(round_token_,
                    {options_.group_id, generation_, member_id_, options_.protocol_type, protocol_, assignments_});
}

// After this the member is nobody, whether or not the coordinator hears of it.
void GroupMember::send_leave(std::string reason) {
  if (link_ == Link::kKnown && !member_id_.empty()) {
    leave_token_ = next_token();
    coordinator_.leave(leave_token_, {options_.group_id, member_id_, std::move(reason)});
  }
  abandon_round();
  heartbeat_token_ = 0;
  member_id_.clear();
  generation_ = -1;
  round_ = Round::kIdle;
  rejoin_wanted_ = false;
  offers_.clear();
  assignments_.clear();
}

void GroupMember::abandon_round() {
  if (std::exchange(round_token_, 0) == 0) return;
  coordinator_.abandon_round();
  heartbeat_token_ = 0;  // it may have gone with the round's connection
}

void GroupMember::begin_again(TimePoint now) {
  abandon_round();
  round_ = Round::kJoining;
  round_at_ = now;
  doubts_ = 0;
  assignments_.clear();
}

void GroupMember::confirmed(TimePoint sent_at) {
  session_ends_ = std::max(session_ends_, sent_at + options_.session_timeout);
}

void GroupMember::lose(TimePoint now, base::Error why, bool told_by_broker) {
  if (told_by_broker) member_id_.clear();  // else it may be good still, and then nobody has to wait for its end
  generation_ = -1;
  heartbeat_token_ = 0;
  if (!has_work_) {
    // The owner holds nothing, and the round that it has answered to goes on under a new name.
    if (round_ == Round::kElected || round_ == Round::kSyncing || round_ == Round::kJoining) begin_again(now);
    if (round_ != Round::kPreparing) retry_round(now);
    return;
  }
  kLog.warn("Membership is lost: {}", why.to_string());
  abandon_round();
  has_work_ = false;
  round_ = Round::kIdle;
  round_at_ = now;
  rejoin_wanted_ = false;
  offers_.clear();
  assignments_.clear();
  listener_.on_lost(std::move(why));
}

void GroupMember::round_failed(TimePoint now, std::int16_t error, std::string_view what) {
  if (coordinator_moved(error)) {
    forget_coordinator(now);
  } else if (error == errors::kUnknownMemberId || error == errors::kFencedInstanceId) {
    lose(now, broker_error(error, what), true);
  } else if (error == errors::kRebalanceInProgress || error == errors::kIllegalGeneration) {
    if (error == errors::kIllegalGeneration) generation_ = -1;
    const bool was_syncing = round_ == Round::kSyncing;
    begin_again(now);
    if (!was_syncing) retry_round(now);
  } else if (base::Error why = broker_error(error, what); why.code() == base::Code::kInvalidConfig) {
    begin_again(now);
    round_at_ = now + kRefusedRetry;
    refuse(std::move(why));
  } else {
    // Whatever became of this round, a new one settles it; asking for the same again may be refused for ever.
    if (round_ == Round::kSyncing) begin_again(now);
    retry_round(now);
  }
}

void GroupMember::retry_round(TimePoint now) {
  round_at_ = now + backoff(round_attempts_++, options_.retry_backoff, options_.retry_backoff_max);
}

void GroupMember::forget_coordinator(TimePoint now) {
  coordinator_.drop();
  link_ = Link::kNone;
  seek_at_ = now + backoff(seek_attempts_++, options_.reconnect_backoff, options_.reconnect_backoff_max);
  round_token_ = heartbeat_token_ = leave_token_ = 0;
  if (round_ == Round::kJoining || round_ == Round::kSyncing) round_at_ = now;
}

void GroupMember::refuse(base::Error why) {
  if (refused_ == why.exception()) return;  // the text names the request and the server too
  refused_ = why.exception();
  kLog.error("The group cannot be joined: {}", why.to_string());
  listener_.on_refused(std::move(why));
}

std::chrono::milliseconds GroupMember::backoff(int attempt, std::chrono::milliseconds first,
                                               std::chrono::milliseconds most) {
  const double base = static_cast<double>(first.count()) * static_cast<double>(1u << std::min(attempt, 16));
  const double bounded = std::min(base, static_cast<double>(std::max(first, most).count()));
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(bounded * std::uniform_real_distribution<double>(0.8, 1.2)(random_)));
}

}  // namespace sluice::group
