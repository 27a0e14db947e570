#pragma once
// Membership through a real coordinator: the wire client of the group protocol over PLAINTEXT, TLS and SASL.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/group/membership.h"

namespace sluice::group {

struct TlsOptions {
  std::string ca_pem;           // trusted certificates; empty: the system's
  std::string certificate_pem;  // ours, with its chain; may be empty
  std::string key_pem;          // secret
  std::string key_password;     // secret
  std::string ciphers;          // OpenSSL's form; empty: its default
  bool verify_host_name = true;
};

struct SaslOptions {
  enum class Mechanism { kPlain, kScramSha256, kScramSha512, kOauthBearer } mechanism = Mechanism::kPlain;
  std::string username;
  std::string password;  // secret
  // OAUTHBEARER: a fresh token and its extensions, blocking up to the request timeout.
  struct Token {
    std::string value;  // secret
    std::vector<std::pair<std::string, std::string>> extensions;
    std::int64_t expires_at_ms = 0;  // since the epoch; 0: unknown
  };
  std::function<base::Result<Token>()> token;
};

struct MembershipOptions {
  std::string group_id;
  std::string client_id;
  std::vector<std::string> bootstrap_servers;  // "host:port", "[v6]:port"
  std::optional<TlsOptions> tls;
  std::optional<SaslOptions> sasl;
  std::string protocol_type = "connect";
  std::chrono::milliseconds session_timeout{10'000};
  std::chrono::milliseconds rebalance_timeout{60'000};
  std::chrono::milliseconds heartbeat_interval{3'000};
  // One round is often followed by another (work that was revoked is free now, a worker that handed its work over has
  // left), of which a member hears with its next heartbeat, while that work stands still: so it listens closely for a
  // while after each round.
  std::chrono::milliseconds attention_after_round{10'000};
  std::chrono::milliseconds attentive_heartbeat_interval{200};
  std::chrono::milliseconds request_timeout{40'000};
  std::chrono::milliseconds retry_backoff{100};
  std::chrono::milliseconds retry_backoff_max{1'000};
  std::chrono::milliseconds reconnect_backoff{50};
  std::chrono::milliseconds reconnect_backoff_max{1'000};
  std::chrono::milliseconds connection_setup_timeout{10'000};
};

std::unique_ptr<Membership> make_broker_membership(MembershipOptions options);

}  // namespace sluice::group
