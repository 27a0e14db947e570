#include "smt/outbox_event_router.h"

#include <utility>

#include "smt/outbox_router.h"

namespace sluice::smt {
namespace {

class OutboxEventRouter final : public data::RecordTransform {
 public:
  explicit OutboxEventRouter(OutboxOptions options) : router_(std::move(options)) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    return router_.apply(context, batch, record, nullptr);
  }

 private:
  OutboxRouter router_;
};

}  // namespace

base::Result<std::unique_ptr<data::Transform>> make_outbox_event_router(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(auto options, parse_event_router(config));
  return std::make_unique<OutboxEventRouter>(std::move(options));
}

}  // namespace sluice::smt
