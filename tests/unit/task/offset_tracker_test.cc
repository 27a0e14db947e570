#include "runtime/task/offset_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <sluice/value.hpp>

namespace sluice::task {
namespace {

// {"p": name} and {"n": n} with storage of their own.
struct MapValue {
  MapValue(std::string k, const Value& v) : key(std::move(k)) {
    pair[0] = Value::string(key);
    pair[1] = v;
  }
  Value value() const { return Value::map(pair, 1); }
  std::string key;
  sluice_value pair[2];
};

std::string stored(const std::vector<store::OffsetRecord>& records, std::string_view key) {
  for (const auto& record : records)
    if (record.key == key) return record.value.value_or("(tombstone)");
  return "(none)";
}

TEST(OffsetTracker, CommitsOnlyTheAcknowledgedPrefix) {
  OffsetTracker tracker("c");
  const MapValue partition("p", Value::int64(0));
  const std::uint32_t line = tracker.line(partition.value()).value();
  std::deque<MapValue> offsets;
  for (int i = 1; i <= 3; ++i) offsets.emplace_back("n", Value::int64(i));
  const sluice_value values[] = {offsets[0].value(), offsets[1].value(), offsets[2].value()};
  std::vector<OffsetTracker::Ticket> tickets;
  int owners[3] = {0, 1, 2};
  for (int i = 0; i < 3; ++i) tickets.push_back(tracker.submit(line, values[i], &owners[i]));

  std::vector<int> left;
  const auto note = [&](void* owner) { left.push_back(*static_cast<int*>(owner)); };
  tracker.ack(tickets[1]);
  tracker.ack(tickets[2]);
  tracker.collect(note);
  EXPECT_FALSE(tracker.anything_to_commit());
  EXPECT_TRUE(left.empty());

  tracker.ack(tickets[0]);
  tracker.collect(note);
  EXPECT_EQ(left, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(stored(tracker.take(), R"(["c",{"p":0}])"), R"({"n":3})");
  EXPECT_FALSE(tracker.anything_to_commit());
  EXPECT_EQ(tracker.outstanding(), 0u);
}

TEST(OffsetTracker, SourcePartitionsAdvanceByThemselves) {
  OffsetTracker tracker("c");
  const MapValue a("p", Value::int64(1));
  const MapValue b("p", Value::int64(2));
  const MapValue offset("n", Value::int64(9));
  const sluice_value value = offset.value();
  const auto first = tracker.submit(tracker.line(a.value()).value(), value, nullptr);
  const auto second = tracker.submit(tracker.line(b.value()).value(), value, nullptr);
  tracker.ack(second);
  tracker.collect([](void*) {});
  const auto records = tracker.take();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, R"(["c",{"p":2}])");
  tracker.ack(first);
}

TEST(OffsetTracker, OneLineForEqualPartitions) {
  OffsetTracker tracker("c");
  const MapValue a("p", Value::int64(1));
  const MapValue same("p", Value::int64(1));
  EXPECT_EQ(tracker.line(a.value()).value(), tracker.line(same.value()).value());
}

TEST(OffsetTracker, ANullOffsetForgetsThePartition) {
  OffsetTracker tracker("c");
  const MapValue partition("p", Value::int64(0));
  const sluice_value none = Value::null();
  tracker.ack(tracker.submit(tracker.line(partition.value()).value(), none, nullptr));
  tracker.collect([](void*) {});
  EXPECT_EQ(stored(tracker.take(), R"(["c",{"p":0}])"), "(tombstone)");
}

TEST(OffsetTracker, WithdrawnRecordsDoNotHoldUpTheLine) {
  OffsetTracker tracker("c");
  const MapValue partition("p", Value::int64(0));
  const MapValue offset("n", Value::int64(1));
  const sluice_value value = offset.value();
  const std::uint32_t line = tracker.line(partition.value()).value();
  const auto ticket = tracker.submit(line, value, nullptr);
  tracker.withdraw(tracker.submit(line, value, nullptr));
  tracker.ack(ticket);
  tracker.collect([](void*) {});
  EXPECT_TRUE(tracker.anything_to_commit());
  EXPECT_EQ(tracker.outstanding(), 0u);
}

TEST(OffsetTracker, OffsetsGivenBackDoNotReplaceNewerOnes) {
  OffsetTracker tracker("c");
  const MapValue partition("p", Value::int64(0));
  const MapValue one("n", Value::int64(1));
  const MapValue two("n", Value::int64(2));
  const sluice_value first = one.value();
  const sluice_value second = two.value();
  const std::uint32_t line = tracker.line(partition.value()).value();
  tracker.ack(tracker.submit(line, first, nullptr));
  tracker.collect([](void*) {});
  auto failed = tracker.take();
  tracker.ack(tracker.submit(line, second, nullptr));
  tracker.collect([](void*) {});
  tracker.give_back(std::move(failed));
  EXPECT_EQ(stored(tracker.take(), R"(["c",{"p":0}])"), R"({"n":2})");
}

TEST(OffsetTracker, AnOffsetThatCannotBeWrittenIsToldAndKeptOut) {
  OffsetTracker tracker("c");
  const MapValue partition("p", Value::int64(0));
  const sluice_value item = Value::int64(1);
  const MapValue nested("n", Value::array(&item, 1));
  const sluice_value value = nested.value();
  tracker.ack(tracker.submit(tracker.line(partition.value()).value(), value, nullptr));
  tracker.collect([](void*) {});
  EXPECT_FALSE(tracker.anything_to_commit());
  EXPECT_FALSE(tracker.take_error().empty());
  EXPECT_TRUE(tracker.take_error().empty());
}

// Acks in any order, over lines of any length: what is committable is always the end of the acknowledged prefix, and a
// record leaves its line only when its prefix is acknowledged, exactly once.
TEST(OffsetTracker, PropertyPrefixOfAnyAckOrder) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 30; ++round) {
    OffsetTracker tracker("c");
    const std::size_t lines = 1 + random() % 3;
    const std::size_t count = 1 + random() % 5000;  // beyond one ring
    std::deque<MapValue> partitions;
    for (std::size_t i = 0; i < lines; ++i) partitions.emplace_back("p", Value::int64(static_cast<std::int64_t>(i)));
    std::deque<MapValue> offsets;
    for (std::size_t i = 0; i < count; ++i) offsets.emplace_back("n", Value::int64(static_cast<std::int64_t>(i)));
    std::vector<sluice_value> values;
    for (const MapValue& offset : offsets) values.push_back(offset.value());
    std::vector<std::pair<OffsetTracker::Ticket, std::size_t>> open;  // ticket, record
    std::vector<std::size_t> line_of(count);
    std::vector<std::size_t> owners(count);
    for (std::size_t i = 0; i < count; ++i) {
      owners[i] = i;
      line_of[i] = random() % lines;
      open.emplace_back(tracker.submit(tracker.line(partitions[line_of[i]].value()).value(), values[i], &owners[i]), i);
    }
    std::shuffle(open.begin(), open.end(), random);
    std::set<std::size_t> acked, left;
    while (!open.empty()) {
      const std::size_t group = std::min<std::size_t>(open.size(), 1 + random() % 200);
      for (std::size_t i = 0; i < group; ++i) {
        tracker.ack(open.back().first);
        acked.insert(open.back().second);
        open.pop_back();
      }
      tracker.collect([&](void* owner) { EXPECT_TRUE(left.insert(*static_cast<std::size_t*>(owner)).second); });
      for (const std::size_t record : left) {
        for (std::size_t before = 0; before < record; ++before)
          if (line_of[before] == line_of[record]) {
            ASSERT_TRUE(acked.contains(before)) << before << " before " << record;
          }
        if (left.size() > 50) break;  // the full check of large rounds is quadratic
      }
    }
    EXPECT_EQ(left.size(), count);
    std::map<std::size_t, std::size_t> last;
    for (std::size_t i = 0; i < count; ++i) last[line_of[i]] = i;
    const auto records = tracker.take();
    for (const auto& [line, record] : last)
      EXPECT_EQ(stored(records, "[\"c\",{\"p\":" + std::to_string(line) + "}]"),
                "{\"n\":" + std::to_string(record) + "}");
  }
}

}  // namespace
}  // namespace sluice::task
