#include "smt/lookup_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "smt/added_fields.h"
#include "smt/cast_value.h"
#include "smt/csv_reader.h"
#include "smt/read_text_file.h"

namespace sluice::smt {

// Adds rows of texts.
class LookupTableBuilder {
 public:
  explicit LookupTableBuilder(const std::vector<LookupColumn>& columns) : columns_(columns) {}

  // A cell without text is null. Error: ConfigException, without the place.
  base::Status add(std::string key, const std::vector<std::optional<std::string>>& cells) {
    if (table_->rows_.size() == LookupTable::kRowsMax)
      return base::config_error("more than {} rows", LookupTable::kRowsMax);
    auto* values = table_->arena_.alloc_array<sluice_value>(columns_.size());
    if (values == nullptr) return out_of_memory();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      SLUICE_TRY_ASSIGN(values[i], typed(columns_[i], cells[i]));
    }
    const auto [at, added] = table_->rows_.emplace(std::move(key), static_cast<const Value*>(values));
    if (added) return {};
    std::string shown = at->first;
    std::replace(shown.begin(), shown.end(), LookupTable::kSeparator, ',');
    return base::config_error("key '{}' is there twice", shown);
  }

  std::shared_ptr<const LookupTable> build() { return std::move(table_); }

 private:
  base::Result<Value> typed(const LookupColumn& column, const std::optional<std::string>& cell) {
    if (!cell) return Value();
    const std::string_view copy = table_->arena_.copy(*cell);
    if (copy.data() == nullptr) return out_of_memory();
    auto value = cast_value(table_->arena_.c(), nullptr, Value::string(copy), column.type, scratch_);
    if (value) return value;
    return base::config_error("'{}' in column '{}' is no {}", *cell, column.name, field_type_name(column.type));
  }

  const std::vector<LookupColumn>& columns_;
  std::shared_ptr<LookupTable> table_ = std::make_shared<LookupTable>();
  std::string scratch_;
};

namespace {

using Json = nlohmann::json;
using Cells = std::vector<std::optional<std::string>>;

template <typename... Args>
tl::unexpected<base::Error> file_error(const std::string& path, fmt::format_string<Args...> format, Args&&... args) {
  return base::config_error("Invalid value {} for configuration table.file: {}", path,
                            fmt::format(format, std::forward<Args>(args)...));
}

std::string join_key(const std::vector<std::string>& parts) {
  std::string key;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) key.push_back(LookupTable::kSeparator);
    key += part;
  }
  return key;
}

base::Status read_csv(const std::string& path, std::string_view text, const std::vector<std::string>& key_columns,
                      const std::vector<LookupColumn>& columns, LookupTableBuilder& builder) {
  CsvReader reader(text);
  std::vector<std::string> names;
  std::vector<std::string> cells;
  const auto next = [&](std::vector<std::string>& row) -> base::Result<bool> {
    auto more = reader.next(row);
    if (!more) return file_error(path, "{}", more.error().message());
    return more;
  };
  SLUICE_TRY(next(names));
  std::vector<std::size_t> positions;  // of the keys, then of the columns
  const auto locate = [&](const std::string& name) -> base::Status {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      return file_error(path, "the first line has no column '{}', only {}", name, fmt::join(names, ", "));
    positions.push_back(static_cast<std::size_t>(found - names.begin()));
    return {};
  };
  for (const std::string& name : key_columns) SLUICE_TRY(locate(name));
  for (const LookupColumn& column : columns) SLUICE_TRY(locate(column.name));
  std::vector<std::string> keys(key_columns.size());
  Cells values(columns.size());
  for (;;) {
    SLUICE_TRY_ASSIGN(const bool more, next(cells));
    if (!more) return {};
    if (cells.size() != names.size())
      return file_error(path, "line {}: {} cells, but the first line has {}", reader.line(), cells.size(),
                        names.size());
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = cells[positions[i]];
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::string& cell = cells[positions[keys.size() + i]];
      values[i] = cell.empty() ? std::nullopt : std::optional(cell);
    }
    if (auto status = builder.add(join_key(keys), values); !status)
      return file_error(path, "line {}: {}", reader.line(), status.error().message());
  }
}

// The text of a single value.
base::Result<std::optional<std::string>> cell_of(const std::string& path, const std::string& where, const Json& json) {
  if (json.is_null()) return std::nullopt;
  if (json.is_structured()) return file_error(path, "{} holds a list or an object, not a single value", where);
  return json.is_string() ? json.get<std::string>() : json.dump();
}

base::Status add_json_row(const std::string& path, const std::string& where, const std::string* key, const Json& row,
                          const std::vector<std::string>& key_columns, const std::vector<LookupColumn>& columns,
                          LookupTableBuilder& builder) {
  std::vector<std::string> keys;
  Cells values;
  if (row.is_object()) {
    for (const std::string& name : key_columns) {
      if (key != nullptr) break;
      const auto found = row.find(name);
      if (found == row.end() || found->is_null()) return file_error(path, "{} has no '{}'", where, name);
      SLUICE_TRY_ASSIGN(const auto cell, cell_of(path, fmt::format("'{}' of {}", name, where), *found));
      keys.push_back(*cell);
    }
    for (const LookupColumn& column : columns) {
      const auto found = row.find(column.name);
      values.emplace_back();
      if (found == row.end()) continue;
      SLUICE_TRY_ASSIGN(values.back(), cell_of(path, fmt::format("'{}' of {}", column.name, where), *found));
    }
  } else if (key != nullptr && columns.size() == 1 && !row.is_array()) {
    SLUICE_TRY_ASSIGN(auto cell, cell_of(path, where, row));
    values.push_back(std::move(cell));
  } else {
    return file_error(path, "{} is no object", where);
  }
  if (auto status = builder.add(key != nullptr ? *key : join_key(keys), values); !status)
    return file_error(path, "{}: {}", where, status.error().message());
  return {};
}

base::Status read_json(const std::string& path, std::string_view text, const std::vector<std::string>& key_columns,
                       const std::vector<LookupColumn>& columns, LookupTableBuilder& builder) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return file_error(path, "the file is no JSON");
  if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i)
      SLUICE_TRY(add_json_row(path, fmt::format("row {}", i + 1), nullptr, json[i], key_columns, columns, builder));
    return {};
  }
  if (!json.is_object() || key_columns.size() != 1)
    return file_error(path, "the file must be a list of objects{}", key_columns.size() == 1 ? ", or an object" : "");
  for (const auto& [key, row] : json.items())
    SLUICE_TRY(add_json_row(path, fmt::format("row '{}'", key), &key, row, key_columns, columns, builder));
  return {};
}

}  // namespace

base::Result<std::shared_ptr<const LookupTable>> LookupTable::from_entries(std::string_view config_key,
                                                                           const std::vector<std::string>& entries,
                                                                           const std::vector<LookupColumn>& columns) {
  LookupTableBuilder builder(columns);
  for (const std::string& entry : entries) {
    const std::size_t colon = entry.find(':');
    if (colon == std::string::npos)
      return base::config_error("Invalid value {} for configuration {}: write key:value", entry, config_key);
    if (auto status = builder.add(entry.substr(0, colon), {entry.substr(colon + 1)}); !status)
      return base::config_error("Invalid value {} for configuration {}: {}", entry, config_key,
                                status.error().message());
  }
  return builder.build();
}

base::Result<std::shared_ptr<const LookupTable>> LookupTable::from_file(const std::string& path,
                                                                        const std::vector<std::string>& key_columns,
                                                                        const std::vector<LookupColumn>& columns) {
  SLUICE_TRY_ASSIGN(const std::string text, read_text_file("table.file", path, kFileBytesMax));
  return from_text(path, text, key_columns, columns);
}

base::Result<std::shared_ptr<const LookupTable>> LookupTable::from_text(const std::string& path, std::string_view text,
                                                                        const std::vector<std::string>& key_columns,
                                                                        const std::vector<LookupColumn>& columns) {
  LookupTableBuilder builder(columns);
  if (path.ends_with(".json"))
    SLUICE_TRY(read_json(path, text, key_columns, columns, builder));
  else
    SLUICE_TRY(read_csv(path, text, key_columns, columns, builder));
  return builder.build();
}

const Value* LookupTable::find(std::string_view key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : found->second;
}

}  // namespace sluice::smt
