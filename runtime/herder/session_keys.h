#pragma once
// The session key that requests between workers are signed with, and when the leader must write a new one (KIP-507;
// spec connect-runtime.md section 5.11). Thread-safe.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/worker_config.h"
#include "runtime/herder/types.h"

namespace sluice::herder {

class SessionKeys {
 public:
  explicit SessionKeys(const config::WorkerConfig& worker);

  void set(std::optional<store::SessionKey> key);
  std::optional<store::SessionKey> current() const;

  // [leader] A new key is due: there is none, it has expired, or it is of another kind than configured.
  bool due(std::int64_t now_ms) const;
  // Until the next rotation; nothing if keys do not expire.
  std::optional<std::chrono::milliseconds> expires_in(std::int64_t now_ms) const;
  base::Result<store::SessionKey> generate(std::int64_t now_ms) const;

  // Of a request from another worker. `enforced`: the group has session keys.
  base::Status verify(const InternalRequest& request, bool enforced) const;
  const std::string& signature_algorithm() const { return signature_algorithm_; }

 private:
  const std::string generation_algorithm_;
  const std::optional<int> size_bits_;
  const std::string signature_algorithm_;
  const std::vector<std::string> verification_algorithms_;
  const std::int64_t ttl_ms_;
  mutable std::mutex mutex_;
  std::optional<store::SessionKey> key_;
};

}  // namespace sluice::herder
