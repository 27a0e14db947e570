#include "smt/insert_header.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "runtime/data/arena.h"
#include "runtime/data/values_parser.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

class InsertHeader final : public data::RecordTransform {
 public:
  InsertHeader(std::string header, std::string literal) : header_(std::move(header)), literal_(std::move(literal)) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    if (!parsed_) {
      SLUICE_TRY_ASSIGN(parsed_, data::parse_values_text({literal_arena_.c(), context.schemas}, literal_));
    }
    auto* headers = arena_array<sluice_header>(batch.arena().c(), record.header_count + std::size_t{1});
    if (headers == nullptr) return out_of_memory();
    std::copy_n(record.headers, record.header_count, headers);
    headers[record.header_count] = {str(header_), parsed_->schema, parsed_->value};
    record.headers = headers;
    ++record.header_count;
    return {};
  }

 private:
  const std::string header_;
  const std::string literal_;
  data::Arena literal_arena_;  // of the parsed value, which lives as long as this
  std::optional<data::SchemaAndValue> parsed_;
};

}  // namespace

config::ConfigDef insert_header_config() {
  return config::ConfigDef(
      {config::required_key("header", config::Type::kString, config::Importance::kHigh, "The name of the header.")
           .checked_by(config::non_null()),
       config::required_key("value.literal", config::Type::kString, config::Importance::kHigh,
                            "The literal value that is to be set as the header value on all records.")
           .checked_by(config::non_null())});
}

base::Result<std::unique_ptr<data::Transform>> make_insert_header(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, insert_header_config().parse(config));
  return std::make_unique<InsertHeader>(parsed.string("header"), parsed.string("value.literal"));
}

}  // namespace sluice::smt
