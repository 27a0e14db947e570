#include "smt/condition_filter.h"

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "smt/json_path.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

enum class MissingBehavior { kFail, kInclude, kExclude };

class ConditionFilter final : public data::RecordTransform {
 public:
  ConditionFilter(Side side, JsonPath condition, bool include, MissingBehavior missing)
      : side_(side), condition_(std::move(condition)), include_(include), missing_(missing) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    SLUICE_TRY_ASSIGN(const bool there,
                      condition_.evaluate({side_schema(batch, record, side_), side_value(record, side_)}, found_));
    // A path to one value asks for something that is not null.
    const bool missing = !there || (condition_.definite() && found_.front().value.is_null());
    if (missing && missing_ == MissingBehavior::kFail)
      return base::data_error(
          "The condition {} needs a field that is missing or null in the record's {}; set missing.or.null.behavior to "
          "include or exclude to let such records pass or drop them",
          condition_.text(), side_ == Side::kKey ? "key" : "value");
    const bool keep = missing ? missing_ == MissingBehavior::kInclude : !found_.empty() == include_;
    if (!keep) record.flags |= SLUICE_RECORD_DROP;
    return {};
  }

 private:
  const Side side_;
  const JsonPath condition_;
  const bool include_;
  const MissingBehavior missing_;
  std::vector<data::SchemaAndValue> found_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, condition_filter_config().parse(config));
  SLUICE_TRY_ASSIGN(auto condition, JsonPath::compile(parsed.string("filter.condition")));
  const std::string missing = base::to_lower_ascii(parsed.string("missing.or.null.behavior"));
  return std::make_unique<ConditionFilter>(side, std::move(condition),
                                           base::equals_ignore_case_ascii(parsed.string("filter.type"), "include"),
                                           missing == "include"   ? MissingBehavior::kInclude
                                           : missing == "exclude" ? MissingBehavior::kExclude
                                                                  : MissingBehavior::kFail);
}

config::Validator valid_path() {
  return config::Validator(
      [](std::string_view name, const config::Value& value) -> base::Status {
        const auto* text = std::get_if<std::string>(&value);
        if (text == nullptr) return base::fail(config::invalid_value(name, value, "entry must be non null"));
        if (const auto path = JsonPath::compile(*text); !path)
          return base::fail(config::invalid_value(name, value, path.error().message()));
        return {};
      },
      "a JSONPath");
}

}  // namespace

config::ConfigDef condition_filter_config() {
  return config::ConfigDef(
      {config::required_key("filter.condition", config::Type::kString, config::Importance::kHigh,
                            "The JSONPath that finds something in the records to include or exclude.")
           .checked_by(valid_path()),
       config::required_key("filter.type", config::Type::kString, config::Importance::kHigh,
                            "Whether records that match the condition are kept (<code>include</code>) or dropped "
                            "(<code>exclude</code>).")
           .checked_by(config::one_of_ignoring_case({"include", "exclude"})),
       config::optional_key("missing.or.null.behavior", config::Type::kString, "fail", config::Importance::kMedium,
                            "What becomes of a record in which the way to what the condition tests is missing or null: "
                            "<code>fail</code>, <code>include</code> or <code>exclude</code>.")
           .checked_by(config::one_of_ignoring_case({"fail", "include", "exclude"}))});
}

base::Result<std::unique_ptr<data::Transform>> make_condition_filter_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_condition_filter_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
