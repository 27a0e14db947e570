// Links: sluice::smt
// A document of a Mapping, then, behind a line "---", what makes a record: documents that are read map every record, or
// fail for it.
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/data/value_ops.h"
#include "smt/builtin.h"
#include "tests/fuzz/random_records.h"

namespace {

class Failures final : public sluice::data::RecordErrors {
 public:
  void fail(sluice::data::Batch& batch, std::uint32_t index, sluice::base::Error) override {
    batch.record(index).flags |= SLUICE_RECORD_FAILED;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find("\n---\n");
  const std::size_t used = end == std::string_view::npos ? size : end + 5;
  sluice::config::ConfigMap config;
  config.set("mapping.inline", std::string(text.substr(0, end)));
  for (const auto& transform : sluice::smt::builtin_transforms()) {
    if (!transform.class_name.ends_with("Mapping$Value")) continue;
    auto made = transform.create(config);
    if (!made) return 0;
    sluice::fuzz::Choices choices(data + used, size - used);
    sluice::data::SchemaPool pool;
    sluice::data::Batch batch(4 * 1024 * 1024);
    SLUICE_ASSERT(batch.allocate_records(3));
    sluice::fuzz::Maker maker(choices, batch, pool);
    const sluice::Schema* schema = choices.one_in(2) ? maker.schema(0) : nullptr;
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      auto& record = batch.record(i);
      record.topic = batch.topic_index("t");
      record.value_schema = batch.schema_index(schema);
      record.value = schema != nullptr ? maker.fitting(*schema, 0) : maker.loose(0);
    }
    Failures failures;
    SLUICE_ASSERT((*made)->apply({&pool, false}, batch, failures).has_value());
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      static_cast<void>(sluice::data::hash_value(batch.record(i).value_value()));  // reads all of it
  }
  return 0;
}
