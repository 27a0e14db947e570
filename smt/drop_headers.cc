#include "smt/drop_headers.h"

#include <cstdint>
#include <utility>

#include "runtime/base/strings.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

class DropHeaders final : public data::Transform {
 public:
  explicit DropHeaders(config::List names) : names_(std::move(names)) {}

  // Not a RecordTransform: the work on a record is little, and a call for each would be a good part of it.
  base::Status apply(const data::TransformContext& context, data::Batch& batch, data::RecordErrors& errors) override {
    data::change_each(batch, errors, [&](data::Record& record) { return apply_record(context, batch, record); });
    return {};
  }

 private:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) {
    const sluice_header* const all = record.headers;
    const std::uint32_t count = record.header_count;
    std::uint32_t first = 0;
    while (first < count && !unwanted(all[first])) ++first;
    if (first == count) return {};
    auto* const kept = arena_array<sluice_header>(batch.arena().c(), count - std::size_t{1});
    if (kept == nullptr) return out_of_memory();
    std::uint32_t kept_count = 0;
    for (; kept_count < first; ++kept_count) kept[kept_count] = all[kept_count];
    for (std::uint32_t i = first + 1; i < count; ++i)
      if (!unwanted(all[i])) kept[kept_count++] = all[i];
    record.headers = kept;
    record.header_count = kept_count;
    return {};
  }

  bool unwanted(const sluice_header& header) const {
    for (const std::string& name : names_)
      if (base::same_text(name, view(header.key))) return true;
    return false;
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
