#pragma once
// The table behind Lookup: rows by key, from entries of the configuration or from a CSV or JSON file.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/arena.h"

namespace sluice::smt {

// A column that is looked up, and the type of its values.
struct LookupColumn {
  std::string name;
  Kind type = Kind::kString;  // INT8 to STRING
};

// Immutable. A key of several columns is the text of each, joined by kSeparator.
class LookupTable {
 public:
  static constexpr char kSeparator = '\x1f';
  static constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;
  static constexpr std::size_t kRowsMax = 1'000'000;

  // Each entry is "key:value"; the one column gets the value. Error: ConfigException for the key `config_key`.
  static base::Result<std::shared_ptr<const LookupTable>> from_entries(std::string_view config_key,
                                                                       const std::vector<std::string>& entries,
                                                                       const std::vector<LookupColumn>& columns);
  // CSV (RFC 4180, names in the first line) by default; JSON for a name that ends with .json: a list of objects, or an
  // object whose names are the keys and whose values are objects, or single values for a single column. Empty cells and
  // JSON nulls are null. Error: ConfigException with the file, the line or row and what is wrong.
  static base::Result<std::shared_ptr<const LookupTable>> from_file(const std::string& path,
                                                                    const std::vector<std::string>& key_columns,
                                                                    const std::vector<LookupColumn>& columns);

  // The same for what is in the file; `path` says what it is, and errors name it.
  static base::Result<std::shared_ptr<const LookupTable>> from_text(const std::string& path, std::string_view text,
                                                                    const std::vector<std::string>& key_columns,
                                                                    const std::vector<LookupColumn>& columns);

  // Values in the order of the columns; nullptr: no such key. The payload lives in the table.
  const Value* find(std::string_view key) const;
  std::size_t size() const { return rows_.size(); }

 private:
  friend class LookupTableBuilder;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  data::Arena arena_{kFileBytesMax * 4};
  std::unordered_map<std::string, const Value*, Hash, std::equal_to<>> rows_;
};

}  // namespace sluice::smt
