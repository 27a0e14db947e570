#pragma once
// MongoDB's documents as its extended JSON writes them: {"_id": {"$oid": "..."}, "n": {"$numberLong": "7"}}.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::smt {

enum class MongoType {
  kNull,
  kString,
  kDouble,
  kInt32,
  kInt64,
  kBoolean,
  kObjectId,
  kDecimal128,
  kDateTime,
  kTimestamp,
  kBinary,
  kJavaScript,
  kRegularExpression,
  kUndefined,
  kOther,  // a type that no schema is made for: symbols, scripts with a scope, the smallest and the largest key
  kDocument,
  kArray,
};

struct MongoField;

// A view: texts and parts lie in the arena that the document was read into, or in its JSON text.
struct MongoValue {
  MongoType type = MongoType::kNull;
  std::uint32_t increment = 0;         // kTimestamp
  std::int64_t number = 0;             // kInt32, kInt64, kBoolean; kDateTime: ms; kTimestamp: seconds
  double real = 0;                     // kDouble
  std::string_view text;               // kString, kObjectId, kDecimal128, kJavaScript; kBinary: the bytes; the pattern
  std::string_view options;            // kRegularExpression; kBinary: the subtype, two hexadecimal digits
  std::span<const MongoValue> items;   // kArray
  std::span<const MongoField> fields;  // kDocument: in order
};

struct MongoField {
  std::string_view name;
  MongoValue value;
};

// Reads a document, in canonical, relaxed or strict form. It lives as long as `json` and what is in `arena`. Error:
// kBadRecord, the text is no such document; kNoMemory.
base::Result<MongoValue> parse_mongo_document(std::string_view json, sluice_arena* arena);

// The canonical form of a document, indented by two blanks, as JsonWriterSettings with JsonMode.EXTENDED and indent
// print it.
std::string indented_mongo_json(const MongoValue& document);

}  // namespace sluice::smt
