#include "runtime/herder/session_keys.h"

#include <algorithm>

#include "runtime/herder/request_signature.h"

namespace sluice::herder {
namespace {

std::optional<int> size_of(const config::WorkerConfig& worker) {
  const auto text = worker.originals().get("inter.worker.key.size");
  if (!text || text->empty()) return std::nullopt;
  return worker.parsed().int32("inter.worker.key.size");
}

}  // namespace

SessionKeys::SessionKeys(const config::WorkerConfig& worker)
    : generation_algorithm_(worker.parsed().string("inter.worker.key.generation.algorithm")),
      size_bits_(size_of(worker)),
      signature_algorithm_(worker.parsed().string("inter.worker.signature.algorithm")),
      verification_algorithms_(worker.parsed().list("inter.worker.verification.algorithms")),
      ttl_ms_(worker.parsed().int32("inter.worker.key.ttl.ms")) {}

void SessionKeys::set(std::optional<store::SessionKey> key) {
  std::lock_guard lock(mutex_);
  key_ = std::move(key);
}

std::optional<store::SessionKey> SessionKeys::current() const {
  std::lock_guard lock(mutex_);
  return key_;
}

bool SessionKeys::due(std::int64_t now_ms) const {
  std::lock_guard lock(mutex_);
  if (!key_ || key_->algorithm != generation_algorithm_) return true;
  if (size_bits_ && static_cast<std::size_t>(*size_bits_) != key_->key.size() * 8) return true;
  return ttl_ms_ > 0 && key_->created_ms + ttl_ms_ <= now_ms;
}

std::optional<std::chrono::milliseconds> SessionKeys::expires_in(std::int64_t now_ms) const {
  std::lock_guard lock(mutex_);
  if (!key_ || ttl_ms_ <= 0) return std::nullopt;
  return std::chrono::milliseconds(std::max<std::int64_t>(0, key_->created_ms + ttl_ms_ - now_ms));
}

base::Result<store::SessionKey> SessionKeys::generate(std::int64_t now_ms) const {
  SLUICE_TRY_ASSIGN(auto key, generate_session_key(generation_algorithm_, size_bits_));
  return store::SessionKey{std::move(key), generation_algorithm_, now_ms};
}

base::Status SessionKeys::verify(const InternalRequest& request, bool enforced) const {
  return herder::verify(request, verification_algorithms_, current(), enforced);
}

}  // namespace sluice::herder
