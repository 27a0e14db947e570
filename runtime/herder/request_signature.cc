#include "runtime/herder/request_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/strings.h"

namespace sluice::herder {
namespace {

using base::Code;
using base::fail;
using base::Result;
using base::Status;
namespace exceptions = base::exceptions;

constexpr const char* kNoSuchAlgorithm = "java.security.NoSuchAlgorithmException";
constexpr const char* kInvalidParameter = "java.security.InvalidParameterException";

// Sizes of generated keys as Java's key generators have them, in bytes.
struct Algorithm {
  std::string_view name;
  const EVP_MD* (*digest)();
  int key_bytes;
};
constexpr std::array<Algorithm, 12> kAlgorithms = {{
    {"HmacMD5", EVP_md5, 64},
    {"HmacSHA1", EVP_sha1, 64},
    {"HmacSHA224", EVP_sha224, 28},
    {"HmacSHA256", EVP_sha256, 32},
    {"HmacSHA384", EVP_sha384, 48},
    {"HmacSHA512", EVP_sha512, 64},
    {"HmacSHA512/224", EVP_sha512_224, 28},
    {"HmacSHA512/256", EVP_sha512_256, 32},
    {"HmacSHA3-224", EVP_sha3_224, 28},
    {"HmacSHA3-256", EVP_sha3_256, 32},
    {"HmacSHA3-384", EVP_sha3_384, 48},
    {"HmacSHA3-512", EVP_sha3_512, 64},
}};
constexpr int kKeyBitsMin = 40;       // Java's generators refuse less
constexpr int kKeyBitsMax = 1 << 16;  // nobody's key; keeps a mistyped size from filling a record

const Algorithm* find_algorithm(std::string_view name) {
  const auto found = std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](const Algorithm& algorithm) {
    return base::equals_ignore_case_ascii(algorithm.name, name);
  });
  return found == kAlgorithms.end() ? nullptr : found;
}

tl::unexpected<base::Error> refuse(int status, std::string text) {
  const Code code = status == 503 ? Code::kRetry : Code::kInvalidConfig;
  return fail(base::Error(code, exceptions::kConnectRest, std::move(text)).with_rest_status(status));
}

std::string not_supported(std::string_view algorithm, const std::vector<std::string>& supported) {
  return fmt::format(
      "This worker does not support the '{}' key signing algorithm used by other workers. This worker is currently "
      "configured to use: [{}]. Check that all workers' configuration files permit the same set of signature "
      "algorithms, and correct any misconfigured worker and restart it.",
      algorithm, base::join(supported, ", "));
}

}  // namespace

Result<std::string> compute_mac(std::string_view algorithm, std::string_view key, std::string_view bytes) {
  const Algorithm* const known = find_algorithm(algorithm);
  if (known == nullptr) return fail(Code::kInvalidConfig, kNoSuchAlgorithm, "Algorithm {} not available", algorithm);
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (HMAC(known->digest(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr) {
    return fail(Code::kFatal, exceptions::kConnect, "{} cannot be computed on this machine", algorithm);
  }
  mac.resize(size);
  return mac;
}

Status sign(InternalRequest& request, std::string_view algorithm, const store::SessionKey& key) {
  SLUICE_TRY_ASSIGN(const std::string mac, compute_mac(algorithm, key.key, request.body));
  request.authorization.emplace();
  base::append_base64(mac, *request.authorization);
  request.signature_algorithm = algorithm;
  return {};
}

Status verify(const InternalRequest& request, const std::vector<std::string>& verification_algorithms,
              const std::optional<store::SessionKey>& key, bool enforced) {
  const bool present = request.authorization && request.signature_algorithm;
  std::optional<std::string> signature;
  if (present) {
    if (find_algorithm(*request.signature_algorithm) == nullptr)
      return refuse(400, fmt::format("Algorithm {} not available", *request.signature_algorithm));
    signature = base::decode_base64(*request.authorization);
    if (!signature) return refuse(400, base::base64_problem(*request.authorization));
  }
  if (!enforced) return {};
  if (!present) return refuse(400, "Internal request missing required signature");
  const std::string& algorithm = *request.signature_algorithm;
  if (std::find(verification_algorithms.begin(), verification_algorithms.end(), algorithm) ==
      verification_algorithms.end()) {
    return refuse(400, not_supported(algorithm, verification_algorithms));
  }
  if (!key) {
    return refuse(503,
                  "This worker is still starting up and has not been able to read a session key from the config topic "
                  "yet");
  }
  SLUICE_TRY_ASSIGN(const std::string expected, compute_mac(algorithm, key->key, request.body));
  const bool same =
      signature->size() == expected.size() && CRYPTO_memcmp(signature->data(), expected.data(), expected.size()) == 0;
  if (!same) return refuse(403, "Internal request contained invalid signature.");
  return {};
}

Result<std::string> generate_session_key(std::string_view algorithm, std::optional<int> size_bits) {
  const Algorithm* const known = find_algorithm(algorithm);
  if (known == nullptr) return fail(Code::kInvalidConfig, kNoSuchAlgorithm, "{} KeyGenerator not available", algorithm);
  if (size_bits && *size_bits < kKeyBitsMin)
    return fail(Code::kInvalidConfig, kInvalidParameter, "Key length must be at least 40 bits");
  if (size_bits && *size_bits > kKeyBitsMax)
    return fail(Code::kInvalidConfig, kInvalidParameter, "Key length must be at most {} bits", kKeyBitsMax);
  std::string key(static_cast<std::size_t>(size_bits ? (*size_bits + 7) / 8 : known->key_bytes), '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    return fail(Code::kRetry, exceptions::kConnect, "No random bytes for a session key are to be had");
  return key;
}

}  // namespace sluice::herder
