// Links: sluice::smt
// The first line is a JavaScript expression, the rest makes a record: it ends within its limits, whatever it does.
#include <cstdint>
#include <string_view>

#include "runtime/data/value_ops.h"
#include "smt/script_engine.h"
#include "tests/fuzz/random_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const std::size_t used = end == std::string_view::npos ? size : end + 1;
  sluice::smt::ScriptLimits limits;
  limits.cpu_time_max = std::chrono::milliseconds(50);
  limits.memory_bytes_max = std::size_t{4} << 20;
  auto engine = sluice::smt::ScriptEngine::compile(text.substr(0, end), limits);
  if (!engine) return 0;
  sluice::fuzz::Choices choices(data + used, size - used);
  sluice::data::SchemaPool pool;
  sluice::data::Batch batch(4 * 1024 * 1024);
  if (!batch.allocate_records(2)) return 0;
  sluice::fuzz::Maker maker(choices, batch, pool);
  const sluice::Schema* schemas[] = {nullptr, maker.schema(0)};
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    auto& record = batch.record(i);
    record.topic = batch.topic_index("t");
    const sluice::Schema* key = choices.pick(schemas);
    const sluice::Schema* value = choices.pick(schemas);
    record.key_schema = batch.schema_index(key);
    record.value_schema = batch.schema_index(value);
    record.key = key != nullptr ? maker.fitting(*key, 0) : maker.loose(0);
    record.value = value != nullptr ? maker.fitting(*value, 0) : maker.loose(0);
    const auto result = (*engine)->evaluate(batch, record);
    if (result) static_cast<void>(sluice::data::hash_value(result->value));  // reads all of it
  }
  return 0;
}
