#include "smt/predicates.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/regex.h"

namespace sluice::smt {
namespace {

class HasHeaderKey final : public data::RecordPredicate {
 public:
  explicit HasHeaderKey(std::optional<std::string> name) : name_(std::move(name)) {}

 protected:
  base::Result<bool> test_record(const data::TransformContext&, data::Batch&, const data::Record& record) override {
    if (!name_) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "Header key cannot be null");
    return std::any_of(record.headers, record.headers + record.header_count,
                       [&](const sluice_header& header) { return view(header.key) == *name_; });
  }

 private:
  const std::optional<std::string> name_;
};

class RecordIsTombstone final : public data::RecordPredicate {
 protected:
  base::Result<bool> test_record(const data::TransformContext&, data::Batch&, const data::Record& record) override {
    return record.value_value().is_null();
  }
};

// Looks at each topic of a batch once.
class TopicNameMatches final : public data::Predicate {
 public:
  explicit TopicNameMatches(base::Regex pattern) : pattern_(std::move(pattern)) {}

  base::Status test(const data::TransformContext&, data::Batch& batch, std::span<std::uint64_t> matches,
                    data::RecordErrors& errors) override {
    known_.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      const data::Record& record = batch.record(i);
      if (!record.live()) continue;
      if (record.topic >= known_.size()) known_.resize(record.topic + std::size_t{1});
      auto& known = known_[record.topic];
      if (!known) known = pattern_.matches(batch.topic(record));
      if (!*known) {
        errors.fail(batch, i, known->error());
      } else if (**known) {
        matches[i / 64] |= std::uint64_t{1} << (i % 64);
      }
    }
    return {};
  }

 private:
  const base::Regex pattern_;
  std::vector<std::optional<base::Result<bool>>> known_;  // by topic index of the batch at hand
};

}  // namespace

config::ConfigDef has_header_key_config() {
  return config::ConfigDef(
      {config::required_key("name", config::Type::kString, config::Importance::kMedium, "The header name.")
           .checked_by(config::non_empty_string())});
}

base::Result<std::unique_ptr<data::Predicate>> make_has_header_key(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, has_header_key_config().parse(config));
  return std::make_unique<HasHeaderKey>(parsed.string_or_null("name"));
}

config::ConfigDef record_is_tombstone_config() {
  return {};
}

base::Result<std::unique_ptr<data::Predicate>> make_record_is_tombstone(const config::ConfigMap&) {
  return std::make_unique<RecordIsTombstone>();
}

config::ConfigDef topic_name_matches_config() {
  return config::ConfigDef(
      {config::required_key("pattern", config::Type::kString, config::Importance::kMedium,
                            "A Java regular expression for matching against the name of a record's topic.")
           .checked_by(config::all_of({config::non_empty_string(), config::regex()}))});
}

base::Result<std::unique_ptr<data::Predicate>> make_topic_name_matches(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, topic_name_matches_config().parse(config));
  SLUICE_TRY_ASSIGN(auto pattern, base::Regex::compile(parsed.string("pattern")));
  return std::make_unique<TopicNameMatches>(std::move(pattern));
}

}  // namespace sluice::smt
