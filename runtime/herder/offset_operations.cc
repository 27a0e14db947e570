#include "runtime/herder/offset_operations.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/base/java_number.h"
#include "runtime/base/json_text.h"
#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/base/threads.h"
#include "runtime/data/arena.h"
#include "runtime/store/offset_codec.h"
#include "runtime/store/offset_key.h"

namespace sluice::herder {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.AbstractHerder"};
constexpr const char* kCannotModify =
    "Failed to modify offsets for connector {} because it doesn't support external modification of offsets";

std::chrono::milliseconds remaining(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - base::steady_now());
  return std::max(left, std::chrono::milliseconds(1));
}

// How long a GET waits for a Kafka that may be away: everything is to be answered within a second.
constexpr std::chrono::milliseconds kSoon{800};
Deadline soon(Deadline deadline) {
  return std::min(deadline, base::steady_now() + kSoon);
}

tl::unexpected<base::Error> wrap(std::string message, base::Error cause) {
  return base::fail(
      base::Error(base::Code::kFatal, base::exceptions::kConnect, std::move(message)).with_cause(std::move(cause)));
}

tl::unexpected<base::Error> bad_request(std::string message) {
  return base::fail(base::Error(base::Code::kInvalidConfig, base::exceptions::kBadRequest, std::move(message)));
}

std::string done_message(bool connector_did, bool reset) {
  const char* verb = reset ? "reset" : "altered";
  if (connector_did) return fmt::format("The offsets for this connector have been {} successfully", verb);
  return fmt::format(
      "The Connect framework-managed offsets for this connector have been {} successfully. However, if this connector "
      "manages offsets "
      "externally, they will need to be manually {} in the system that the connector uses.",
      verb, verb);
}

base::Result<bool> ask_connector(const OffsetTools& tools, const OffsetSubject& subject,
                                 std::span<const sluice_offset_entry> entries) {
  auto handled = tools.probe->alter_offsets(subject.component, subject.config, entries);
  if (handled || handled.error().code() != base::Code::kUnsupported) return handled;
  return wrap(fmt::format(kCannotModify, subject.name), std::move(handled).error());
}

// ---- sources

base::Status store_and_wait(store::OffsetStore& store, std::vector<store::OffsetRecord> records,
                            const std::string& connector, Deadline deadline) {
  struct Outcome {
    std::mutex mutex;
    base::Condition changed;
    std::optional<base::Status> status;
  };
  const auto outcome = std::make_shared<Outcome>();
  store.put(std::move(records), [outcome](base::Status status) {
    std::lock_guard lock(outcome->mutex);
    outcome->status = std::move(status);
    outcome->changed.notify_all();
  });
  std::unique_lock lock(outcome->mutex);
  if (!outcome->changed.wait_until(lock, deadline, [&] { return outcome->status.has_value(); }))
    return base::fail(base::Code::kTimeout, base::exceptions::kConnect,
                      "Timed out while attempting to modify offsets for source connector {}", connector);
  if (!*outcome->status)
    return wrap(fmt::format("Failed to modify offsets for source connector {}", connector),
                std::move(*outcome->status).error());
  return {};
}

base::Result<std::string> modify_source(const OffsetTools& tools, const OffsetSubject& subject,
                                        const std::vector<OffsetInfo>& offsets, bool reset, Deadline deadline) {
  // Through the JSON converter and back, as Connect does: what is stored does not depend on how the request was
  // written.
  data::Arena arena;
  std::vector<sluice_offset_entry> entries;
  std::vector<store::OffsetRecord> records;
  for (const auto& info : offsets) {
    SLUICE_TRY_ASSIGN(const Value partition, store::parse_offset_value(info.partition_json, arena.c()));
    SLUICE_TRY_ASSIGN(const Value offset, store::parse_offset_value(info.offset_json, arena.c()));
    SLUICE_TRY_ASSIGN(auto key, store::offset_key(subject.name, partition));
    SLUICE_TRY_ASSIGN(auto value, store::offset_value(offset));
    entries.push_back({partition, offset});
    records.push_back({std::move(key), offset.is_null() ? std::nullopt : std::optional<std::string>(std::move(value))});
  }
  SLUICE_TRY_ASSIGN(const bool handled, ask_connector(tools, subject, entries));
  if (!records.empty()) SLUICE_TRY(store_and_wait(*tools.store, std::move(records), subject.name, deadline));
  return done_message(handled, reset);
}

std::vector<OffsetInfo> source_infos(std::vector<store::OffsetRecord> records) {
  std::vector<OffsetInfo> infos;
  for (auto& record : records) {
    auto key = store::parse_offset_key(record.key);
    if (key && record.value) infos.push_back({std::move(key->partition_json), std::move(*record.value)});
  }
  return infos;
}

base::Result<std::vector<OffsetInfo>> read_source(const OffsetTools& tools, const OffsetSubject& subject,
                                                  Deadline deadline) {
  auto records = tools.store->all_of(subject.name, deadline);
  if (!records)
    return wrap(fmt::format("Failed to retrieve offsets for source connector {}", subject.name),
                std::move(records).error());
  return source_infos(std::move(*records));
}

// For those who only look: where Kafka does not answer soon, what this worker has read so far. While Kafka is away
// nobody can have written more.
base::Result<std::vector<OffsetInfo>> show_source(const OffsetTools& tools, const OffsetSubject& subject,
                                                  Deadline deadline) {
  auto records = tools.store->all_of(subject.name, soon(deadline));
  if (records) return source_infos(std::move(*records));
  if (records.error().code() != base::Code::kTimeout) return read_source(tools, subject, deadline);
  kLog.warn("Kafka has not answered for {} ms: the offsets of connector {} are shown as this worker has last read them",
            kSoon.count(), subject.name);
  return source_infos(tools.store->known_of(subject.name));
}

// ---- sinks

OffsetInfo sink_info(const kafka::PartitionOffset& entry) {
  std::string topic;
  base::append_json_string(entry.partition.topic, topic);
  return {fmt::format("{{\"kafka_partition\":{},\"kafka_topic\":{}}}", entry.partition.partition, topic),
          fmt::format("{{\"kafka_offset\":{}}}", entry.offset)};
}

base::Result<std::unique_ptr<SinkOffsetAdmin>> open_admin(const OffsetTools& tools, const OffsetSubject& subject) {
  SLUICE_TRY_ASSIGN(const auto config, subject.parse());
  return tools.sink_admin(config);
}

base::Result<std::vector<OffsetInfo>> read_sink(const OffsetTools& tools, const OffsetSubject& subject,
                                                Deadline deadline) {
  const auto failed = [&](base::Error error) {
    return wrap(fmt::format("Failed to retrieve consumer group offsets for sink connector {}", subject.name),
                std::move(error));
  };
  // Nobody waits for a Kafka that is away.
  if (auto there = tools.store->all_of(subject.name, soon(deadline)); !there) return failed(std::move(there).error());
  auto admin = open_admin(tools, subject);
  if (!admin) return failed(std::move(admin).error());
  auto offsets = (*admin)->list(remaining(soon(deadline)));
  if (!offsets && offsets.error().code() == base::Code::kTimeout && !(*admin)->refused())
    offsets = (*admin)->list(remaining(deadline));
  if (!offsets) return failed(std::move(offsets).error());
  std::vector<OffsetInfo> infos;
  for (const auto& entry : *offsets)
    if (entry.offset >= 0) infos.push_back(sink_info(entry));
  return infos;
}

// What Kafka answers while the group still has members.
bool group_is_active(const base::Error& error) {
  const std::string_view exception = error.exception();
  for (const std::string_view name :
       {"UnknownMemberIdException", "GroupNotEmptyException", "GroupSubscribedToTopicException"})
    if (exception.ends_with(name)) return true;
  return false;
}

tl::unexpected<base::Error> group_error(const std::string& connector, bool reset, base::Error error) {
  const char* verb = reset ? "reset" : "alter";
  if (group_is_active(error))
    return wrap(fmt::format("Failed to {} consumer group offsets for connector {} either because its tasks haven't "
                            "stopped completely yet or the "
                            "connector was resumed before the request to {} its offsets could be successfully "
                            "completed. If the connector is in a "
                            "stopped state, this operation can be safely retried. If it doesn't eventually succeed, "
                            "the Connect cluster may need to "
                            "be restarted to get rid of the zombie sink tasks.",
                            verb, connector, verb),
                std::move(error));
  if (reset)
    return wrap(fmt::format("Failed to reset consumer group offsets for sink connector {}", connector),
                std::move(error));
  return wrap(fmt::format("Failed to alter consumer group offsets for connector {}", connector), std::move(error));
}

// Sink entries as a connector's alter_offsets takes them.
std::vector<sluice_offset_entry> to_entries(const std::vector<SinkOffset>& offsets, data::Arena& arena) {
  std::vector<sluice_offset_entry> entries;
  for (const auto& [partition, offset] : offsets) {
    auto* items = arena.alloc_array<sluice_value>(4);
    if (items == nullptr) break;
    items[0] = Value::string("kafka_topic");
    items[1] = Value::string(partition.topic);
    items[2] = Value::string("kafka_partition");
    items[3] = Value::int32(partition.partition);
    entries.push_back({Value::map(items, 2), offset ? Value::int64(*offset) : Value::null()});
  }
  return entries;
}

base::Result<std::string> alter_sink(const OffsetTools& tools, const OffsetSubject& subject,
                                     const std::vector<OffsetInfo>& offsets, Deadline deadline) {
  std::vector<SinkOffset> parsed;
  std::vector<kafka::PartitionOffset> to_set;
  std::vector<base::TopicPartition> to_forget;
  for (const auto& info : offsets) {
    SLUICE_TRY_ASSIGN(auto entry, parse_sink_offset(info));
    if (entry.offset) {
      to_set.push_back({entry.partition, *entry.offset});
    } else {
      to_forget.push_back(entry.partition);
    }
    parsed.push_back(std::move(entry));
  }
  data::Arena arena;
  SLUICE_TRY_ASSIGN(const bool handled, ask_connector(tools, subject, to_entries(parsed, arena)));
  SLUICE_TRY_ASSIGN(const auto admin, open_admin(tools, subject));
  if (!to_set.empty())
    if (auto status = admin->alter(to_set, remaining(deadline)); !status)
      return group_error(subject.name, false, std::move(status).error());
  if (!to_forget.empty())
    if (auto status = admin->forget(to_forget, remaining(deadline)); !status)
      return group_error(subject.name, false, std::move(status).error());
  return done_message(handled, false);
}

base::Result<std::string> reset_sink(const OffsetTools& tools, const OffsetSubject& subject, Deadline deadline) {
  SLUICE_TRY_ASSIGN(const auto admin, open_admin(tools, subject));
  auto offsets = admin->list(remaining(deadline));
  if (!offsets)
    return wrap(fmt::format("Failed to list offsets prior to resetting offsets for sink connector {}", subject.name),
                std::move(offsets).error());
  std::vector<SinkOffset> all;
  for (const auto& entry : *offsets) all.push_back({entry.partition, std::nullopt});
  data::Arena arena;
  SLUICE_TRY_ASSIGN(const bool handled, ask_connector(tools, subject, to_entries(all, arena)));
  if (auto status = admin->forget_all(remaining(deadline)); !status)
    return group_error(subject.name, true, std::move(status).error());
  return done_message(handled, true);
}

// A JSON number or a text of one, as Connect's String.valueOf and parse do it; nothing for what does not fit.
std::optional<std::int64_t> whole_number(const nlohmann::json& value, std::int64_t min, std::int64_t max) {
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (value.is_number_unsigned() && number < 0) return std::nullopt;
    return number >= min && number <= max ? std::optional(number) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  return base::parse_java_integer(value.get_ref<const std::string&>(), min, max);
}

std::string plain_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

base::Result<SinkOffset> parse_sink_offset(const OffsetInfo& info) {
  const auto partition = nlohmann::json::parse(info.partition_json, nullptr, false);
  if (!partition.is_object()) return bad_request("The partition for a sink connector offset cannot be null or missing");
  const auto topic = partition.find("kafka_topic");
  const auto number = partition.find("kafka_partition");
  if (topic == partition.end() || number == partition.end())
    return bad_request(
        "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'");
  if (topic->is_null()) return bad_request("Kafka topic names must be valid strings and may not be null");
  if (number->is_null()) return bad_request("Kafka partitions must be valid numbers and may not be null");
  const auto parsed = whole_number(*number, INT32_MIN, INT32_MAX);
  if (!parsed)
    return bad_request(fmt::format(
        "Failed to parse the following Kafka partition value in the provided offsets: '{}'. Partition values for sink "
        "connectors need to be integers.",
        plain_text(*number)));
  SinkOffset entry{{plain_text(*topic), static_cast<std::int32_t>(*parsed)}, std::nullopt};
  const auto offset = nlohmann::json::parse(info.offset_json, nullptr, false);
  if (offset.is_null()) return entry;
  const auto value = offset.is_object() ? offset.find("kafka_offset") : offset.end();
  if (!offset.is_object() || value == offset.end())
    return bad_request("The offset for a sink connector should either be null or contain the key 'kafka_offset'");
  entry.offset = whole_number(*value, INT64_MIN, INT64_MAX);
  if (!entry.offset)
    return bad_request(
        fmt::format("Failed to parse the following Kafka offset value in the provided offsets: '{}'. Offset values for "
                    "sink connectors "
                    "need to be integers.",
                    plain_text(*value)));
  return entry;
}

base::Error must_be_stopped(std::string_view connector) {
  return {base::Code::kInvalidConfig, base::exceptions::kBadRequest,
          fmt::format("Connectors must be in the STOPPED state before their offsets can be modified. This can be done "
                      "for the specified connector by issuing a 'PUT' request to the '/connectors/{}/stop' endpoint",
                      connector)};
}

namespace {

// A source's own topic, opened for one operation. `tools` then works on it.
base::Result<std::unique_ptr<task::ConnectorOffsets>> open_own_offsets(OffsetTools& tools,
                                                                       const OffsetSubject& subject) {
  std::unique_ptr<task::ConnectorOffsets> own;
  const auto topic = subject.config.get("offsets.storage.topic");
  if (!tools.own_offsets || !topic || base::java_trim(*topic).empty()) return own;
  SLUICE_TRY_ASSIGN(const auto config, subject.parse());
  own = tools.own_offsets(config);
  SLUICE_TRY(own->start());
  tools.store = own->store();
  return own;
}

}  // namespace

base::Result<std::vector<OffsetInfo>> read_offsets(const OffsetTools& tools, const OffsetSubject& subject,
                                                   Deadline deadline) {
  if (subject.component.kind == config::ConnectorKind::kSink) return read_sink(tools, subject, deadline);
  OffsetTools own_tools = tools;
  SLUICE_TRY_ASSIGN(const auto own, open_own_offsets(own_tools, subject));
  return show_source(own_tools, subject, deadline);
}

base::Result<std::string> alter_offsets(const OffsetTools& tools, const OffsetSubject& subject,
                                        const std::vector<OffsetInfo>& offsets, Deadline deadline) {
  if (subject.component.kind == config::ConnectorKind::kSink) return alter_sink(tools, subject, offsets, deadline);
  OffsetTools own_tools = tools;
  SLUICE_TRY_ASSIGN(const auto own, open_own_offsets(own_tools, subject));
  return modify_source(own_tools, subject, offsets, false, deadline);
}

base::Result<std::string> reset_offsets(const OffsetTools& tools, const OffsetSubject& subject, Deadline deadline) {
  if (subject.component.kind == config::ConnectorKind::kSink) return reset_sink(tools, subject, deadline);
  OffsetTools own_tools = tools;
  SLUICE_TRY_ASSIGN(const auto own, open_own_offsets(own_tools, subject));
  SLUICE_TRY_ASSIGN(auto offsets, read_source(own_tools, subject, deadline));
  for (auto& info : offsets) info.offset_json = "null";
  return modify_source(own_tools, subject, offsets, true, deadline);
}

}  // namespace sluice::herder
