#include "runtime/group/sasl_client.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <optional>

#include "runtime/base/strings.h"

namespace sluice::group {
namespace {

constexpr const char* kAuthenticationException = "org.apache.kafka.common.errors.SaslAuthenticationException";
constexpr std::size_t kChallengeBytesMax = 64 * 1024;

template <typename... Args>
tl::unexpected<base::Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return base::fail(base::Code::kInvalidConfig, kAuthenticationException, format, std::forward<Args>(args)...);
}

class PlainClient final : public SaslClient {
 public:
  explicit PlainClient(const SaslOptions& options) : options_(options) {}

  std::string first() override {
    std::string message(1, '\0');
    message.append(options_.username).push_back('\0');
    return message.append(options_.password);
  }
  base::Result<std::string> next(std::string_view) override { return std::string(); }
  bool done() const override { return true; }

 private:
  const SaslOptions& options_;
};

class OauthClient final : public SaslClient {
 public:
  explicit OauthClient(const SaslOptions::Token& token) : token_(token) {}

  std::string first() override {
    std::string message =
        "n,,\x01"
        "auth=Bearer " +
        token_.value;
    for (const auto& [name, value] : token_.extensions) message += "\x01" + name + "=" + value;
    return message + "\x01\x01";
  }
  // A challenge holds the reason of a refusal; the broker then waits for this byte and fails the exchange.
  base::Result<std::string> next(std::string_view) override { return std::string("\x01"); }
  bool done() const override { return true; }

 private:
  SaslOptions::Token token_;
};

class ScramClient final : public SaslClient {
 public:
  ScramClient(const SaslOptions& options, std::string nonce)
      : options_(options),
        digest_(options.mechanism == SaslOptions::Mechanism::kScramSha512 ? EVP_sha512() : EVP_sha256()),
        nonce_(std::move(nonce)) {}

  std::string first() override {
    std::string name;
    for (const char c : options_.username) {
      if (c == '=')
        name += "=3D";
      else if (c == ',')
        name += "=2C";
      else
        name += c;
    }
    first_bare_ = "n=" + name + ",r=" + nonce_;
    return "n,," + first_bare_;
  }

  base::Result<std::string> next(std::string_view challenge) override {
    if (!sent_proof_) return prove(challenge);
    SLUICE_TRY(check_server(challenge));
    done_ = true;
    return std::string();
  }

  bool done() const override { return done_; }

 private:
  static std::optional<std::string_view> attribute(std::string_view message, char name) {
    for (const std::string_view part : base::split(message, ','))
      if (part.size() >= 2 && part[0] == name && part[1] == '=') return part.substr(2);
    return std::nullopt;
  }

  std::string hmac(std::string_view key, std::string_view data) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out;
    unsigned size = 0;
    HMAC(digest_, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
         data.size(), out.data(), &size);
    return std::string(reinterpret_cast<const char*>(out.data()), size);
  }

  std::string hash(std::string_view data) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out;
    unsigned size = 0;
    EVP_Digest(data.data(), data.size(), out.data(), &size, digest_, nullptr);
    return std::string(reinterpret_cast<const char*>(out.data()), size);
  }

  // The final message, with our proof (RFC 5802 section 3).
  base::Result<std::string> prove(std::string_view server_first) {
    const auto nonce = attribute(server_first, 'r');
    const auto salt_text = attribute(server_first, 's');
    const auto iterations_text = attribute(server_first, 'i');
    if (!nonce || !salt_text || !iterations_text) return refuse("the broker's first SCRAM message is not complete");
    if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
      return refuse("the broker's SCRAM nonce does not extend ours: it is not the broker that was asked");
    const auto salt = base::decode_base64(*salt_text);
    if (!salt || salt->empty()) return refuse("the broker's SCRAM salt cannot be read");
    int iterations = 0;
    const auto [end, error] =
        std::from_chars(iterations_text->data(), iterations_text->data() + iterations_text->size(), iterations);
    if (error != std::errc() || end != iterations_text->data() + iterations_text->size() ||
        iterations < kScramIterationsMin || iterations > kScramIterationsMax)
      return refuse("the broker asks for a number of SCRAM iterations that is not from {} to {}", kScramIterationsMin,
                    kScramIterationsMax);

    std::string salted(static_cast<std::size_t>(EVP_MD_get_size(digest_)), '\0');
    if (PKCS5_PBKDF2_HMAC(options_.password.data(), static_cast<int>(options_.password.size()),
                          reinterpret_cast<const unsigned char*>(salt->data()), static_cast<int>(salt->size()),
                          iterations, digest_, static_cast<int>(salted.size()),
                          reinterpret_cast<unsigned char*>(salted.data())) != 1)
      return refuse("the SCRAM proof cannot be computed");

    const std::string without_proof = "c=biws,r=" + std::string(*nonce);
    const std::string message = first_bare_ + "," + std::string(server_first) + "," + without_proof;
    const std::string client_key = hmac(salted, "Client Key");
    const std::string signature = hmac(hash(client_key), message);
    std::string proof = client_key;
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    server_signature_ = hmac(hmac(salted, "Server Key"), message);
    OPENSSL_cleanse(salted.data(), salted.size());
    sent_proof_ = true;
    std::string final_message = without_proof + ",p=";
    base::append_base64(proof, final_message);
    return final_message;
  }

  base::Status check_server(std::string_view server_final) const {
    if (attribute(server_final, 'e')) return refuse("the broker refused the SCRAM exchange: wrong user or password");
    const auto text = attribute(server_final, 'v');
    const auto signature = text ? base::decode_base64(*text) : std::nullopt;
    if (!signature || signature->size() != server_signature_.size() ||
        CRYPTO_memcmp(signature->data(), server_signature_.data(), signature->size()) != 0)
      return refuse("the broker's SCRAM signature is wrong: it does not know our password");
    return {};
  }

  const SaslOptions& options_;
  const EVP_MD* digest_;
  std::string nonce_;
  std::string first_bare_;
  std::string server_signature_;
  bool sent_proof_ = false;
  bool done_ = false;
};

// Bounds what the broker may send, whatever the mechanism.
class BoundedClient final : public SaslClient {
 public:
  explicit BoundedClient(std::unique_ptr<SaslClient> client) : client_(std::move(client)) {}
  std::string first() override { return client_->first(); }
  base::Result<std::string> next(std::string_view challenge) override {
    if (challenge.size() > kChallengeBytesMax)
      return refuse("the broker's SASL challenge has more than {} bytes", kChallengeBytesMax);
    return client_->next(challenge);
  }
  bool done() const override { return client_->done(); }

 private:
  std::unique_ptr<SaslClient> client_;
};

}  // namespace

std::string_view sasl_mechanism_name(SaslOptions::Mechanism mechanism) {
  switch (mechanism) {
    case SaslOptions::Mechanism::kPlain:
      return "PLAIN";
    case SaslOptions::Mechanism::kScramSha256:
      return "SCRAM-SHA-256";
    case SaslOptions::Mechanism::kScramSha512:
      return "SCRAM-SHA-512";
    case SaslOptions::Mechanism::kOauthBearer:
      return "OAUTHBEARER";
  }
  return "unknown";
}

base::Result<std::unique_ptr<SaslClient>> make_sasl_client(const SaslOptions& options, const SaslOptions::Token* token,
                                                           std::string nonce) {
  std::unique_ptr<SaslClient> client;
  switch (options.mechanism) {
    case SaslOptions::Mechanism::kPlain:
      client = std::make_unique<PlainClient>(options);
      break;
    case SaslOptions::Mechanism::kScramSha256:
    case SaslOptions::Mechanism::kScramSha512:
      if (nonce.empty()) return refuse("no random numbers are to be had for SCRAM");
      client = std::make_unique<ScramClient>(options, std::move(nonce));
      break;
    case SaslOptions::Mechanism::kOauthBearer:
      if (token == nullptr) return refuse("no OAUTHBEARER token is at hand");
      if (token->value.find('\x01') != std::string::npos)
        return refuse("the OAUTHBEARER token holds a control character");
      client = std::make_unique<OauthClient>(*token);
      break;
  }
  return std::make_unique<BoundedClient>(std::move(client));
}

std::string random_nonce() {
  std::array<unsigned char, 24> random;
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return {};
  std::string nonce;
  base::append_base64(std::string_view(reinterpret_cast<const char*>(random.data()), random.size()), nonce);
  return nonce;
}

}  // namespace sluice::group
