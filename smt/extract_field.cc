#include "smt/extract_field.h"

#include <string>
#include <utility>

#include "smt/field_path.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "field extraction";

class ExtractField final : public data::RecordTransform {
 public:
  ExtractField(Side side, std::string text, FieldPath path, bool use_default)
      : side_(side), text_(std::move(text)), path_(std::move(path)), use_default_(use_default) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    const Value& value = side_value(record, side_);
    const Schema* schema = side_schema(batch, record, side_);
    if (schema == nullptr) {
      if (value.is_null()) return {};
      SLUICE_TRY(require_map(value, kPurpose));
      SLUICE_TRY_ASSIGN(const Value* field, path_.value_in_map(value));
      return set_side(batch, record, side_, nullptr, *field);
    }
    if (!value.is_null()) SLUICE_TRY(require_struct(value, kPurpose));
    SLUICE_TRY_ASSIGN(const auto* place, places_.get(schema, [&] { return path_.find(*schema); }));
    if (place->field == nullptr)
      return base::fail(base::Code::kBadRecord, base::exceptions::kIllegalArgument, "Unknown field: {}", text_);
    SLUICE_TRY_ASSIGN(const Value field, FieldPath::value_in(value, *place, use_default_));
    return set_side(batch, record, side_, &place->field->schema(), field);
  }

 private:
  const Side side_;
  const std::string text_;
  const FieldPath path_;
  const bool use_default_;
  PerSchema<FieldPath::Place> places_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, extract_field_config().parse(config));
  auto text = parsed.string_or_null("field");
  if (!text) return base::fail(base::Code::kInvalidConfig, base::exceptions::kNullPointer, "field");
  SLUICE_TRY_ASSIGN(auto path, FieldPath::parse(*text, field_syntax(parsed)));
  return std::make_unique<ExtractField>(side, std::move(*text), std::move(path),
                                        parsed.boolean("replace.null.with.default"));
}

}  // namespace

config::ConfigDef extract_field_config() {
  return config::ConfigDef(
      {config::required_key("field", config::Type::kString, config::Importance::kMedium, "Field name to extract."),
       replace_null_with_default_key(), field_syntax_version_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_extract_field_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_extract_field_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
