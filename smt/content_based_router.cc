#include "smt/content_based_router.h"

#include <utility>

#include "smt/scripting.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

class ContentBasedRouter final : public ScriptingTransform {
 public:
  explicit ContentBasedRouter(Settings settings) : ScriptingTransform(std::move(settings)) {}

 protected:
  base::Status act(data::Batch& batch, data::Record& record, const ScriptResult& result) override {
    if (result.value.is_null()) return {};
    if (result.other || !result.value.is(Kind::kString)) return wrong_type(result, "String");
    const std::uint32_t index = batch.topic_index(result.value.text());
    if (index == data::Batch::kNoIndex) return out_of_memory();
    record.topic = index;
    return {};
  }
};

}  // namespace

config::ConfigDef content_based_router_config() {
  return scripting_config("topic.expression", "Topic name expression",
                          "An expression determining the new name of the topic the record should use. When null the "
                          "record is delivered to the original topic.");
}

base::Result<std::unique_ptr<data::Transform>> make_content_based_router(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(auto settings,
                    ScriptingTransform::configure(content_based_router_config(), "topic.expression", config));
  return std::make_unique<ContentBasedRouter>(std::move(settings));
}

}  // namespace sluice::smt
