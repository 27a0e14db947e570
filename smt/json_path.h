#pragma once
// JSONPath over Connect's values (docs/adr/0013-json-path.md): the dialect of Jayway's JsonPath, which Confluent's
// transforms use. Structs and maps with text keys are objects.
//
//   SLUICE_TRY_ASSIGN(const auto path, JsonPath::compile("$.items[?(@.qty > 3 && @.sku =~ /A.*/)].sku"));
//   SLUICE_TRY_ASSIGN(const bool there, path.evaluate({schema, value}, found));
//
// Steps: .name ['a'] ['a','b'] [0] [-1] [0,2] [1:3] [:2] [-2:] * [*] .. [?(...)] and .length() or .size() at the end.
// Filters: paths from @ (the item) or $ (the root), texts, numbers, true, false, null, lists, objects, /regex/flags;
// == != === !== < <= > >= =~ in nin contains all size empty subsetof anyof noneof; && || ! and parentheses. A filter on
// an object asks the object itself, on a list each item.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/data/converter.h"

namespace sluice::smt {

namespace json_path {
struct CompiledPath;
}

// Immutable after compile(): any thread may evaluate. Copies are cheap.
class JsonPath {
 public:
  static constexpr std::size_t kTextBytesMax = 8192;
  static constexpr std::size_t kStepsMax = 64;          // of each path in the text
  static constexpr int kNestingMax = 16;                // of filters, parentheses and literals in each other
  static constexpr int kDepthMax = 1000;                // of the values that are walked
  static constexpr std::size_t kVisitsMax = 1'000'000;  // of values, in one evaluation

  // A text that begins with neither $ nor @ is taken to be a path below $. Error: kInvalidConfig,
  // com.jayway.jsonpath.InvalidPathException, with the position.
  static base::Result<JsonPath> compile(std::string_view text);

  const std::string& text() const;
  // Whether the path can lead to one value only.
  bool definite() const;

  // Puts what the path leads to into `found`, in the order of the document; each a part of `root` (or a number made by
  // length()) with its schema where `root` has one. `root.schema` may be null. False, and nothing found: a member, item
  // or object that the path needs is not there (Jayway's PathNotFoundException); true with nothing found: a filter,
  // scan or wildcard had no match. Nothing is allocated beyond what `found` needs, except by filters on several values
  // at once. Error (kBadRecord): a limit was reached, also of a regular expression.
  base::Result<bool> evaluate(const data::SchemaAndValue& root, std::vector<data::SchemaAndValue>& found) const;

 private:
  explicit JsonPath(std::shared_ptr<const json_path::CompiledPath> path) : path_(std::move(path)) {}
  std::shared_ptr<const json_path::CompiledPath> path_;
};

}  // namespace sluice::smt
