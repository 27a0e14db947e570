#include "smt/debezium_header_to_value.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "smt/debezium_fields.h"
#include "smt/debezium_value_extension.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;

// How many combinations of headers are prepared for one schema of values; beyond them the oldest makes room.
constexpr std::size_t kVariantsMax = 64;

const DebeziumFields& config_fields() {
  static const DebeziumFields kFields(
      {debezium_field("headers", Type::kList, Importance::kHigh, "Header names list",
                      "The headers whose values go into the record's value.")
           .without_spaces()
           .without_empty_elements()
           .required(),
       debezium_field("fields", Type::kList, Importance::kHigh, "Field names list",
                      "The fields that take them, in the order of the headers; a dot leads into a struct.")
           .without_spaces()
           .without_empty_elements()
           .required(),
       debezium_field("operation", Type::kString, Importance::kHigh, "Operation: mover or copy",
                      "Whether to move the headers (they go) or to copy them (they stay).")
           .one_of({"move", "copy"})
           .required()});
  return kFields;
}

class HeaderToValue final : public data::RecordTransform {
 public:
  HeaderToValue(std::vector<std::string> headers, std::vector<std::string> fields, bool moves)
      : headers_(std::move(headers)), fields_(std::move(fields)), moves_(moves) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value& value = record.value_value();
    if (value.is_null()) return {};
    SLUICE_TRY(require_struct(value, "Header field insertion"));
    collect(record);
    if (entries_.empty()) return {};
    SLUICE_TRY_ASSIGN(const ValueExtension* extension, extension_of(*context.schemas, value.struct_schema()));
    SLUICE_TRY_ASSIGN(const Value extended, extension->apply(batch.arena().c(), value, values_));
    sluice_header* left = nullptr;
    if (moves_) {
      left = arena_array<sluice_header>(batch.arena().c(), record.header_count);
      if (left == nullptr) return out_of_memory();
    }
    SLUICE_TRY(set_side(batch, record, Side::kValue, extension->schema(), extended));
    if (moves_) remove_headers(record, left);
    return {};
  }

 private:
  // A header of the record that is wanted: where it goes, and its schema.
  struct Entry {
    std::size_t field = 0;
    const Schema* schema = nullptr;
    bool operator==(const Entry&) const = default;
  };
  struct Variant {
    std::vector<Entry> entries;
    ValueExtension extension;
  };
  struct Variants {
    mutable std::vector<Variant> all;
    mutable std::size_t next_out = 0;
  };

  std::optional<std::size_t> wanted(const sluice_header& header) const {
    const auto found = std::find(headers_.begin(), headers_.end(), view(header.key));
    if (found == headers_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - headers_.begin());
  }

  void collect(const data::Record& record) {
    entries_.clear();
    values_.clear();
    for (std::uint32_t i = 0; i < record.header_count; ++i) {
      const sluice_header& header = record.headers[i];
      const auto field = wanted(header);
      if (!field) continue;
      entries_.push_back({*field, static_cast<const Schema*>(header.schema)});
      values_.emplace_back(header.value);
    }
  }

  base::Result<const ValueExtension*> extension_of(data::SchemaPool& pool, const Schema& schema) {
    SLUICE_TRY_ASSIGN(const Variants* variants,
                      variants_.get(&schema, [] { return base::Result<Variants>(Variants()); }));
    auto& all = variants->all;
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const Variant& variant) { return variant.entries == entries_; });
    if (known != all.end()) return &known->extension;
    std::vector<NewEntry> entries;
    for (const Entry& entry : entries_) entries.push_back({fields_[entry.field], entry.schema});
    SLUICE_TRY_ASSIGN(auto extension, ValueExtension::prepare(pool, schema, entries));
    Variant variant{entries_, std::move(extension)};
    if (all.size() < kVariantsMax) {
      all.push_back(std::move(variant));
      return &all.back().extension;
    }
    Variant& out = all[variants->next_out++ % kVariantsMax];
    out = std::move(variant);
    return &out.extension;
  }

  void remove_headers(data::Record& record, sluice_header* left) const {
    const auto* end = std::copy_if(record.headers, record.headers + record.header_count, left,
                                   [&](const sluice_header& header) { return !wanted(header); });
    record.headers = left;
    record.header_count = static_cast<std::uint32_t>(end - left);
  }

  const std::vector<std::string> headers_;
  const std::vector<std::string> fields_;
  const bool moves_;
  PerSchema<Variants> variants_;
  std::vector<Entry> entries_;  // of the record at hand
  std::vector<Value> values_;
};

}  // namespace

config::ConfigDef header_to_value_config() {
  return config_fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_header_to_value(const config::ConfigMap& config) {
  const DebeziumFields& known = config_fields();
  SLUICE_TRY(known.validate(config));
  auto headers = known.list(config, "headers");
  auto fields = known.list(config, "fields");
  if (headers.size() != fields.size())
    return base::config_error("'fields' config must have the same number of elements as 'headers' config.");
  const bool moves =
      base::equals_ignore_case_ascii(base::java_trim(known.text(config, "operation").value_or("")), "move");
  return std::make_unique<HeaderToValue>(std::move(headers), std::move(fields), moves);
}

}  // namespace sluice::smt
