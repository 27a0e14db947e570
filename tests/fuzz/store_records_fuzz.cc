// The readers of the internal topics: any records give a state that, written again, reads as the same state.
// Links: sluice::store
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/store/config_records.h"
#include "runtime/store/config_table.h"
#include "runtime/store/offset_table.h"
#include "runtime/store/status_table.h"

namespace {

using namespace sluice::store;

struct Record {
  std::string_view key;
  std::string_view value;  // data() == nullptr: a tombstone
};

// One record a line: key, tab, value; no tab: a tombstone.
std::vector<Record> records_of(std::string_view text) {
  std::vector<Record> records;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos) {
      records.push_back({line, {}});
    } else {
      records.push_back({line.substr(0, tab), line.substr(tab + 1)});
    }
  }
  return records;
}

void must(bool condition) {
  if (!condition) std::abort();
}

void apply(ConfigTable& table, std::int64_t offset, const ConfigRecord& record, std::vector<ConfigEvent>& events) {
  table.apply(offset, record.key, record.value ? std::string_view(*record.value) : std::string_view(), events);
}

// A history with the same outcome.
void rewrite(const ConfigSnapshot& snapshot) {
  ConfigTable table;
  std::vector<ConfigEvent> events;
  table.finish_catch_up(events);
  std::int64_t offset = 0;
  if (snapshot.session_key) apply(table, offset++, session_key_record(*snapshot.session_key), events);
  for (const auto& [name, state] : snapshot.connectors) {
    apply(table, offset++, target_state_record(name, state->target), events);
    apply(table, offset++, connector_record(name, state->config), events);
    int task = 0;
    for (const auto& config : state->tasks) apply(table, offset++, task_record(name, task++, config), events);
    apply(table, offset++, commit_record(name, state->tasks.size()), events);
    if (state->fenced_task_count) apply(table, offset++, task_count_record(name, *state->fenced_task_count), events);
  }
  for (const auto& event : events) must(event.kind != ConfigEvent::Kind::kAnomaly);
  const auto again = table.snapshot();
  must(again->session_key == snapshot.session_key);
  must(again->connectors.size() == snapshot.connectors.size());
  for (const auto& [name, state] : snapshot.connectors) {
    const auto* read = again->find(name);
    must(read != nullptr && read->config == state->config && read->tasks == state->tasks);
    must(read->target == state->target && read->fenced_task_count == state->fenced_task_count);
  }
}

void read_config(const std::vector<Record>& records, std::size_t caught_up_after) {
  ConfigTable table;
  std::vector<ConfigEvent> events;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i == caught_up_after) table.finish_catch_up(events);
    table.apply(static_cast<std::int64_t>(i), records[i].key, records[i].value, events);
  }
  const auto snapshot = table.snapshot();
  bool plain = true;  // names and texts that are no UTF-8 are not kept as they were
  for (const auto& record : records)
    for (const std::string_view text : {record.key, record.value})
      for (const char c : text) plain = plain && static_cast<unsigned char>(c) < 0x80;
  for (const auto& [name, state] : snapshot->connectors) {
    must(!state->inconsistent || state->tasks.empty());
    must(state->task_generation.value_or(0) >= 0);
  }
  if (plain) rewrite(*snapshot);
}

void read_statuses(const std::vector<Record>& records) {
  StatusTable table;
  for (const auto& record : records) static_cast<void>(table.apply(record.key, record.value));
  for (const auto& name : table.connectors()) {
    StatusTable again;
    must(again.apply(connector_status_key(name), status_value(*table.connector(name))).has_value());
    for (const auto& [task, status] : table.tasks(name)) {
      must(again.apply(task_status_key({name, task}), status_value(status)).has_value());
      must(again.task({name, task})->state == status.state);
    }
    must(again.connector(name)->generation == table.connector(name)->generation);
    for (const auto& topic : table.topics(name)) must(table.has_topic(name, topic));
  }
}

void read_offsets(const std::vector<Record>& records) {
  OffsetTable table;
  for (const auto& record : records) {
    OffsetRecord read{std::string(record.key), std::nullopt};
    if (record.value.data() != nullptr) read.value = record.value;
    table.apply_as_it_stands(read);
    const auto* found = table.find(record.key);
    if (read.value) must(found != nullptr && *found == *read.value);
  }
  for (const auto& record : table.all()) must(table.stored_key(record.key) == record.key);
  for (const auto& record : table.of_connector("c")) must(record.value.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto records = records_of({reinterpret_cast<const char*>(data) + 2, size - 2});
  switch (data[0] % 3) {
    case 0:
      read_config(records, data[1]);
      break;
    case 1:
      read_statuses(records);
      break;
    default:
      read_offsets(records);
  }
  return 0;
}
