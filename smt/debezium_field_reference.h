#pragma once
// The fields of an event that `add.fields` and `add.headers` name: "op", "source.ts_ms", "table:new_name". Parsed once,
// found once in each envelope schema, then read by position.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/schema.h"

namespace sluice::smt {

struct FieldReference {
  std::optional<std::string> parent;  // the struct in the envelope; nothing: the envelope itself
  std::string field;
  std::string new_name;

  // Error: the exceptions of FieldReference's constructor.
  static base::Result<FieldReference> parse(std::string_view prefix, std::string_view text);
  // A comma-separated list of them.
  static base::Result<std::vector<FieldReference>> parse_list(std::string_view prefix, std::string_view text);
};

// A reference in one envelope schema. Borrows the new name from the reference and everything else from the schema.
struct FoundReference {
  std::string_view new_name;
  const Schema* schema = nullptr;  // optional form of the field's own
  const Schema* envelope = nullptr;
  int parent = -1;                        // position of the struct that holds the field; -1: the envelope holds it
  const Schema* parent_schema = nullptr;  // of that struct, if the field is in it
  std::size_t field = 0;                  // in that struct; else in the envelope

  // The field's value, a null without default; null too where the struct is absent. `event` is the envelope.
  base::Result<Value> value_in(const Value& event) const;
};

// References to fields that exist, in order; others are left out. Error: a struct that the envelope lacks.
base::Result<std::vector<FoundReference>> find_references(const std::vector<FieldReference>& references,
                                                          const Schema& envelope, data::SchemaPool& pool);

}  // namespace sluice::smt
