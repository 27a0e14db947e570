#include "runtime/kafka/embedded_broker.h"

#include <librdkafka/rdkafka.h>
//
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <atomic>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/kafka/errors.h"

namespace sluice::kafka {
namespace {

const base::Logger kLog{"sluice.kafka.EmbeddedBroker"};
std::atomic<EmbeddedBroker*> g_running{nullptr};

}  // namespace

struct EmbeddedBroker::Impl {
  rd_kafka_t* client = nullptr;  // librdkafka's mock cluster lives on a client's main thread
  rd_kafka_mock_cluster_t* cluster = nullptr;
  std::string bootstrap;

  ~Impl() {
    if (cluster) rd_kafka_mock_cluster_destroy(cluster);
    if (client) rd_kafka_destroy(client);
  }
};

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

EmbeddedBroker::~EmbeddedBroker() {
  EmbeddedBroker* self = this;
  g_running.compare_exchange_strong(self, nullptr);
}

base::Result<std::unique_ptr<EmbeddedBroker>> EmbeddedBroker::start() {
  if (g_running.load())
    return base::fail(base::Code::kExists, base::exceptions::kIllegalState,
                      "an embedded broker runs in this process already");
  auto impl = std::make_unique<Impl>();
  std::array<char, 512> reason{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int level, const char* facility, const char* text) {
    if (level <= 4)
      kLog.warn("{} {}", facility, text);
    else
      kLog.debug("{} {}", facility, text);
  });
  impl->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
  if (!impl->client) {
    rd_kafka_conf_destroy(conf);
    return base::connect_error("cannot start the embedded broker: {}", reason.data());
  }
  impl->cluster = rd_kafka_mock_cluster_new(impl->client, 1);
  if (!impl->cluster) return base::connect_error("cannot start the embedded broker: no loopback port could be opened");
  impl->bootstrap = rd_kafka_mock_cluster_bootstraps(impl->cluster);
  kLog.info("Embedded broker on {}: in memory only, at most {} MiB of each partition, gone at exit", impl->bootstrap,
            kPartitionBytesMax / (1024 * 1024));
  std::unique_ptr<EmbeddedBroker> broker(new EmbeddedBroker(std::move(impl)));
  EmbeddedBroker* none = nullptr;
  if (!g_running.compare_exchange_strong(none, broker.get()))
    return base::fail(base::Code::kExists, base::exceptions::kIllegalState,
                      "an embedded broker runs in this process already");
  return broker;
}

EmbeddedBroker* EmbeddedBroker::running() {
  return g_running.load();
}
const std::string& EmbeddedBroker::bootstrap_servers() const {
  return impl_->bootstrap;
}

base::Status EmbeddedBroker::create_topic(std::string_view name, std::int32_t partitions) {
  const auto code =
      rd_kafka_mock_topic_create(impl_->cluster, std::string(name).c_str(), partitions < 0 ? 1 : partitions, 1);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    return base::fail(base::Code::kExists, error_exception(code), "Topic '{}' already exists.", name);
  return base::fail(make_error(code, fmt::format("creating topic {}", name)));
}

void EmbeddedBroker::set_down(bool down) {
  if (down)
    rd_kafka_mock_broker_set_down(impl_->cluster, -1);
  else
    rd_kafka_mock_broker_set_up(impl_->cluster, -1);
}

void EmbeddedBroker::set_round_trip_ms(int ms) {
  rd_kafka_mock_broker_set_rtt(impl_->cluster, -1, ms);
}

void EmbeddedBroker::fail_requests(std::int16_t api_key, int error, int count) {
  const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(count),
                                                static_cast<rd_kafka_resp_err_t>(error));
  rd_kafka_mock_push_request_errors_array(impl_->cluster, api_key, errors.size(), errors.data());
}

}  // namespace sluice::kafka
