#include "smt/regex_router.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/regex.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

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
  base::Result<std::uint32_t> route_of(data::Batch& batch, const data::Record& record) const {
    const std::string topic(batch.topic(record));
    SLUICE_TRY_ASSIGN(const bool matches, regex_.matches(topic));
    if (!matches) return record.topic;
    if (!replacement_) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "replacement");
    SLUICE_TRY_ASSIGN(const std::string renamed, regex_.replace_first(topic, *replacement_));
    const std::uint32_t index = batch.topic_index(renamed);
    if (index == data::Batch::kNoIndex) return out_of_memory();
    return index;
  }

  const base::Regex regex_;
  const std::optional<std::string> replacement_;
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
