#include "smt/debezium_extract_changed_record_state.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/data/value_ops.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_fields.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;
using config::Width;

const DebeziumFields& config_fields() {
  static const DebeziumFields kFields(
      {debezium_field("header.changed.name", Type::kString, Importance::kLow, "Header change name.",
                      "The header that lists the changed fields; none by default.")
           .width(Width::kLong),
       debezium_field("header.unchanged.name", Type::kString, Importance::kLow, "Header unchanged name.",
                      "The header that lists the unchanged fields; none by default.")
           .width(Width::kLong)});
  return kFields;
}

// A byte[] of Java equals itself alone, so a row read anew never equals the old one in such a field, nor in a list or
// map of them. A ByteBuffer is compared by content, and a struct compares its byte[] so too.
bool holds_byte_array(const Value& value) {
  if (value.is(Kind::kBytes)) return (value.flags & SLUICE_VALUE_BUFFER) == 0;
  if (!value.is(Kind::kArray) && !value.is(Kind::kMap)) return false;
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(), holds_byte_array);
}

bool is_unchanged(const Value& after, const Value& before) {
  if (after.kind() != before.kind()) return false;
  // What most columns hold.
  if (after.is(Kind::kString)) return base::same_text(after.text(), before.text());
  if (after.is_integer() || after.is(Kind::kBoolean)) return after.i64() == before.i64();
  if (after.is_null()) return true;
  if (after.is(Kind::kFloat64) &&
      std::bit_cast<std::uint64_t>(after.f64()) == std::bit_cast<std::uint64_t>(before.f64()))
    return true;
  return data::values_equal(after, before) && !holds_byte_array(after) && !holds_byte_array(before);
}

class ExtractChangedRecordState final : public data::Transform {
 public:
  ExtractChangedRecordState(std::string changed, std::string unchanged)
      : headers_{Header{std::move(changed)}, Header{std::move(unchanged)}} {}

  // Not a RecordTransform: the work on a record is little, and a call for each would be a good part of it.
  base::Status apply(const data::TransformContext& context, data::Batch& batch, data::RecordErrors& errors) override {
    data::change_each(batch, errors, [&](data::Record& record) { return apply_record(context, batch, record); });
    return {};
  }

 private:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) {
    const Value& event = record.value_value();
    if (event.is_null() || !is_envelope(batch.value_schema(record))) return {};
    SLUICE_TRY(require_struct(event, "Record value should be struct."));
    const Schema& envelope = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* rows, rows_.get(&envelope, [&] { return find_rows(envelope); }));
    const Value after = field_value(event, envelope, rows->after, true);
    const Value before = field_value(event, envelope, rows->before, true);
    sluice_arena* arena = batch.arena().c();
    Names changed;
    Names unchanged;
    if (!after.is_null() && !before.is_null()) SLUICE_TRY(compare(arena, after, before, changed, unchanged));
    return add_headers(*context.schemas, arena, {changed, unchanged}, record);
  }

  struct Rows {
    std::size_t after;
    std::size_t before;
  };
  struct Names {
    sluice_value* names = nullptr;
    std::size_t count = 0;
    void add(const Value& name) { names[count++] = name; }
  };
  struct Header {
    std::string name;  // blank: no such header
    const Schema* schema = nullptr;
  };

  static base::Result<Rows> find_rows(const Schema& envelope) {
    SLUICE_TRY_ASSIGN(const std::size_t after, named_field(envelope, "after"));
    SLUICE_TRY_ASSIGN(const std::size_t before, named_field(envelope, "before"));
    return Rows{after, before};
  }

  base::Status compare(sluice_arena* arena, const Value& after, const Value& before, Names& changed, Names& unchanged) {
    SLUICE_TRY(require_struct(after, "After value should be struct."));
    SLUICE_TRY(require_struct(before, "Before value should be struct."));
    const Schema& schema = after.struct_schema();
    const bool same_schema = &before.struct_schema() == &schema;
    changed.names = arena_array<sluice_value>(arena, schema.field_count);
    unchanged.names = arena_array<sluice_value>(arena, schema.field_count);
    if (changed.names == nullptr || unchanged.names == nullptr) return out_of_memory();
    SLUICE_TRY_ASSIGN(const auto* names, names_.get(&schema, [&] { return names_of(schema); }));
    const auto new_values = after.items();
    const auto old_values = before.items();
    for (std::size_t i = 0; i < schema.field_count; ++i) {
      std::size_t old = i;
      if (!same_schema) {
        SLUICE_TRY_ASSIGN(old, named_field(before.struct_schema(), schema.fields()[i].name()));
      }
      (is_unchanged(new_values[i], old_values[old]) ? unchanged : changed).add((*names)[i]);
    }
    return {};
  }

  static base::Result<std::vector<Value>> names_of(const Schema& schema) {
    std::vector<Value> names;
    for (const Field& field : schema.fields()) names.push_back(Value::string(field.name()));
    return names;
  }

  // The headers come even where nothing was compared, so that what reads them finds them on every event.
  base::Status add_headers(data::SchemaPool& pool, sluice_arena* arena, const std::array<Names, 2>& names,
                           data::Record& record) {
    auto* headers = arena_array<sluice_header>(arena, record.header_count + names.size());
    if (headers == nullptr) return out_of_memory();
    std::copy_n(record.headers, record.header_count, headers);
    std::uint32_t count = record.header_count;
    for (std::size_t i = 0; i < names.size(); ++i) {
      Header& header = headers_[i];
      if (is_blank(header.name)) continue;
      if (header.schema == nullptr) {
        SLUICE_TRY_ASSIGN(
            header.schema,
            data::SchemaBuilder::array(pool.primitive(Kind::kString, true)).optional().name(header.name).build(pool));
      }
      headers[count++] = {str(header.name), header.schema, Value::array(names[i].names, names[i].count)};
    }
    record.headers = headers;
    record.header_count = count;
    return {};
  }

  std::array<Header, 2> headers_;
  PerSchema<Rows> rows_;
  PerSchema<std::vector<Value>> names_;
};

}  // namespace

config::ConfigDef extract_changed_record_state_config() {
  return config_fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_extract_changed_record_state(const config::ConfigMap& config) {
  return std::make_unique<ExtractChangedRecordState>(config.get_or("header.changed.name", ""),
                                                     config.get_or("header.unchanged.name", ""));
}

}  // namespace sluice::smt
