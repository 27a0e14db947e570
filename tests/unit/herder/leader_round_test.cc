#include "runtime/herder/leader_round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::herder {
namespace {

using group::Assignment;
using group::ConnectProtocol;
using group::MemberMetadata;
using testing::ElementsAre;
using testing::HasSubstr;

std::string metadata(const std::string& url, std::int64_t offset, group::Work running = {},
                     ConnectProtocol protocol = ConnectProtocol::kSessioned) {
  MemberMetadata member{static_cast<std::int16_t>(protocol), url, offset, std::nullopt};
  if (!running.empty()) {
    member.allocation.emplace();
    member.allocation->assigned = std::move(running);
  }
  return encode(member);
}

LeaderInput input_of_two() {
  LeaderInput input;
  input.generation = 1;
  input.leader_id = "w0";
  input.members = {{"w0", metadata("http://w0/", 12)}, {"w1", metadata("http://w1/", 9)}};
  input.own_config_offset = 12;
  input.configured.connectors = {{"alpha", 2}, {"beta", 1}};
  return input;
}

Assignment assignment_of(const LeaderOutcome& outcome, const MemberId& member) {
  auto assignment = group::decode_assignment(outcome.assignments.at(member));
  EXPECT_TRUE(assignment);
  return assignment ? *assignment : Assignment{};
}

TEST(LeaderRound, TellsWhoOwnsWhat) {
  IncrementalAssignor assignor(std::chrono::minutes(5));
  LeaderInput input = input_of_two();
  ASSERT_TRUE(run_leader_round(input, assignor));
  // The next round says nothing new to anyone, but the owners are known still.
  input.last_completed_generation = 1;
  input.generation = 2;
  input.members = {{"w0", metadata("http://w0/", 12, {{"alpha"}, {{"alpha", 0}, {"beta", 0}}})},
                   {"w1", metadata("http://w1/", 12, {{"beta"}, {{"alpha", 1}}})}};
  const auto outcome = run_leader_round(input, assignor);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(assignment_of(*outcome, "w0").assigned.empty());
  EXPECT_EQ(outcome->connector_owners.at("alpha"), "http://w0/");
  EXPECT_EQ(outcome->connector_owners.at("beta"), "http://w1/");
  EXPECT_EQ(outcome->task_owners.at({"alpha", 1}), "http://w1/");
  EXPECT_EQ(outcome->task_owners.size(), 3u);
}

TEST(LeaderRound, RevokedWorkHasNoOwner) {
  IncrementalAssignor assignor(std::chrono::minutes(5));
  LeaderInput input = input_of_two();
  input.configured.connectors = {{"alpha", 2}};
  input.members = {{"w0", metadata("http://w0/", 12, {{"alpha"}, {{"alpha", 0}, {"alpha", 1}}})},
                   {"w1", metadata("http://w1/", 12)}};
  const auto outcome = run_leader_round(input, assignor);
  ASSERT_TRUE(outcome);
  EXPECT_THAT(assignment_of(*outcome, "w0").revoked.tasks, ElementsAre(base::TaskId{"alpha", 0}));
  EXPECT_FALSE(outcome->task_owners.contains({"alpha", 0}));
  EXPECT_EQ(outcome->task_owners.at({"alpha", 1}), "http://w0/");
}

TEST(LeaderRound, ANewLeaderNeedsASecondRoundToRevokeWhatWasDeletedBefore) {
  IncrementalAssignor assignor(std::chrono::minutes(5));
  LeaderInput input = input_of_two();
  input.configured.connectors = {{"alpha", 2}};
  input.members = {{"w0", metadata("http://w0/", 12, {{"alpha"}, {{"alpha", 0}}})},
                   {"w1", metadata("http://w1/", 12, {{}, {{"alpha", 5}}})}};
  const auto first = run_leader_round(input, assignor);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->leaves_unconfigured_work);
  EXPECT_TRUE(assignment_of(*first, "w1").revoked.empty());

  input.last_completed_generation = 1;
  input.generation = 2;
  const auto second = run_leader_round(input, assignor);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->leaves_unconfigured_work);
  EXPECT_THAT(assignment_of(*second, "w1").revoked.tasks, ElementsAre(base::TaskId{"alpha", 5}));
}

TEST(LeaderRound, BehindAMemberEveryoneHearsOfTheMismatchAndTheAssignorOfNothing) {
  IncrementalAssignor assignor(std::chrono::minutes(5));
  LeaderInput input = input_of_two();
  input.own_config_offset = 11;
  EXPECT_EQ(config_offset_max(input.members).value(), 12);
  const auto mismatch = run_leader_round(input, assignor);
  ASSERT_TRUE(mismatch);
  EXPECT_TRUE(mismatch->config_mismatch);
  EXPECT_TRUE(mismatch->connector_owners.empty());
  for (const char* member : {"w0", "w1"}) {
    const Assignment assignment = assignment_of(*mismatch, member);
    EXPECT_EQ(assignment.error, Assignment::kConfigMismatch);
    EXPECT_EQ(assignment.config_offset, 12);
    EXPECT_EQ(assignment.leader_url, "http://w0/");
    EXPECT_TRUE(assignment.assigned.empty());
  }

  input.own_config_offset = 14;  // read on, beyond everyone
  const auto outcome = run_leader_round(input, assignor);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(assignment_of(*outcome, "w1").config_offset, 14);
  EXPECT_EQ(outcome->task_owners.size(), 3u);
}

TEST(LeaderRound, EagerTellsEveryoneEverything) {
  IncrementalAssignor assignor(std::chrono::minutes(5));
  LeaderInput input = input_of_two();
  input.protocol = ConnectProtocol::kEager;
  for (auto& [member, bytes] : input.members) bytes = metadata("http://" + member + "/", 12, {}, input.protocol);
  for (int round = 0; round < 2; ++round) {
    const auto outcome = run_leader_round(input, assignor);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(assignment_of(*outcome, "w0").version, 0);
    EXPECT_THAT(assignment_of(*outcome, "w0").assigned.connectors, ElementsAre("alpha"));
    EXPECT_EQ(outcome->connector_owners.at("beta"), "http://w1/");
  }
}

TEST(LeaderRound, UnreadableMetadataNamesItsMember) {
  IncrementalAssignor assignor(std::chrono::minutes(5));
  LeaderInput input = input_of_two();
  input.members["w1"] = "x";
  const auto outcome = run_leader_round(input, assignor);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().to_string(), HasSubstr("'w1'"));
  EXPECT_FALSE(config_offset_max(input.members));
}

TEST(LeaderRound, ALeaderOutsideItsGroupIsABug) {
  IncrementalAssignor assignor(std::chrono::minutes(5));
  LeaderInput input = input_of_two();
  input.leader_id = "w7";
  ASSERT_FALSE(run_leader_round(input, assignor));
}

}  // namespace
}  // namespace sluice::herder
