#pragma once
// OAUTHBEARER tokens: by the client credentials grant (RFC 6749 section 4.4) from a token endpoint, or from a file.

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"

namespace sluice::kafka {

struct OauthToken {
  std::string value;  // secret
  std::string principal;
  std::int64_t expires_ms = 0;  // since the epoch
};

// Blocks up to the settings' timeouts. Errors never hold the token or the client secret.
base::Result<OauthToken> fetch_oauth_token(const OauthSettings& settings, std::int64_t now_ms);

// The subject and expiry of a JWT (RFC 7519), whose signature is the broker's business. A token that is no JWT, or has
// no expiry, is an error.
base::Result<OauthToken> read_jwt(std::string_view token, std::string_view subject_claim);

}  // namespace sluice::kafka
