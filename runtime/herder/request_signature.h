#pragma once
// Signatures of requests between workers (KIP-507; spec connect-runtime.md sections 1.5, 5.11). Pure functions.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/herder/types.h"

namespace sluice::herder {

// A MAC by its Java name in any case (HmacMD5, HmacSHA1, HmacSHA224 to HmacSHA512, HmacSHA3-*). Error: no such
// algorithm, with Java's text.
base::Result<std::string> compute_mac(std::string_view algorithm, std::string_view key, std::string_view bytes);

// Fills the two headers for `request.body`.
base::Status sign(InternalRequest& request, std::string_view algorithm, const store::SessionKey& key);

// Checks a received request against the session key. `verification_algorithms`: of
// inter.worker.verification.algorithms. `enforced`: the group's protocol is sessioned; otherwise only the form of what
// is there is checked. Errors: kConnectRest with 400, 403 or 503 and Connect's texts.
base::Status verify(const InternalRequest& request, const std::vector<std::string>& verification_algorithms,
                    const std::optional<store::SessionKey>& key, bool enforced);

// Key bytes for inter.worker.key.generation.algorithm; `size_bits`: nothing for the algorithm's default.
base::Result<std::string> generate_session_key(std::string_view algorithm, std::optional<int> size_bits);

}  // namespace sluice::herder
