#pragma once
// Debezium events by hand: an envelope of rows {id, note}, and an event in the batch.

#include <optional>
#include <string>

#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {

class DebeziumTest : public SmtTest {
 protected:
  const Schema* row_schema(std::string_view name = "shop.orders.Value") {
    return data::SchemaBuilder::structure()
        .optional()
        .name(name)
        .field("id", pool_.int32())
        .field("note", optional(Kind::kString))
        .build(pool_)
        .value();
  }
  const Schema* source_schema() {
    return data::SchemaBuilder::structure()
        .name("io.debezium.connector.postgresql.Source")
        .field("table", pool_.string())
        .field("ts_ms", pool_.int64())
        .build(pool_)
        .value();
  }
  const Schema* envelope_schema(std::string_view table = "shop.orders") {
    return envelope_of(table, row_schema(std::string(table) + ".Value"));
  }
  const Schema* envelope_of(std::string_view table, const Schema* row) {
    return data::SchemaBuilder::structure()
        .name(std::string(table) + ".Envelope")
        .field("before", row)
        .field("after", row)
        .field("source", source_schema())
        .field("op", pool_.string())
        .field("ts_ms", optional(Kind::kInt64))
        .build(pool_)
        .value();
  }
  Value row(const Schema* envelope, std::int32_t id, const Value& note) {
    return structure(&envelope->fields()[0].schema(), {Value::int32(id), note});
  }
  void set_event(const Schema* envelope, std::string_view op, const Value& before, const Value& after,
                 std::string_view table = "orders") {
    set_value(envelope,
              {before, after, structure(source_schema(), {text(table), Value::int64(7)}), text(op), Value::int64(8)});
  }
  void add_header(std::string_view name, const Schema* schema, const Value& value) {
    auto* headers = batch_.arena().alloc_array<sluice_header>(record().header_count + std::size_t{1});
    std::copy_n(record().headers, record().header_count, headers);
    headers[record().header_count] = {str(batch_.arena().copy(name)), schema, value};
    record().headers = headers;
    ++record().header_count;
  }
  std::string header_text(std::string_view name) {
    for (std::uint32_t i = 0; i < record().header_count; ++i)
      if (view(record().headers[i].key) == name) return data::value_text(record().headers[i].value);
    return "none";
  }
};

}  // namespace sluice::smt
