#include "runtime/herder/request_signature.h"

#include <gtest/gtest.h>

#include "runtime/base/strings.h"

namespace sluice::herder {
namespace {

const std::vector<std::string> kSha256 = {"HmacSHA256"};

store::SessionKey test_key() {
  return {"0123456789abcdef0123456789abcdef", "HmacSHA256", 1};
}

std::string mac_hex(std::string_view algorithm, std::string_view key, std::string_view bytes) {
  const auto mac = compute_mac(algorithm, key, bytes);
  return mac ? base::to_hex(*mac) : mac.error().message();
}

InternalRequest request_of(std::optional<std::string> authorization, std::optional<std::string> algorithm) {
  return {std::move(authorization), std::move(algorithm), "[]"};
}

// "status text", or "ok".
std::string outcome(const InternalRequest& request, const std::vector<std::string>& algorithms = kSha256,
                    const std::optional<store::SessionKey>& key = test_key(), bool enforced = true) {
  const auto status = verify(request, algorithms, key, enforced);
  if (status) return "ok";
  EXPECT_STREQ(status.error().exception(), base::exceptions::kConnectRest);
  return fmt::format("{} {}", status.error().rest_status(), status.error().message());
}

TEST(RequestSignature, ComputesMacsByJavaName) {
  // RFC 2202 section 2 (case 2) and section 3 (case 2); RFC 4231 section 4.3.
  EXPECT_EQ(mac_hex("HmacMD5", "Jefe", "what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(mac_hex("HmacSHA1", "Jefe", "what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(mac_hex("HmacSHA224", "Jefe", "what do ya want for nothing?"),
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
  EXPECT_EQ(mac_hex("HmacSHA256", "Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(mac_hex("hmacsha384", "Jefe", "what do ya want for nothing?"),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  EXPECT_EQ(mac_hex("HmacSHA512", "Jefe", "what do ya want for nothing?").substr(0, 32),
            "164b7a7bfcf819e2e395fbe73b56e0a3");
  EXPECT_EQ(mac_hex("NoSuch", "k", ""), "Algorithm NoSuch not available");
}

TEST(RequestSignature, AcceptsWhatItSigned) {
  InternalRequest request = request_of(std::nullopt, std::nullopt);
  ASSERT_TRUE(sign(request, "HmacSHA256", test_key()));
  EXPECT_EQ(outcome(request), "ok");
  request.body = "[ ]";
  EXPECT_EQ(outcome(request), "403 Internal request contained invalid signature.");
  request.body = "[]";
  store::SessionKey other = test_key();
  other.key += "x";
  EXPECT_EQ(outcome(request, kSha256, other), "403 Internal request contained invalid signature.");
  EXPECT_EQ(outcome(request, {"HmacSHA1", "HmacSHA256"}), "ok");
  InternalRequest empty;
  ASSERT_TRUE(sign(empty, "HmacSHA256", test_key()));
  EXPECT_EQ(outcome(empty), "ok");
}

TEST(RequestSignature, RefusesInConnectsOrder) {
  EXPECT_EQ(outcome(request_of(std::nullopt, std::nullopt)), "400 Internal request missing required signature");
  EXPECT_EQ(outcome(request_of("AAAA", std::nullopt)), "400 Internal request missing required signature");
  EXPECT_EQ(outcome(request_of(std::nullopt, "NoSuch")), "400 Internal request missing required signature");
  EXPECT_EQ(outcome(request_of("%%%", "NoSuch")), "400 Algorithm NoSuch not available");
  EXPECT_EQ(outcome(request_of("%%%", "HmacMD5")), "400 Illegal base64 character 25");
  EXPECT_EQ(outcome(request_of("AAAA", "HmacMD5"), {"HmacSHA256", "HmacSHA512"}, std::nullopt),
            "400 This worker does not support the 'HmacMD5' key signing algorithm used by other workers. This worker "
            "is currently configured to use: [HmacSHA256, HmacSHA512]. Check that all workers' configuration files "
            "permit the same set of signature algorithms, and correct any misconfigured worker and restart it.");
  EXPECT_EQ(outcome(request_of("AAAA", "HmacSHA256"), kSha256, std::nullopt),
            "503 This worker is still starting up and has not been able to read a session key from the config topic "
            "yet");
  EXPECT_EQ(outcome(request_of("AAAA", "HmacSHA256")), "403 Internal request contained invalid signature.");
}

TEST(RequestSignature, ChecksOnlyTheFormWhereNothingIsEnforced) {
  EXPECT_EQ(outcome(request_of(std::nullopt, std::nullopt), kSha256, std::nullopt, false), "ok");
  EXPECT_EQ(outcome(request_of("AAAA", "HmacMD5"), kSha256, std::nullopt, false), "ok");
  EXPECT_EQ(outcome(request_of("AAAA", "NoSuch"), kSha256, std::nullopt, false), "400 Algorithm NoSuch not available");
  EXPECT_EQ(outcome(request_of("A", "HmacSHA256"), kSha256, std::nullopt, false),
            "400 Input byte[] should at least have 2 bytes for base64 bytes");
}

TEST(RequestSignature, WordsBadBase64AsJavaDoes) {
  const auto problem = [](const char* text) { return outcome(request_of(text, "HmacSHA256")).substr(4); };
  EXPECT_EQ(problem("AAA!"), "Illegal base64 character 21");
  EXPECT_EQ(problem("AA\xC3\xA4"), "Illegal base64 character -3d");
  EXPECT_EQ(problem("AAAA="), "Input byte array has wrong 4-byte ending unit");
  EXPECT_EQ(problem("AA="), "Input byte array has wrong 4-byte ending unit");
  EXPECT_EQ(problem("AA=A"), "Input byte array has wrong 4-byte ending unit");
  EXPECT_EQ(problem("AAAAA"), "Last unit does not have enough valid bits");
  EXPECT_EQ(problem("A==="), "Last unit does not have enough valid bits");
  EXPECT_EQ(problem("AA==AA=="), "Input byte array has incorrect ending byte at 4");
  EXPECT_EQ(problem("AAA=="), "Input byte array has incorrect ending byte at 4");
}

TEST(RequestSignature, GeneratesKeysOfJavasSizes) {
  const auto size = [](std::string_view algorithm, std::optional<int> bits) {
    const auto key = generate_session_key(algorithm, bits);
    return key ? std::to_string(key->size()) : key.error().message();
  };
  EXPECT_EQ(size("HmacSHA256", std::nullopt), "32");
  EXPECT_EQ(size("HmacSHA1", std::nullopt), "64");
  EXPECT_EQ(size("HmacSHA512", std::nullopt), "64");
  EXPECT_EQ(size("HmacSHA256", 41), "6");
  EXPECT_EQ(size("HmacSHA256", 39), "Key length must be at least 40 bits");
  EXPECT_EQ(size("AES", std::nullopt), "AES KeyGenerator not available");
  EXPECT_NE(*generate_session_key("HmacSHA256", {}), *generate_session_key("HmacSHA256", {}));
}

}  // namespace
}  // namespace sluice::herder
