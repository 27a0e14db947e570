#pragma once
// Inside the module: the client's side of one SASL exchange, without I/O. PLAIN (RFC 4616), SCRAM-SHA-256 and -512
// (RFC 5802, RFC 7677) and OAUTHBEARER (RFC 7628) as Kafka uses them.

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/group/broker_membership.h"

namespace sluice::group {

// A server may ask for this much work, no more: it is done on the thread that sends the heartbeats (the upper bound
// costs a quarter of a second there). Kafka's brokers allow 4096 to 16384.
inline constexpr int kScramIterationsMin = 4096;
inline constexpr int kScramIterationsMax = 131'072;

class SaslClient {
 public:
  virtual ~SaslClient() = default;
  // What to send first.
  virtual std::string first() = 0;
  // What to answer to the broker's `challenge`; not called once done(). Error: kInvalidConfig, the broker cannot be
  // trusted or refuses; the text holds no secret.
  virtual base::Result<std::string> next(std::string_view challenge) = 0;
  // The exchange is complete on our side, the server's proof included.
  virtual bool done() const = 0;
};

std::string_view sasl_mechanism_name(SaslOptions::Mechanism mechanism);

// `token` is for OAUTHBEARER. `nonce` is the client's, printable and without commas (SCRAM).
base::Result<std::unique_ptr<SaslClient>> make_sasl_client(const SaslOptions& options, const SaslOptions::Token* token,
                                                           std::string nonce);
std::string random_nonce();

}  // namespace sluice::group
