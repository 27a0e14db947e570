#pragma once
// `schema.name.adjustment.mode` and `field.name.adjustment.mode`: names made acceptable to Avro.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smt/debezium_fields.h"

namespace sluice::smt {

enum class SchemaNameAdjustment { kNone, kAvro, kAvroUnicode };

DebeziumField schema_name_adjustment_field();
// Nothing: the text is none of the modes, in any case.
std::optional<SchemaNameAdjustment> parse_schema_name_adjustment(std::string_view text);

// `name` (UTF-8) with each character that Avro does not take replaced by "_", or by "_u" and its code in hexadecimal.
std::string adjust_schema_name(SchemaNameAdjustment mode, std::string_view name);
// The same for the name of a field, which has no dots.
std::string adjust_field_name(SchemaNameAdjustment mode, std::string_view name);

}  // namespace sluice::smt
