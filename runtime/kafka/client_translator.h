#pragma once
// Inside the module: one translation in progress. Split by topic: client_config.cc (what all clients share, producer,
// consumer) and client_security.cc (TLS, SASL).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/kafka/client_config.h"
#include "runtime/kafka/client_config_table.h"
#include "runtime/kafka/jaas.h"

namespace sluice::kafka {

class ClientTranslator {
 public:
  using Problems = std::vector<std::pair<std::string, std::string>>;  // key, what is wrong with it

  ClientTranslator(const ConfigMap& java, ClientKind kind);
  void run();
  ClientConfig take() { return std::move(out_); }
  const Problems& problems() const { return problems_; }

 private:
  // Nothing if the key is absent. Trimmed, as Java does.
  std::optional<std::string> get(std::string_view key) const;
  std::string get_or(std::string_view key, std::string_view otherwise) const;
  // Nothing if absent or not a whole number (then a problem is noted).
  std::optional<std::int64_t> number(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::int64_t clamped(std::string_view key, std::int64_t value, std::int64_t low, std::int64_t high);
  // For secrets: the caller must not put the value into `what`.
  void problem(std::string_view key, std::string what);
  void warn(std::string text);
  void set(std::string_view librdkafka_key, std::string value);
  void set(std::string_view librdkafka_key, std::int64_t value);

  void apply_rules();
  void apply_rule(const Rule& rule, const std::string& value);
  void common();
  void bootstrap();
  void request_timeout();
  void producer();
  void idempotence();
  void delivery_timeout();
  void compression();
  void partitioner();
  void consumer();
  void offset_reset();
  void assignors();

  void security();
  void tls();
  void trust_store();
  void key_store();
  void cipher_suites();
  void protocols();
  void sasl();
  void sasl_password(const JaasEntry& jaas);
  void sasl_kerberos(const std::optional<JaasEntry>& jaas);
  void sasl_oauth(const std::optional<JaasEntry>& jaas);
  void oauth_endpoint(const std::string& url, const std::optional<JaasEntry>& jaas);

  const ConfigMap& java_;
  ClientConfig out_;
  Problems problems_;
  bool tls_ = false;
  bool sasl_ = false;
};

}  // namespace sluice::kafka
