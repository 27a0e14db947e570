#include "smt/debezium_extract_schema_to_new_record.h"

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/base/java_number.h"
#include "runtime/data/arena.h"
#include "runtime/data/check_value.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_schema_names.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

enum Column { kName, kTypeName, kLength, kScale, kComment };

// The schemas of the block, from the inside out.
struct BlockSchemas {
  const Schema* column = nullptr;
  const Schema* table = nullptr;
  const Schema* block = nullptr;
};

base::Result<BlockSchemas> make_block_schemas(data::SchemaPool& pool, SchemaNameAdjustment mode) {
  BlockSchemas schemas;
  const Schema* optional_int = pool.primitive(Kind::kInt32, true);
  SLUICE_TRY_ASSIGN(schemas.column, data::SchemaBuilder::structure()
                                        .name(adjust_schema_name(mode, "io.debezium.connector.source.schema.Column"))
                                        .version(1)
                                        .field("name", pool.string())
                                        .field("typeName", pool.string())
                                        .field("length", optional_int)
                                        .field("scale", optional_int)
                                        .field("comment", pool.primitive(Kind::kString, true))
                                        .build(pool));
  SLUICE_TRY_ASSIGN(const Schema* columns, data::SchemaBuilder::array(schemas.column).build(pool));
  SLUICE_TRY_ASSIGN(schemas.table, data::SchemaBuilder::structure()
                                       .name("io.debezium.connector.source.schema.Table")
                                       .version(1)
                                       .field("columns", columns)
                                       .build(pool));
  SLUICE_TRY_ASSIGN(schemas.block, data::SchemaBuilder::structure()
                                       .name(adjust_schema_name(mode, "io.debezium.connector.source.Schema"))
                                       .version(1)
                                       .field("id", pool.string())
                                       .field("table", schemas.table)
                                       .build(pool));
  return schemas;
}

base::Status put_number(std::string_view text, sluice_value& out) {
  if (text.data() == nullptr) return {};
  const auto number = base::parse_java_integer(text, std::numeric_limits<std::int32_t>::min(),
                                               std::numeric_limits<std::int32_t>::max());
  if (!number)
    return base::fail(base::Code::kBadRecord, base::exceptions::kNumberFormat, "For input string: \"{}\"", text);
  out = Value::int32(static_cast<std::int32_t>(*number));
  return {};
}

class ExtractSchemaToNewRecord final : public data::RecordTransform {
 public:
  explicit ExtractSchemaToNewRecord(SchemaNameAdjustment mode) : mode_(mode) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value& event = record.value_value();
    if (event.is_null() || !is_envelope(batch.value_schema(record))) return {};
    SLUICE_TRY(require_struct(event, "field extraction"));
    const Schema& old = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* rows, rows_.get(&old, [&] { return find_rows(old); }));
    if (field_value(event, old, rows->after, true).is_null() && field_value(event, old, rows->before, true).is_null())
      return {};
    SLUICE_TRY_ASSIGN(const Value table, table_name(event, old));
    if (schemas_.block == nullptr) {
      SLUICE_TRY_ASSIGN(schemas_, make_block_schemas(*context.schemas, mode_));
    }
    SLUICE_TRY(data::check_field(schemas_.block->fields()[0], table));
    SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&old, [&] { return prepare(*context.schemas, old, rows->after); }));
    sluice_arena* arena = batch.arena().c();
    SLUICE_TRY_ASSIGN(sluice_struct* const block, new_struct(arena, schemas_.block));
    block->fields[0] = table;
    block->fields[1] = plan->table;
    SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(arena, plan->schema));
    for (std::size_t i = 0; i < old.field_count; ++i) fields->fields[i] = field_value(event, old, i, true);
    fields->fields[old.field_count] = struct_value(block);
    return set_side(batch, record, Side::kValue, plan->schema, struct_value(fields));
  }

 private:
  struct Rows {
    std::size_t after;
    std::size_t before;
  };
  struct Plan {
    const Schema* schema = nullptr;       // the envelope with the block
    std::unique_ptr<data::Arena> memory;  // of the table
    Value table;
  };

  static base::Result<Rows> find_rows(const Schema& envelope) {
    SLUICE_TRY_ASSIGN(const std::size_t after, extracted_field(envelope, "after"));
    SLUICE_TRY_ASSIGN(const std::size_t before, extracted_field(envelope, "before"));
    return Rows{after, before};
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& envelope, std::size_t after) const {
    Plan plan;
    SLUICE_TRY_ASSIGN(plan.schema, struct_with_fields_of(envelope)
                                       .optional(envelope.optional())
                                       .field("sourceSchema", schemas_.block)
                                       .build(pool));
    plan.memory = std::make_unique<data::Arena>();
    SLUICE_TRY_ASSIGN(plan.table, describe(plan.memory->c(), envelope.fields()[after].schema()));
    return plan;
  }

  base::Result<Value> describe(sluice_arena* arena, const Schema& row) const {
    SLUICE_TRY(require_struct_type(row));
    auto* columns = arena_array<sluice_value>(arena, row.field_count);
    if (columns == nullptr) return out_of_memory();
    for (std::size_t i = 0; i < row.field_count; ++i) {
      SLUICE_TRY_ASSIGN(columns[i], describe_column(arena, row.fields()[i].schema()));
    }
    SLUICE_TRY_ASSIGN(sluice_struct* const table, new_struct(arena, schemas_.table));
    table->fields[0] = Value::array(columns, row.field_count);
    return struct_value(table);
  }

  base::Result<Value> describe_column(sluice_arena* arena, const Schema& schema) const {
    const auto name = schema.parameter("__debezium.source.column.name");
    const auto type = schema.parameter("__debezium.source.column.type");
    if (name.data() == nullptr || type.data() == nullptr)
      return base::fail(base::Code::kBadRecord, kDebeziumException,
                        "Ensure that enable configurations \"column.propagate.source.type\" or "
                        "\"datatype.propagate.source.type\" and the value is set to \".*\"");
    SLUICE_TRY_ASSIGN(sluice_struct* const column, new_struct(arena, schemas_.column));
    column->fields[kName] = Value::string(name);
    column->fields[kTypeName] = Value::string(type);
    SLUICE_TRY(put_number(schema.parameter("__debezium.source.column.length"), column->fields[kLength]));
    SLUICE_TRY(put_number(schema.parameter("__debezium.source.column.scale"), column->fields[kScale]));
    const auto comment = schema.parameter("__debezium.source.column.comment");
    if (comment.data() != nullptr) column->fields[kComment] = Value::string(comment);
    return struct_value(column);
  }

  // Of this record; Java keeps that of the schema's first record.
  base::Result<Value> table_name(const Value& event, const Schema& envelope) {
    SLUICE_TRY_ASSIGN(const auto* position, sources_.get(&envelope, [&] { return named_field(envelope, "source"); }));
    const Value source = field_value(event, envelope, *position, true);
    if (source.is_null())
      return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "The event has no source");
    if (!source.is(Kind::kStruct))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "The source of the event is no struct");
    const Schema& schema = source.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* table, tables_.get(&schema, [&] { return named_field(schema, "table"); }));
    return field_value(source, schema, *table, true);
  }

  const SchemaNameAdjustment mode_;
  BlockSchemas schemas_;
  PerSchema<Rows> rows_;
  PerSchema<Plan> plans_;
  PerSchema<std::size_t> sources_;
  PerSchema<std::size_t> tables_;
};

}  // namespace

config::ConfigDef extract_schema_to_new_record_config() {
  return {};
}

base::Result<std::unique_ptr<data::Transform>> make_extract_schema_to_new_record(const config::ConfigMap& config) {
  // Read, though the definition does not have it; Java fails on a null pointer for other words.
  const auto text = config.get_or("schema.name.adjustment.mode", "none");
  const auto mode = parse_schema_name_adjustment(text);
  if (!mode)
    return base::fail(base::Code::kInvalidConfig, base::exceptions::kNullPointer,
                      "schema.name.adjustment.mode must be one of none, avro, avro_unicode, got {}", text);
  return std::make_unique<ExtractSchemaToNewRecord>(*mode);
}

}  // namespace sluice::smt
