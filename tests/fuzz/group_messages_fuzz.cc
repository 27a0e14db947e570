// Links: sluice::group
// Every answer that a group member reads, and what members tell each other. The first two bytes choose the decoder and
// the version, the rest is the answer's body. What is read is bounded by what came, and what is understood of the
// connect protocol is the same after it was written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/group/connect_protocol.h"
#include "runtime/group/messages.h"

using namespace sluice::group;

namespace {

void read_assignment(std::string_view bytes) {
  const auto first = decode_assignment(bytes);
  if (!first) return;
  SLUICE_ASSERT(first->assigned.tasks.size() * 4 <= bytes.size());
  SLUICE_ASSERT(first->leader.size() <= bytes.size());
  // Writing sorts and drops duplicates once; from then on nothing changes.
  const auto second = decode_assignment(encode(*first));
  SLUICE_ASSERT(second);
  const auto third = decode_assignment(encode(*second));
  SLUICE_ASSERT(third && third->leader == second->leader && third->config_offset == second->config_offset);
  SLUICE_ASSERT(third->assigned.tasks.size() == second->assigned.tasks.size());
  SLUICE_ASSERT(third->assigned.connectors.size() == second->assigned.connectors.size());
}

void read_metadata(std::string_view bytes) {
  const auto first = decode_metadata(bytes);
  if (!first) return;
  const auto second = decode_metadata(encode(*first));
  SLUICE_ASSERT(second && second->url == first->url && second->config_offset == first->config_offset);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const int which = data[0] % 12;
  const auto version = [&](Api api) {
    const VersionRange known = known_versions(api);
    return static_cast<std::int16_t>(known.min + data[1] % (known.max - known.min + 1));
  };
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  switch (which) {
    case 0:
      if (const auto read = decode_api_versions(body, version(Api::kApiVersions)))
        SLUICE_ASSERT(read->ranges.size() * 6 <= size);
      break;
    case 1:
      if (const auto read = decode_find_coordinator(body, version(Api::kFindCoordinator)))
        SLUICE_ASSERT(read->error != errors::kNone || read->endpoint.port > 0);
      break;
    case 2:
      if (const auto read = decode_join(body, version(Api::kJoinGroup))) SLUICE_ASSERT(read->members.size() <= size);
      break;
    case 3:
      if (const auto read = decode_sync(body, version(Api::kSyncGroup))) SLUICE_ASSERT(read->assignment.size() <= size);
      break;
    case 4:
      static_cast<void>(decode_heartbeat(body, version(Api::kHeartbeat)));
      break;
    case 5:
      static_cast<void>(decode_leave(body, version(Api::kLeaveGroup)));
      break;
    case 6:
      if (const auto read = decode_sasl_handshake(body)) SLUICE_ASSERT(read->mechanisms.size() * 2 <= size);
      break;
    case 7:
      if (const auto read = decode_sasl_authenticate(body, version(Api::kSaslAuthenticate)))
        SLUICE_ASSERT(read->bytes.size() <= size);
      break;
    case 8:
      if (const auto rest = unframe(Api::kJoinGroup, version(Api::kJoinGroup), 1, body))
        SLUICE_ASSERT(rest->size() + 4 <= body.size());
      break;
    case 9:
      read_assignment(body);
      break;
    case 10:
      read_metadata(body);
      break;
    default:
      break;
  }
  return 0;
}
