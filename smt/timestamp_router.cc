#include "smt/timestamp_router.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/data/date_format.h"
#include "smt/record_text.h"
#include "smt/side.h"
#include "smt/topic_format.h"

namespace sluice::smt {
namespace {

base::Result<data::DateFormat> compile(const std::optional<std::string>& pattern) {
  if (pattern) return data::DateFormat::compile(*pattern);
  return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "timestamp.format");
}

class TimestampRouter final : public data::Transform {
 public:
  TimestampRouter(std::optional<std::string> topic_format, const std::optional<std::string>& timestamp_format)
      : topic_format_(std::move(topic_format)), timestamp_format_(compile(timestamp_format)) {}

  base::Status apply(const data::TransformContext& context, data::Batch& batch, data::RecordErrors& errors) override {
    routes_.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      data::Record& record = batch.record(i);
      if (!record.live()) continue;
      if (auto status = route(context, batch, record); !status) errors.fail(batch, i, std::move(status).error());
    }
    return {};
  }

 private:
  struct Route {
    std::int64_t period = 0;
    std::uint32_t topic = data::Batch::kNoIndex;  // kNoIndex: not known yet
  };

  base::Status route(const data::TransformContext& context, data::Batch& batch, data::Record& record) {
    if (record.timestamp_ms == SLUICE_NO_TIMESTAMP)
      return base::data_error("Timestamp missing on record: {}", record_text(context, batch, record));
    // A broken pattern is not seen before the first record, in Java either.
    if (!timestamp_format_) return base::fail(timestamp_format_.error());
    if (!topic_format_) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "topic.format");

    // Records of one topic and period go to the same place.
    if (record.topic >= routes_.size()) routes_.resize(record.topic + std::size_t{1});
    const std::int64_t period = timestamp_format_->period(record.timestamp_ms);
    Route& route = routes_[record.topic];
    if (route.topic == data::Batch::kNoIndex || route.period != period) {
      route = {period, topic_of(batch, record)};
      if (route.topic == data::Batch::kNoIndex) return out_of_memory();
    }
    record.topic = route.topic;
    return {};
  }

  std::uint32_t topic_of(data::Batch& batch, const data::Record& record) {
    timestamp_.clear();
    timestamp_format_->append(record.timestamp_ms, timestamp_);
    format_topic(*topic_format_, batch.topic(record), timestamp_, scratch_, topic_);
    return batch.topic_index(topic_);
  }

  const std::optional<std::string> topic_format_;
  const base::Result<data::DateFormat> timestamp_format_;
  std::vector<Route> routes_;  // by topic index of the batch at hand
  std::string timestamp_, scratch_, topic_;
};

}  // namespace

config::ConfigDef timestamp_router_config() {
  return config::ConfigDef(
      {topic_format_key(),
       config::optional_key("timestamp.format", config::Type::kString, "yyyyMMdd", config::Importance::kHigh,
                            "Format string for the timestamp that is compatible with "
                            "<code>java.text.SimpleDateFormat</code>.")});
}

base::Result<std::unique_ptr<data::Transform>> make_timestamp_router(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, timestamp_router_config().parse(config));
  return std::make_unique<TimestampRouter>(parsed.string_or_null("topic.format"),
                                           parsed.string_or_null("timestamp.format"));
}

}  // namespace sluice::smt
