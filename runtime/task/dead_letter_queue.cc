#include "runtime/task/dead_letter_queue.h"

#include <chrono>
#include <utility>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/secrets.h"
#include "runtime/kafka/admin.h"
#include "runtime/kafka/consumer.h"
#include "runtime/task/client_settings.h"
#include "runtime/task/error_policy.h"

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

void DeadLetterQueue::send(const Failure& failure, const FailedRecord& record) {
  requests_.add();
  if (producer_->outstanding() >= kOutstandingMax && !flush(std::chrono::seconds(30))) {
    failures_.add();
    kLog.error("Could not produce message to dead letter queue. topic={}: {} records are waiting for the brokers",
               topic_name_, kOutstandingMax);
    return;
  }
  const kafka::Message& message = record.messages->messages()[record.message];
  std::vector<kafka::HeaderView> headers;
  record.messages->headers(record.message, headers);
  const std::string partition = fmt::format("{}", message.partition);
  const std::string offset = fmt::format("{}", message.offset);
  const std::string task_number = fmt::format("{}", task_.task);
  const std::string stage(stage_name(failure.stage));
  const std::string class_name(failure.executing_class);
  const std::string message_text = base::without_secrets(failure.error.message());
  const std::string trace = failure.error.trace();
  if (context_headers_) {
    headers.push_back({"__connect.errors.topic", message.topic});
    headers.push_back({"__connect.errors.partition", partition});
    headers.push_back({"__connect.errors.offset", offset});
    headers.push_back({"__connect.errors.connector.name", task_.connector});
    headers.push_back({"__connect.errors.task.id", task_number});
    headers.push_back({"__connect.errors.stage", stage});
    headers.push_back({"__connect.errors.class.name", class_name});
    headers.push_back({"__connect.errors.exception.class.name", failure.error.exception()});
    headers.push_back({"__connect.errors.exception.message", message_text});
    headers.push_back({"__connect.errors.exception.stacktrace", trace});
  }
  // The value must live until its delivery report: the report frees this copy.
  std::unique_ptr<std::string> copy;
  if (message.value.data() != nullptr) copy = std::make_unique<std::string>(message.value);
  kafka::OutRecord out{.topic = topic_,
                       .key = message.key,
                       .value = copy ? std::string_view(*copy) : std::string_view(),
                       .timestamp_ms = message.timestamp_ms,
                       .headers = headers,
                       .opaque = copy.get()};
  kafka::ProduceStatus status = producer_->produce(out);
  if (status == kafka::ProduceStatus::kQueueFull) {
    static_cast<void>(flush(std::chrono::seconds(30)));
    status = producer_->produce(out);
  }
  if (status == kafka::ProduceStatus::kOk) {
    static_cast<void>(copy.release());
    return;
  }
  failures_.add();
  kLog.error(
      "Could not produce message to dead letter queue. topic={}: {}", topic_name_,
      status == kafka::ProduceStatus::kFailed ? producer_->last_error().to_string() : "the producer's queue is full");
}

void DeadLetterQueue::on_deliveries(std::span<const kafka::Delivery> deliveries) {
  for (const kafka::Delivery& delivery : deliveries) {
    const std::unique_ptr<std::string> copy(static_cast<std::string*>(delivery.opaque));
    if (delivery.error == kafka::error_code::kNone) continue;
    failures_.add();
    kLog.error("Could not produce message to dead letter queue. topic={}: {}", topic_name_,
               kafka::error_text(delivery.error));
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
