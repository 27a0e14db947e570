// What the clients cost the task's thread, per record of 100 bytes, against the embedded broker: producing with
// delivery reports, and consuming. librdkafka's own threads work beside it and are not counted by bench/check.

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench/fixed_work.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/kafka/producer.h"

namespace sluice {
namespace {

constexpr std::size_t kRecords = 1000;
constexpr std::size_t kConsumed = 20'000;  // less than the embedded broker keeps
constexpr std::chrono::milliseconds kPatience{10'000};

// The broker of all client benchmarks; one a process.
kafka::EmbeddedBroker& broker() {
  static const std::unique_ptr<kafka::EmbeddedBroker> kBroker = kafka::EmbeddedBroker::start().value();
  return *kBroker;
}

std::unique_ptr<kafka::Producer> make_producer() {
  return kafka::Producer::create(kafka::translate_client_config({{"bootstrap.servers", broker().bootstrap_servers()}},
                                                                kafka::ClientKind::kProducer)
                                     .value())
      .value();
}

// Hands all records over and waits for their reports.
void deliver(kafka::Producer& producer, kafka::Topic* topic, const std::vector<kafka::OutRecord>& records) {
  std::size_t sent = 0, reported = 0;
  const auto count = [&](std::span<const kafka::Delivery> reports) { reported += reports.size(); };
  while (sent < records.size()) {
    sent += producer.produce_batch(topic, std::span(records).subspan(sent));
    if (sent < records.size()) producer.poll_deliveries(kPatience, count);
  }
  while (reported < records.size()) producer.poll_deliveries(kPatience, count);
}

void BM_ProduceLoop(benchmark::State& state) {
  broker().ensure_topic("produced");
  const auto producer = make_producer();
  kafka::Topic* const topic = producer->topic("produced").value();
  const std::string value(100, 'v');
  const std::vector<kafka::OutRecord> records(kRecords, {.topic = topic, .value = value});
  deliver(*producer, topic, records);  // connects
  for (auto _ : state) deliver(*producer, topic, records);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRecords));
}
BENCHMARK(BM_ProduceLoop)->Apply(bench::fixed_work)->UseRealTime();

void BM_ConsumeLoop(benchmark::State& state) {
  broker().ensure_topic("consumed");
  const auto producer = make_producer();
  kafka::Topic* const topic = producer->topic("consumed").value();
  const std::string value(100, 'v');
  static bool filled = false;
  if (!filled) deliver(*producer, topic, std::vector<kafka::OutRecord>(kConsumed, {.topic = topic, .value = value}));
  filled = true;
  const auto consumer =
      kafka::Consumer::create(
          kafka::translate_client_config({{"bootstrap.servers", broker().bootstrap_servers()}, {"group.id", "bench"}},
                                         kafka::ClientKind::kConsumer)
              .value())
          .value();
  const std::vector<kafka::PartitionOffset> beginning{{{"consumed", 0}, kafka::Consumer::kOffsetBeginning}};
  kafka::MessageBatch batch;
  for (auto _ : state) {
    if (auto status = consumer->assign(beginning); !status)
      return state.SkipWithError(status.error().message().c_str());
    for (std::size_t taken = 0; taken < kConsumed; taken += batch.size()) {
      if (auto status = consumer->poll_into(batch, kPatience); !status)
        return state.SkipWithError(status.error().message().c_str());
      for (const kafka::Message& message : batch.messages()) benchmark::DoNotOptimize(message.value.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kConsumed));
}
BENCHMARK(BM_ConsumeLoop)->Apply(bench::fixed_work)->UseRealTime();

}  // namespace
}  // namespace sluice
