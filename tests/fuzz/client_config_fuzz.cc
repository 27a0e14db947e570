// Links: sluice::kafka
// The parsers of client configuration: sasl.jaas.config, JWT claims, bootstrap servers and numbers.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/kafka/client_config.h"
#include "runtime/kafka/jaas.h"
#include "runtime/kafka/java_pattern.h"
#include "runtime/kafka/oauth.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::kafka;
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(parse_jaas(text));
  static_cast<void>(read_jwt(text, "sub"));
  static_cast<void>(check_client_config({{"bootstrap.servers", text},
                                         {"linger.ms", text},
                                         {"security.protocol", "SASL_SSL"},
                                         {"sasl.mechanism", "PLAIN"},
                                         {"sasl.jaas.config", text},
                                         {"ssl.truststore.certificates", text},
                                         {"ssl.cipher.suites", text}},
                                        ClientKind::kProducer));
  if (size < 256)
    if (const auto pattern = JavaPattern::compile(text)) pattern->matches("orders-42");
  return 0;
}
