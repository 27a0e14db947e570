#include "runtime/task/dead_letter_queue.h"

#include <chrono>
#include <utility>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/secrets.h"
#include "runtime/kafka/admin.h"
#include "runtime/task/client_settings.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/failed_record.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter"};
constexpr std::chrono::seconds kAdminTimeout{30};

base::Status ensure_topic(const WorkerContext& worker, const config::ConnectorConfig& connector) {
  const config::ErrorPolicyConfig& errors = connector.errors();
  SLUICE_TRY_ASSIGN(const kafka::ClientConfig client, admin_config(worker, connector, "connector-dlq-adminclient-"));
  SLUICE_TRY_ASSIGN(const auto admin, kafka::Admin::create(client));
  kafka::NewTopic topic{errors.dlq_topic, 1, errors.dlq_replication_factor, {}};
  auto created = admin->create_topic_if_missing(topic, kAdminTimeout);
  if (created) return {};
  return base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                fmt::format("Could not initialize dead letter queue with topic={}", errors.dlq_topic))
                        .with_cause(std::move(created).error()));
}

}  // namespace

DeadLetterQueue::DeadLetterQueue(base::TaskId task, std::string topic, bool context_headers, metrics::Group& metrics)
    : task_(std::move(task)),
      topic_name_(std::move(topic)),
      context_headers_(context_headers),
      requests_(metrics.counter("deadletterqueue-produce-requests")),
      failures_(metrics.counter("deadletterqueue-produce-failures")) {}

DeadLetterQueue::~DeadLetterQueue() {
  // Whatever is still queued owns its copy of the bytes: fail it, so that the reports free them.
  producer_->purge(true);
  static_cast<void>(flush(std::chrono::seconds(1)));
}

base::Result<std::unique_ptr<DeadLetterQueue>> DeadLetterQueue::open(const WorkerContext& worker,
                                                                     const config::ConnectorConfig& connector,
                                                                     const base::TaskId& task,
                                                                     metrics::Group& metrics) {
  SLUICE_TRY(ensure_topic(worker, connector));
  SLUICE_TRY_ASSIGN(const kafka::ClientConfig client, dlq_producer_config(worker, connector, task));
  SLUICE_TRY_ASSIGN(auto producer, kafka::Producer::create(client));
  std::unique_ptr<DeadLetterQueue> queue(
      new DeadLetterQueue(task, connector.errors().dlq_topic, connector.errors().dlq_context_headers, metrics));
  queue->producer_ = std::move(producer);
  SLUICE_TRY_ASSIGN(queue->topic_, queue->producer_->topic(queue->topic_name_));
  return queue;
}

// What librdkafka reads in place until the delivery report.
struct DeadLetterQueue::Copy {
  std::string value;
  bool reported;  // by the plugin
};

void DeadLetterQueue::send(const Failure& failure, const FailedRecord& record) {
  requests_.add();
  const bool reported = failure.stage == Stage::kTaskPut;
  if (producer_->outstanding() >= kOutstandingMax && !flush(std::chrono::seconds(30)))
    return lost(reported, {base::Code::kTimeout, base::exceptions::kTimeout,
                           fmt::format("{} records are waiting for the brokers", kOutstandingMax)});
  DeadLetter letter;
  record.dead_letter(letter);
  if (context_headers_) add_context(failure, letter);
  auto copy = std::make_unique<Copy>(Copy{std::string(letter.value), reported});
  kafka::OutRecord out{.topic = topic_,
                       .key = letter.key,
                       .value = letter.value.data() != nullptr ? std::string_view(copy->value) : std::string_view(),
                       .timestamp_ms = letter.timestamp_ms,
                       .headers = letter.headers,
                       .opaque = copy.get()};
  kafka::ProduceStatus status = producer_->produce(out);
  if (status == kafka::ProduceStatus::kQueueFull) {
    static_cast<void>(flush(std::chrono::seconds(30)));
    status = producer_->produce(out);
  }
  if (status == kafka::ProduceStatus::kOk) {
    static_cast<void>(copy.release());
  } else if (status == kafka::ProduceStatus::kFailed) {
    lost(reported, producer_->last_error());
  } else {
    lost(reported, {base::Code::kTimeout, base::exceptions::kTimeout, "the producer's queue is full"});
  }
}

void DeadLetterQueue::add_context(const Failure& failure, DeadLetter& letter) const {
  auto& headers = letter.headers;
  headers.insert(headers.end(), letter.context.begin(), letter.context.end());
  const std::string_view message = letter.keep(base::without_secrets(failure.error.message()));
  headers.push_back({"__connect.errors.connector.name", task_.connector});
  headers.push_back({"__connect.errors.task.id", letter.keep(std::to_string(task_.task))});
  headers.push_back({"__connect.errors.stage", stage_name(failure.stage)});
  headers.push_back({"__connect.errors.class.name", failure.executing_class});
  headers.push_back({"__connect.errors.exception.class.name", failure.error.exception()});
  headers.push_back({"__connect.errors.exception.message", message.empty() ? std::string_view() : message});
  headers.push_back({"__connect.errors.exception.stacktrace", letter.keep(failure.error.trace())});
}

void DeadLetterQueue::lost(bool reported, const base::Error& why) {
  failures_.add();
  kLog.error("Could not produce message to dead letter queue. topic={}: {}", topic_name_, why.to_string());
  if (reported && !report_error_) report_error_ = why;
}

void DeadLetterQueue::on_deliveries(std::span<const kafka::Delivery> deliveries) {
  for (const kafka::Delivery& delivery : deliveries) {
    const std::unique_ptr<Copy> copy(static_cast<Copy*>(delivery.opaque));
    if (delivery.error != kafka::error_code::kNone)
      lost(copy->reported, kafka::make_error(delivery.error, "Failed to deliver a record"));
  }
}

void DeadLetterQueue::poll() {
  producer_->poll_deliveries(std::chrono::milliseconds(0),
                             [this](std::span<const kafka::Delivery> deliveries) { on_deliveries(deliveries); });
}

base::Status DeadLetterQueue::flush(std::chrono::milliseconds timeout) {
  return producer_->flush(std::chrono::steady_clock::now() + timeout,
                          [this](std::span<const kafka::Delivery> deliveries) { on_deliveries(deliveries); });
}

}  // namespace sluice::task
