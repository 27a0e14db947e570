// Links: sluice::smt
// The first line is a JSONPath, the rest makes a record: a path that compiles compiles again from its text, and gives
// the same parts each time it is evaluated.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "runtime/data/value_ops.h"
#include "smt/json_path.h"
#include "tests/fuzz/random_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const std::size_t used = end == std::string_view::npos ? size : end + 1;
  const auto path = sluice::smt::JsonPath::compile(text.substr(0, end));
  if (!path) return 0;
  if (!sluice::smt::JsonPath::compile(path->text())) std::abort();
  sluice::fuzz::Choices choices(data + used, size - used);
  sluice::data::SchemaPool pool;
  sluice::data::Batch batch(4 * 1024 * 1024);
  sluice::fuzz::Maker maker(choices, batch, pool);
  const sluice::Schema* schema = choices.one_in(2) ? maker.schema(0) : nullptr;
  const sluice::data::SchemaAndValue root{schema, schema != nullptr ? maker.fitting(*schema, 0) : maker.loose(0)};
  std::vector<sluice::data::SchemaAndValue> first;
  std::vector<sluice::data::SchemaAndValue> second;
  const auto found = path->evaluate(root, first);
  const auto again = path->evaluate(root, second);
  if (found.has_value() != again.has_value() || first.size() != second.size()) std::abort();
  if (found && *found != *again) std::abort();
  if (found && path->definite() && first.size() > 1) std::abort();
  for (std::size_t i = 0; i < first.size(); ++i)
    if (!sluice::data::values_equal(first[i].value, second[i].value)) std::abort();
  return 0;
}
