#pragma once
// Names and connections with deadlines, for `sluice doctor`.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::cmd {

struct HostPort {
  std::string host;  // IPv6 without brackets
  int port = 0;
};
// "host:port" or "[v6]:port", with an optional "PROTOCOL://" before it. Error says what is wrong.
base::Result<HostPort> parse_host_port(std::string_view text);

struct Address {
  std::string text;   // "127.0.0.1", "::1"
  std::string bytes;  // a sockaddr, port included
  int family = 0;
  bool loopback = false;
};

// The addresses of a name. kTimeout, or kNotFound with the resolver's words.
base::Result<std::vector<Address>> resolve(const std::string& host, int port, std::chrono::milliseconds timeout);
// Connects and closes again. kTimeout, or kRetry with the system's words ("Connection refused").
base::Status try_connect(const Address& address, std::chrono::milliseconds timeout);
// What answers to the first request that any Kafka client sends (ApiVersions, without TLS).
enum class FirstAnswer { kSilence, kClosed, kTls, kHttp, kKafka, kOther };
FirstAnswer first_answer(const Address& address, std::chrono::milliseconds timeout);
// Binds as a listener would, and lets go again. The error holds the system's words.
enum class BindOutcome { kFree, kInUse, kForbidden, kNotOurs, kFailed };
BindOutcome try_bind(const Address& address);

}  // namespace sluice::cmd
