#include "runtime/kafka/answer_wait.h"

#include <librdkafka/rdkafka.h>
#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <tuple>

namespace sluice::kafka {
namespace {

constexpr std::int16_t kProduceKey = 0;
// What the thread has to do beside answers (purging, ending) waits for so long at most, and no longer than the broker
// takes to answer or to close the connection.
constexpr int kWaitMaxMs = 250;

bool is_set(const ClientConfig& config, std::string_view key, std::string_view value) {
  // Of several values the last counts, as in librdkafka.
  const auto found = std::find_if(config.librdkafka.rbegin(), config.librdkafka.rend(),
                                  [&](const auto& setting) { return setting.first == key; });
  return found != config.librdkafka.rend() && found->second == value;
}

// [librdkafka's broker thread, which holds no lock here]
rd_kafka_resp_err_t on_request_sent(rd_kafka_t*, int socket, const char*, std::int32_t, std::int16_t api_key,
                                    std::int16_t, std::int32_t, std::size_t, void*) {
  if (api_key != kProduceKey) return RD_KAFKA_RESP_ERR_NO_ERROR;
  pollfd answer{socket, POLLIN, 0};
  std::ignore = ::poll(&answer, 1, kWaitMaxMs);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void*, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_request_sent(client, "sluice", on_request_sent, nullptr);
}

}  // namespace

void wait_for_answers(rd_kafka_conf_s* conf, const ClientConfig& config) {
  if (is_set(config, "enable.idempotence", "true") && is_set(config, "max.in.flight.requests.per.connection", "1"))
    rd_kafka_conf_interceptor_add_on_new(conf, "sluice", on_new, nullptr);
}

}  // namespace sluice::kafka
