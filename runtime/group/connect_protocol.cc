#include "runtime/group/connect_protocol.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "runtime/group/bytes.h"

namespace sluice::group {
namespace {

constexpr std::array<std::string_view, 3> kNames{"default", "compatible", "sessioned"};
constexpr std::string_view kLeavingMark = "sluice:leaving";
constexpr std::int32_t kConnectorItself = -1;  // among task numbers
constexpr std::size_t kNameBytesMax = std::numeric_limits<std::int16_t>::max();

// Java's String.hashCode() of UTF-8 text, over its UTF-16 code units.
std::uint32_t java_hash(std::string_view text) {
  std::uint32_t hash = 0;
  const auto unit = [&](std::uint32_t code_unit) { hash = hash * 31 + code_unit; };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    std::uint32_t point = lead < 0x80 ? lead : lead < 0xe0 ? lead & 0x1fu : lead < 0xf0 ? lead & 0x0fu : lead & 0x07u;
    for (int more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3; more > 0 && i < text.size(); --more)
      point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3fu);
    if (point < 0x10000) {
      unit(point);
    } else {
      unit(0xd800 + ((point - 0x10000) >> 10));
      unit(0xdc00 + (point & 0x3ff));
    }
  }
  return hash;
}

// Without duplicates, in the order in which Java's HashSet gives them: Connect passes the names through one, so that is
// the order on the wire.
std::vector<std::string_view> in_hash_set_order(const std::vector<std::string>& names) {
  std::size_t buckets = 16;
  while (buckets < names.size() * 4 / 3 + 1) buckets *= 2;
  std::vector<std::pair<std::size_t, std::string_view>> placed;
  std::unordered_set<std::string_view> seen;
  for (const auto& name : names) {
    if (!seen.insert(name).second) continue;
    const std::uint32_t hash = java_hash(name);
    placed.emplace_back((hash ^ hash >> 16) & (buckets - 1), name);
  }
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string_view> ordered;
  for (const auto& one : placed) ordered.push_back(one.second);
  return ordered;
}

// One element for each connector: first those that are connector instances, then the others by their first task.
void write_work(const Work& work, ByteWriter& out) {
  // A name that a STRING cannot hold is left out rather than cut to the name of something else; no such connector can
  // be created.
  std::vector<std::pair<std::string_view, std::vector<std::int32_t>>> elements;
  std::unordered_map<std::string_view, std::size_t> place;
  const auto add = [&](std::string_view connector, std::int32_t task) {
    if (connector.size() > kNameBytesMax) return;
    const auto [at, is_new] = place.emplace(connector, elements.size());
    if (is_new) elements.emplace_back(connector, std::vector<std::int32_t>());
    elements[at->second].second.push_back(task);
  };
  for (const auto connector : in_hash_set_order(work.connectors)) add(connector, kConnectorItself);
  for (const auto& task : work.tasks) add(task.connector, task.task);

  out.count(elements.size());
  for (const auto& [connector, tasks] : elements) {
    out.string(connector);
    out.count(tasks.size());
    for (const std::int32_t task : tasks) out.int32(task);
  }
}

void write_assignment(const Assignment& assignment, std::int16_t version, ByteWriter& out) {
  out.int16(version);
  out.int16(assignment.error);
  out.string(assignment.leader);
  out.string(assignment.leader_url);
  out.int64(assignment.config_offset);
  write_work(assignment.assigned, out);
  if (version == 0) return;
  write_work(assignment.revoked, out);
  out.int32(assignment.delay_ms);
}

Work read_work(ByteReader& in) {
  Work work;
  if (in.left() == 0) return work;
  for (std::size_t elements = in.count(false, 6); elements > 0 && in.ok(); --elements) {
    const std::string connector = in.string();
    for (std::size_t tasks = in.count(false, 4); tasks > 0 && in.ok(); --tasks) {
      const std::int32_t task = in.int32();
      if (task == kConnectorItself)
        work.connectors.push_back(connector);
      else
        work.tasks.push_back({connector, task});
    }
  }
  return work;
}

tl::unexpected<base::Error> cut_off(std::string_view what) {
  return base::data_error("Cannot read the {} of a group member: the bytes are cut off or not of the connect protocol",
                          what);
}

// The version in the header; fails the reader below zero, as Connect does.
std::int16_t read_version(ByteReader& in) {
  const std::int16_t version = in.int16();
  if (version < 0) in.fail();
  return version;
}

}  // namespace

std::string_view protocol_name(ConnectProtocol protocol) {
  return kNames[static_cast<std::size_t>(protocol)];
}

std::optional<ConnectProtocol> protocol_of_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<ConnectProtocol>(i);
  return std::nullopt;
}

std::vector<ConnectProtocol> offered_protocols(ConnectProtocol highest) {
  std::vector<ConnectProtocol> offered;
  for (int i = static_cast<int>(highest); i >= 0; --i) offered.push_back(static_cast<ConnectProtocol>(i));
  return offered;
}

std::string encode(const Assignment& assignment) {
  ByteWriter out;
  write_assignment(assignment, assignment.version, out);
  return out.take();
}

std::string encode(const MemberMetadata& metadata) {
  ByteWriter out;
  out.int16(metadata.version);
  out.string(metadata.url);
  out.int64(metadata.config_offset);
  if (metadata.version == 0) return out.take();
  if (metadata.allocation) {
    // Its header carries the version of the message around it, whatever version it came in.
    ByteWriter allocation;
    write_assignment(*metadata.allocation, metadata.version, allocation);
    out.sized_bytes(allocation.bytes());
  } else {
    out.int32(-1);
  }
  std::string bytes = out.take();
  if (metadata.leaving) bytes += kLeavingMark;
  return bytes;
}

base::Result<Assignment> decode_assignment(std::string_view bytes) {
  ByteReader in(bytes);
  Assignment assignment;
  assignment.version = read_version(in);
  assignment.error = in.int16();
  assignment.leader = in.string();
  assignment.leader_url = in.string();
  assignment.config_offset = in.int64();
  assignment.assigned = read_work(in);
  assignment.revoked = read_work(in);
  if (in.left() > 0) assignment.delay_ms = in.int32();
  if (!in.ok()) return cut_off("assignment");
  return assignment;
}

base::Result<MemberMetadata> decode_metadata(std::string_view bytes) {
  ByteReader in(bytes);
  MemberMetadata metadata;
  metadata.version = read_version(in);
  metadata.url = in.string();
  metadata.config_offset = in.int64();
  std::optional<std::string_view> allocation;
  if (in.left() > 0) allocation = in.nullable_bytes();
  if (!in.ok()) return cut_off("metadata");
  metadata.leaving = in.left() > 0 && bytes.ends_with(kLeavingMark);
  if (allocation && !allocation->empty()) {
    SLUICE_TRY_ASSIGN(metadata.allocation, decode_assignment(*allocation));
  }
  return metadata;
}

}  // namespace sluice::group
