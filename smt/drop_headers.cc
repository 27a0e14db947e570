#include "smt/drop_headers.h"

#include <algorithm>
#include <span>
#include <utility>

#include "smt/side.h"

namespace sluice::smt {
namespace {

class DropHeaders final : public data::RecordTransform {
 public:
  explicit DropHeaders(config::List names) : names_(std::move(names)) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    const std::span<const sluice_header> all(record.headers, record.header_count);
    const auto is_unwanted = [&](const sluice_header& header) { return unwanted(header); };
    const auto first = std::ranges::find_if(all, is_unwanted);
    if (first == all.end()) return {};
    auto* kept = arena_array<sluice_header>(batch.arena().c(), all.size() - 1);
    if (kept == nullptr) return out_of_memory();
    const auto* end = std::remove_copy_if(first + 1, all.end(), std::copy(all.begin(), first, kept), is_unwanted);
    record.headers = kept;
    record.header_count = static_cast<std::uint32_t>(end - kept);
    return {};
  }

 private:
  bool unwanted(const sluice_header& header) const {
    return std::find(names_.begin(), names_.end(), view(header.key)) != names_.end();
  }

  const config::List names_;
};

}  // namespace

config::ConfigDef drop_headers_config() {
  return config::ConfigDef({config::required_key("headers", config::Type::kList, config::Importance::kHigh,
                                                 "The name of the headers to be removed.")
                                .checked_by(config::list_without_duplicates(false, false))});
}

base::Result<std::unique_ptr<data::Transform>> make_drop_headers(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, drop_headers_config().parse(config));
  return std::make_unique<DropHeaders>(parsed.list("headers"));
}

}  // namespace sluice::smt
