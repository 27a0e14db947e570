// Links: sluice::smt
// A document of MongoDB as extended JSON: what is read is written, read again and the same; its schema takes its value.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/data/arena.h"
#include "runtime/data/check_value.h"
#include "runtime/data/schema.h"
#include "smt/mongo_schema.h"
#include "smt/mongo_value.h"

namespace {

using sluice::smt::indented_mongo_json;
using sluice::smt::MongoConversion;
using sluice::smt::MongoValue;

void convert(const MongoConversion& conversion, const MongoValue& document, sluice_arena* arena) {
  sluice::data::SchemaPool pool;
  sluice::smt::MongoStruct made(conversion, "d");
  for (const auto& [name, value] : document.fields)
    if (!made.add(pool, name, value)) return;
  const auto schema = made.build(pool, false);
  if (!schema) return;
  const auto value = sluice::smt::mongo_to_connect(arena, conversion, document, **schema);
  if (value && !sluice::data::check_value(**schema, *value)) std::abort();
  std::string shape;
  append_mongo_shape(conversion, document, shape);
  if (shape.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  sluice::data::Arena arena(16 * 1024 * 1024);
  const auto document = sluice::smt::parse_mongo_document(text, arena.c());
  if (!document) return 0;
  const std::string written = indented_mongo_json(*document);
  const auto again = sluice::smt::parse_mongo_document(written, arena.c());
  if (again && indented_mongo_json(*again) != written) std::abort();
  convert({}, *document, arena.c());
  MongoConversion other;
  other.arrays_as_documents = true;
  convert(other, *document, arena.c());
  return 0;
}
