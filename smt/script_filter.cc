#include "smt/script_filter.h"

#include <utility>

#include "smt/scripting.h"

namespace sluice::smt {
namespace {

class ScriptFilter final : public ScriptingTransform {
 public:
  explicit ScriptFilter(Settings settings) : ScriptingTransform(std::move(settings)) {}

 protected:
  base::Status act(data::Batch&, data::Record& record, const ScriptResult& result) override {
    if (!result.value.is(Kind::kBoolean)) return wrong_type(result, "Boolean");
    if (!result.value.boolean_value()) record.flags |= SLUICE_RECORD_DROP;
    return {};
  }
};

}  // namespace

config::ConfigDef script_filter_config() {
  return scripting_config("condition", "Filtering condition",
                          "An expression determining whether the record should be filtered out. When evaluated to true "
                          "the record is removed.");
}

base::Result<std::unique_ptr<data::Transform>> make_script_filter(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(auto settings, ScriptingTransform::configure(script_filter_config(), "condition", config));
  return std::make_unique<ScriptFilter>(std::move(settings));
}

}  // namespace sluice::smt
