#pragma once
// Acknowledgements of a source task on their way to its plugin: what became of each record. Without transactions they
// are given after every look at deliveries; with them, once they are committed, when the batch may be gone.
//
// Owner: the task thread.

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "runtime/data/batch.h"
#include "runtime/kafka/producer.h"
#include "runtime/plugin/instance.h"

namespace sluice::task {

class SourceAcks {
 public:
  // They wait for transactions, so the names of topics are kept.
  void keep() { kept_ = true; }

  // A record that is not in Kafka and will not be: filtered, or failed and tolerated.
  void not_sent(const data::Record& record) {
    acks_.push_back({record.cookie, {nullptr, 0}, -1, record.origin, -1, SLUICE_NO_TIMESTAMP});
  }
  void sent(const data::Record& record, const sluice_str& topic, const kafka::Delivery& report) {
    acks_.push_back({record.cookie, kept_ ? name(topic) : topic, report.partition, record.origin, report.offset,
                     report.timestamp_ms});
  }
  std::size_t size() const { return acks_.size(); }
  // `instance` may be null: nobody is there to hear.
  void give(plugin::SourceTaskInstance* instance) {
    if (acks_.empty()) return;
    if (instance != nullptr) instance->delivered(acks_);
    acks_.clear();
  }

 private:
  sluice_str name(const sluice_str& topic) { return str(*topics_.emplace(view(topic)).first); }

  std::vector<sluice_ack> acks_;
  std::set<std::string, std::less<>> topics_;
  bool kept_ = false;
};

}  // namespace sluice::task
