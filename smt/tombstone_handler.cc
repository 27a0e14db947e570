#include "smt/tombstone_handler.h"

#include <string>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"

namespace sluice::smt {
namespace {

const base::Logger& log() {
  static const base::Logger kLog{"io.confluent.connect.transforms.TombstoneHandler"};
  return kLog;
}

enum class Behavior { kDropSilent, kDropWarn, kFail };

class TombstoneHandler final : public data::Transform {
 public:
  explicit TombstoneHandler(Behavior behavior) : behavior_(behavior) {}

  // One line of the log tells of all that a batch loses.
  base::Status apply(const data::TransformContext&, data::Batch& batch, data::RecordErrors& errors) override {
    std::size_t dropped = 0;
    std::string_view topic;
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      data::Record& record = batch.record(i);
      if (!record.live() || !record.value_value().is_null()) continue;
      if (behavior_ == Behavior::kFail) {
        errors.fail(batch, i,
                    base::Error(base::Code::kBadRecord, base::exceptions::kData,
                                fmt::format("A tombstone came from topic {}, and behavior is fail; set it to ignore or "
                                            "warn to drop tombstones",
                                            batch.topic(record))));
        continue;
      }
      record.flags |= SLUICE_RECORD_DROP;
      if (dropped++ == 0) topic = batch.topic(record);
    }
    if (dropped == 0) return {};
    if (behavior_ == Behavior::kDropWarn)
      log().warn("Dropped {} tombstone(s), the first one from topic {}", dropped, topic);
    else
      log().debug("Dropped {} tombstone(s), the first one from topic {}", dropped, topic);
    return {};
  }

 private:
  const Behavior behavior_;
};

}  // namespace

config::ConfigDef tombstone_handler_config() {
  return config::ConfigDef(
      {config::optional_key("behavior", config::Type::kString, "warn", config::Importance::kMedium,
                            "What becomes of a record without a value: <code>ignore</code> or <code>drop_silent</code> "
                            "drops it, <code>warn</code> or <code>drop_warn</code> drops it with a warning in the log, "
                            "<code>fail</code> fails.")
           .checked_by(config::one_of_ignoring_case({"ignore", "warn", "fail", "drop_silent", "drop_warn"}))});
}

base::Result<std::unique_ptr<data::Transform>> make_tombstone_handler(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, tombstone_handler_config().parse(config));
  const std::string name = base::to_lower_ascii(parsed.string("behavior"));
  if (name == "fail") return std::make_unique<TombstoneHandler>(Behavior::kFail);
  const bool warn = name == "warn" || name == "drop_warn";
  return std::make_unique<TombstoneHandler>(warn ? Behavior::kDropWarn : Behavior::kDropSilent);
}

}  // namespace sluice::smt
