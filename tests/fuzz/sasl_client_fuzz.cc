// Links: sluice::group
// What a broker, or whoever sits where one should be, says in a SASL exchange: nothing but the right proof ends a SCRAM
// exchange. The first byte chooses the mechanism; a line break ends a challenge.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/base/strings.h"
#include "runtime/group/sasl_client.h"

using namespace sluice::group;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  using Mechanism = SaslOptions::Mechanism;
  static constexpr Mechanism kAll[] = {Mechanism::kPlain, Mechanism::kScramSha256, Mechanism::kScramSha512,
                                       Mechanism::kOauthBearer};
  SaslOptions options;
  options.mechanism = kAll[data[0] % 4];
  options.username = "user";
  options.password = "pencil";
  SaslOptions::Token token;
  token.value = "a.b.c";
  auto client = make_sasl_client(options, &token, "rOprNGfwEbeRWgbNEkqO");
  SLUICE_ASSERT(client);
  SLUICE_ASSERT(!(*client)->first().empty());
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Many rounds cost time and find nothing: one in sixteen is enough.
  if (text.find("i=4096") == std::string_view::npos && text.find("i=") != std::string_view::npos && size % 16 != 0)
    return 0;
  const bool scram = options.mechanism == Mechanism::kScramSha256 || options.mechanism == Mechanism::kScramSha512;
  bool failed = false;
  for (const std::string_view challenge : sluice::base::split(text, '\n')) {
    if (failed || (scram && (*client)->done())) break;
    failed = !(*client)->next(challenge);
  }
  // The one exchange that may succeed is that of RFC 7677, which is among the seeds. (Of its last character only some
  // bits count.)
  if (scram && (*client)->done())
    SLUICE_ASSERT(text.find("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G") != std::string_view::npos);
  return 0;
}
