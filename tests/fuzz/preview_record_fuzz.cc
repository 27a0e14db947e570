// Sample records of previews: whatever comes is refused or read, and what is written of it reads back as itself.
// Links: sluice::task

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/task/preview_record.h"

namespace sluice::task {
namespace {

constexpr std::size_t kMemoryBytesMax = std::size_t{16} << 20;

// The text of the record that `json` is; empty: refused.
std::string written(std::string_view json, std::size_t* notes) {
  data::SchemaPool schemas;
  data::Batch batch(kMemoryBytesMax);
  PreviewNotation notation(schemas, true);
  SLUICE_ASSERT(batch.allocate_records(1));
  const auto read = notation.read(json, "records[0]", batch, batch.record(0));
  if (!read) {
    SLUICE_ASSERT(read.error().message().starts_with("records[0]: "));
    return {};
  }
  std::vector<std::string> remarks;
  const PreviewRecord record = notation.write(batch, batch.record(0), remarks);
  *notes = remarks.size();
  return record_json(record);
}

}  // namespace
}  // namespace sluice::task

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t notes = 0;
  const std::string once = sluice::task::written({reinterpret_cast<const char*>(data), size}, &notes);
  if (once.empty() || notes > 0) return 0;  // shown as text: not the same value any more
  const std::string twice = sluice::task::written(once, &notes);
  SLUICE_ASSERT(once == twice);
  return 0;
}
