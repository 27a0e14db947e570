#include "smt/regex_router.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/base/regex.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

constexpr std::size_t kTopicsMax = 10'000;

class RegexRouter final : public data::Transform {
 public:
  RegexRouter(base::Regex regex, std::optional<std::string> replacement)
      : regex_(std::move(regex)), replacement_(std::move(replacement)) {}

  // Routes each topic of the batch once.
  base::Status apply(const data::TransformContext&, data::Batch& batch, data::RecordErrors& errors) override {
    routes_.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      data::Record& record = batch.record(i);
      if (!record.live()) continue;
      if (record.topic >= routes_.size()) routes_.resize(record.topic + std::size_t{1});
      auto& route = routes_[record.topic];
      if (!route) route = route_of(batch, record);
      if (*route) {
        record.topic = **route;
      } else {
        errors.fail(batch, i, route->error());
      }
    }
    return {};
  }

 private:
  base::Result<std::uint32_t> route_of(data::Batch& batch, const data::Record& record) {
    topic_ = batch.topic(record);
    auto known = names_.find(topic_);
    if (known == names_.end()) {
      SLUICE_TRY_ASSIGN(auto name, new_name(topic_));
      if (names_.size() >= kTopicsMax) names_.clear();
      known = names_.emplace(topic_, std::move(name)).first;
    }
    if (!known->second) return record.topic;
    const std::uint32_t index = batch.topic_index(*known->second);
    if (index == data::Batch::kNoIndex) return out_of_memory();
    return index;
  }

  // Nothing: the topic stays as it is.
  base::Result<std::optional<std::string>> new_name(const std::string& topic) const {
    SLUICE_TRY_ASSIGN(const bool matches, regex_.matches(topic));
    if (!matches) return std::nullopt;
    if (!replacement_) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "replacement");
    return regex_.replace_first(topic, *replacement_);
  }

  const base::Regex regex_;
  const std::optional<std::string> replacement_;
  std::unordered_map<std::string, std::optional<std::string>> names_;  // new ones by topic, over all batches
  std::string topic_;
  std::vector<std::optional<base::Result<std::uint32_t>>> routes_;  // by topic index of the batch at hand
};

}  // namespace

config::ConfigDef regex_router_config() {
  return config::ConfigDef(
      {config::required_key("regex", config::Type::kString, config::Importance::kHigh,
                            "Regular expression to use for matching.")
           .checked_by(config::regex()),
       config::required_key("replacement", config::Type::kString, config::Importance::kHigh, "Replacement string.")});
}

base::Result<std::unique_ptr<data::Transform>> make_regex_router(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, regex_router_config().parse(config));
  SLUICE_TRY_ASSIGN(auto regex, base::Regex::compile(parsed.string("regex")));
  return std::make_unique<RegexRouter>(std::move(regex), parsed.string_or_null("replacement"));
}

}  // namespace sluice::smt
