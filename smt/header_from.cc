#include "smt/header_from.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "runtime/data/value_text.h"
#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

struct Options {
  config::List fields;
  config::List headers;
  bool move = false;
  bool use_default = true;
};

class HeaderFrom final : public data::RecordTransform {
 public:
  HeaderFrom(Side side, Options options)
      : side_(side), options_(std::move(options)), purpose_(options_.move ? "header move" : "header copy") {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const std::size_t count = record.header_count + options_.fields.size();
    auto* headers = arena_array<sluice_header>(batch.arena().c(), count);
    if (headers == nullptr) return out_of_memory();
    std::copy_n(record.headers, record.header_count, headers);
    sluice_header* added = headers + record.header_count;
    const Schema* schema = side_schema(batch, record, side_);
    if (schema == nullptr)
      SLUICE_TRY(take_from_map(batch, record, added));
    else
      SLUICE_TRY(take_from_struct(context, batch, record, *schema, added));
    record.headers = headers;
    record.header_count = static_cast<std::uint32_t>(count);
    return {};
  }

 private:
  struct Plan {
    const Schema* rest = nullptr;           // what a move leaves
    std::vector<std::size_t> rest_sources;  // by its fields
    std::vector<int> sources;               // by header; -1: there is no such field
  };

  base::Status take_from_map(data::Batch& batch, data::Record& record, sluice_header* added) const {
    const Value value = side_value(record, side_);
    SLUICE_TRY(require_map(value, purpose_));
    for (std::size_t i = 0; i < options_.fields.size(); ++i)
      added[i] = {str(options_.headers[i]), nullptr, map_value(value, options_.fields[i])};
    if (!options_.move) return {};
    SLUICE_TRY_ASSIGN(auto rest, MapEdit::copy(batch.arena().c(), value, 0));
    for (const auto& field : options_.fields) rest.remove(field);
    return set_side(batch, record, side_, nullptr, rest.map());
  }

  base::Status take_from_struct(const data::TransformContext& context, data::Batch& batch, data::Record& record,
                                const Schema& schema, sluice_header* added) {
    const Value value = side_value(record, side_);
    SLUICE_TRY(require_struct(value, purpose_));
    SLUICE_TRY(require_fields_of(value, schema));
    SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&schema, [&] { return prepare(*context.schemas, schema); }));
    sluice_struct* rest = nullptr;
    if (options_.move) {
      rest = unset_struct(batch.arena().c(), plan->rest);
      if (rest == nullptr) return out_of_memory();
      const auto values = value.items();
      for (std::size_t i = 0; i < plan->rest_sources.size(); ++i)
        SLUICE_TRY(
            put_copied(plan->rest->fields()[i], values[plan->rest_sources[i]], options_.use_default, rest->fields[i]));
    }
    for (std::size_t i = 0; i < plan->sources.size(); ++i) SLUICE_TRY(add_header(value, schema, *plan, i, added[i]));
    if (!options_.move) return {};
    return set_side(batch, record, side_, plan->rest, struct_value(rest));
  }

  base::Status add_header(const Value& value, const Schema& schema, const Plan& plan, std::size_t i,
                          sluice_header& header) const {
    if (plan.sources[i] < 0)
      return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer,
                        "Cannot invoke \"org.apache.kafka.connect.data.Field.schema()\" because the return value of "
                        "\"org.apache.kafka.connect.data.Schema.field(String)\" is null");
    const auto source = static_cast<std::size_t>(plan.sources[i]);
    const Schema& type = schema.fields()[source].schema();
    const Value field = field_value(value, schema, source, options_.use_default);
    if (field.is_null() && !type.optional())
      return base::data_error("A null value requires an optional schema but was {}", data::schema_text(type));
    header = {str(options_.headers[i]), &type, field};
    return {};
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& schema) const {
    SLUICE_TRY(require_struct_type(schema));
    Plan plan;
    auto builder = struct_like(schema);
    for (std::size_t i = 0; i < schema.field_count; ++i) {
      const Field& field = schema.fields()[i];
      if (std::find(options_.fields.begin(), options_.fields.end(), field.name()) != options_.fields.end()) continue;
      builder.field(field.name(), &field.schema());
      plan.rest_sources.push_back(i);
    }
    SLUICE_TRY_ASSIGN(plan.rest, builder.build(pool));
    for (const auto& field : options_.fields) plan.sources.push_back(schema.field_index(field));
    return plan;
  }

  const Side side_;
  const Options options_;
  const std::string_view purpose_;
  PerSchema<Plan> plans_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, header_from_config().parse(config));
  Options options{parsed.list("fields"), parsed.list("headers"), parsed.string("operation") == "move",
                  parsed.boolean("replace.null.with.default")};
  if (options.headers.size() != options.fields.size())
    return base::config_error("'fields' config must have the same number of elements as 'headers' config.");
  return std::make_unique<HeaderFrom>(side, std::move(options));
}

}  // namespace

config::ConfigDef header_from_config() {
  return config::ConfigDef(
      {config::required_key("fields", config::Type::kList, config::Importance::kHigh,
                            "Field names in the record whose values are to be copied or moved to headers.")
           .checked_by(non_empty_list()),
       config::required_key("headers", config::Type::kList, config::Importance::kHigh,
                            "Header names, in the same order as the field names listed in the fields configuration "
                            "property.")
           .checked_by(non_empty_list()),
       config::required_key("operation", config::Type::kString, config::Importance::kHigh,
                            "Either <code>move</code> if the fields are to be moved to the headers (removed from the "
                            "key/value), or <code>copy</code> if the fields are to be copied to the headers (retained "
                            "in the key/value).")
           .checked_by(config::one_of({"move", "copy"})),
       replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_header_from_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_header_from_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
