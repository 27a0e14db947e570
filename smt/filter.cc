#include "smt/filter.h"

namespace sluice::smt {
namespace {

class Filter final : public data::Transform {
 public:
  base::Status apply(const data::TransformContext&, data::Batch& batch, data::RecordErrors&) override {
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      if (data::Record& record = batch.record(i); record.live()) record.flags |= SLUICE_RECORD_DROP;
    return {};
  }
};

}  // namespace

config::ConfigDef filter_config() {
  return {};
}

base::Result<std::unique_ptr<data::Transform>> make_filter(const config::ConfigMap&) {
  return std::make_unique<Filter>();
}

}  // namespace sluice::smt
