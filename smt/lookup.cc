#include "smt/lookup.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/data/convert.h"
#include "smt/added_fields.h"
#include "smt/cast_value.h"
#include "smt/field_path.h"
#include "smt/lookup_table.h"
#include "smt/map_edit.h"
#include "smt/shapes.h"

namespace sluice::smt {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kPurpose = "looking up fields";
const base::Logger kLog{"sluice.smt.lookup"};

// Where the rows come from. A file is looked at again after `reload_interval`; while its new content cannot be read,
// the old one stays.
class LookupSource {
 public:
  LookupSource(std::string path, std::vector<std::string> key_columns, std::vector<LookupColumn> columns,
               milliseconds reload_interval)
      : path_(std::move(path)),
        key_columns_(std::move(key_columns)),
        columns_(std::move(columns)),
        reload_interval_(reload_interval) {}
  explicit LookupSource(std::shared_ptr<const LookupTable> table) : table_(std::move(table)) {}

  base::Status load() {
    version_ = version();
    checked_ns_ = base::system_clock().monotonic_ns();
    SLUICE_TRY_ASSIGN(table_, LookupTable::from_file(path_, key_columns_, columns_));
    return {};
  }

  const LookupTable& table() {
    if (!path_.empty()) refresh();
    return *table_;
  }

 private:
  struct Version {
    std::int64_t modified_ns = 0;
    std::int64_t size = -1;  // no such file
    std::uint64_t inode = 0;
    bool operator==(const Version&) const = default;
  };

  Version version() const {
    struct stat found {};
    if (::stat(path_.c_str(), &found) != 0) return {};
    return {std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec, found.st_size, found.st_ino};
  }

  void refresh() {
    const std::int64_t now_ns = base::system_clock().monotonic_ns();
    if (std::chrono::nanoseconds(now_ns - checked_ns_) < reload_interval_) return;
    checked_ns_ = now_ns;
    if (version() == version_) return;
    if (auto status = load(); status)
      kLog.info("Read {} again: {} rows", path_, table_->size());
    else
      kLog.warn("Kept the rows that were read before: {}", status.error().message());
  }

  const std::string path_;  // empty: the table never changes
  const std::vector<std::string> key_columns_;
  const std::vector<LookupColumn> columns_;
  const milliseconds reload_interval_{0};
  std::shared_ptr<const LookupTable> table_;
  Version version_;
  std::int64_t checked_ns_ = 0;
};

enum class OnMiss { kKeep, kDefault, kDrop, kFail };
constexpr std::array<std::string_view, 4> kOnMiss = {"keep", "default", "drop", "fail"};

struct Settings {
  std::vector<FieldPath> keys;
  std::vector<std::string> key_names;
  std::vector<LookupColumn> columns;
  std::vector<AddedField> targets;  // of each column
  OnMiss on_miss = OnMiss::kKeep;
  std::vector<Value> defaults;  // of each column; texts in default_texts
  std::shared_ptr<data::Arena> default_texts = std::make_shared<data::Arena>();
  std::optional<LookupSource> source;
};

class Lookup final : public data::RecordTransform {
 public:
  Lookup(Side side, Settings settings)
      : side_(side),
        settings_(std::move(settings)),
        targets_(side, settings_.targets, std::string(kPurpose)),
        values_(settings_.columns.size()) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    if (side_value(record, side_).is_null()) return {};
    SLUICE_TRY_ASSIGN(const bool complete, read_key(batch, record));
    const Value* found = complete ? settings_.source->table().find(key_) : nullptr;
    if (found != nullptr) return write(context, batch, record, found);
    switch (settings_.on_miss) {
      case OnMiss::kDefault:
        return write(context, batch, record, settings_.defaults.data());
      case OnMiss::kDrop:
        record.flags |= SLUICE_RECORD_DROP;
        return {};
      case OnMiss::kFail:
        std::replace(key_.begin(), key_.end(), LookupTable::kSeparator, ',');
        return base::data_error(
            "Lookup found no row for '{}' in field {}: add the row, or set on.miss to keep, default or drop",
            complete ? key_ : "null", base::join(settings_.key_names, ","));
      case OnMiss::kKeep:
        break;
    }
    return targets_.write(context, batch, record, {});
  }

 private:
  using Places = std::vector<FieldPath::Place>;

  // Fills key_. False: a part of it is null.
  base::Result<bool> read_key(const data::Batch& batch, const data::Record& record) {
    const Value& value = side_value(record, side_);
    const Schema* schema = side_schema(batch, record, side_);
    const Places* places = nullptr;
    if (schema == nullptr) {
      SLUICE_TRY(require_map(value, kPurpose));
    } else {
      SLUICE_TRY(require_struct(value, kPurpose));
      SLUICE_TRY(require_fields_of(value, *schema));
      SLUICE_TRY_ASSIGN(places, places_.get(schema, [&] { return find_places(*schema); }));
    }
    key_.clear();
    for (std::size_t i = 0; i < settings_.keys.size(); ++i) {
      Value part;
      if (places != nullptr) {
        SLUICE_TRY_ASSIGN(part, FieldPath::value_in(value, (*places)[i], true));
      } else {
        SLUICE_TRY_ASSIGN(const Value* found, settings_.keys[i].value_in_map(value));
        part = *found;
      }
      if (part.is_null()) return false;
      if (i > 0) key_.push_back(LookupTable::kSeparator);
      SLUICE_TRY(append_key(part, settings_.key_names[i]));
    }
    return true;
  }

  base::Result<Places> find_places(const Schema& schema) const {
    Places places;
    for (std::size_t i = 0; i < settings_.keys.size(); ++i) {
      SLUICE_TRY_ASSIGN(auto place, settings_.keys[i].find(schema));
      if (place.field == nullptr)
        return base::data_error("Lookup cannot find field '{}' of key.fields in the schema {}", settings_.key_names[i],
                                schema.has_name() ? schema.name() : std::string_view("without a name"));
      places.push_back(std::move(place));
    }
    return places;
  }

  base::Status append_key(const Value& part, std::string_view name) {
    if (part.is(Kind::kString)) {
      key_.append(part.text());
    } else if (part.is(Kind::kArray) || part.is(Kind::kMap) || part.is(Kind::kStruct)) {
      return base::data_error("Lookup needs a single value in field '{}' of key.fields, found a {}", name,
                              data::type_name(part.kind()));
    } else {
      data::append_values_text(part, false, key_);
    }
    return {};
  }

  // The table may be read again while the batch is under way: texts go into the batch.
  base::Status write(const data::TransformContext& context, data::Batch& batch, data::Record& record,
                     const Value* row) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] = row[i];
      if (!row[i].is(Kind::kString)) continue;
      const std::string_view copy = arena_copy(batch.arena().c(), row[i].text());
      if (copy.data() == nullptr) return out_of_memory();
      values_[i] = Value::string(copy);
    }
    return targets_.write(context, batch, record, values_);
  }

  const Side side_;
  Settings settings_;
  AddedFields targets_;
  std::vector<Value> values_;
  std::string key_;
  PerSchema<Places> places_;
};

// ---- configuration

// "column", "column:field" or "column:field:type".
base::Status parse_columns(const config::List& texts, Settings& settings) {
  for (const std::string& text : texts) {
    const auto parts = base::split(text, ':');
    const std::string column(base::java_trim(parts[0]));
    const std::string target(parts.size() > 1 ? base::java_trim(parts[1]) : column);
    if (parts.size() > 3 || column.empty() || target.empty())
      return base::config_error(
          "Invalid value {} for configuration value.fields: write column, column:field or "
          "column:field:type",
          text);
    Kind type = Kind::kString;
    if (parts.size() == 3) {
      SLUICE_TRY_ASSIGN(type, parse_field_type("value.fields", parts[2]));
    }
    if (type == Kind::kInstant)
      return base::config_error(
          "Invalid value {} for configuration value.fields: a table has no timestamps; use int64 or string", text);
    for (const AddedField& other : settings.targets)
      if (other.name == target)
        return base::config_error("Invalid value {} for configuration value.fields: field '{}' is there twice", text,
                                  target);
    settings.columns.push_back({column, type});
    settings.targets.push_back({target, type});
  }
  return {};
}

base::Status parse_defaults(const config::ParsedConfig& parsed, Settings& settings) {
  const auto* texts = std::get_if<config::List>(&parsed.value("default.values"));
  if (settings.on_miss != OnMiss::kDefault) return {};
  if (texts == nullptr || texts->size() != settings.columns.size())
    return base::config_error(
        "Invalid value {} for configuration default.values: with on.miss=default give one value for each of the {} "
        "value.fields, in their order",
        config::to_message_text(parsed.value("default.values")), settings.columns.size());
  std::string scratch;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    const auto text = Value::string(settings.default_texts->copy((*texts)[i]));
    auto value = cast_value(settings.default_texts->c(), nullptr, text, settings.columns[i].type, scratch);
    if (!value)
      return base::config_error("Invalid value {} for configuration default.values: no {}", (*texts)[i],
                                field_type_name(settings.columns[i].type));
    settings.defaults.push_back(*value);
  }
  return {};
}

base::Status open_source(const config::ParsedConfig& parsed, Settings& settings) {
  const auto* entries = std::get_if<config::List>(&parsed.value("table.inline"));
  const auto file = parsed.string_or_null("table.file");
  if ((entries != nullptr) == file.has_value())
    return base::config_error("Lookup needs a table: set either table.inline (key:value,...) or table.file");
  if (entries != nullptr) {
    if (settings.columns.size() != 1 || settings.keys.size() != 1)
      return base::config_error(
          "Invalid value {} for configuration table.inline: it has one value for one key; use table.file for more than "
          "one of key.fields or value.fields",
          base::join(*entries, ","));
    SLUICE_TRY_ASSIGN(auto table, LookupTable::from_entries("table.inline", *entries, settings.columns));
    settings.source.emplace(std::move(table));
    return {};
  }
  const auto* given = std::get_if<config::List>(&parsed.value("table.key.columns"));
  const std::vector<std::string> key_columns = given != nullptr ? *given : settings.key_names;
  if (key_columns.size() != settings.keys.size())
    return base::config_error("Invalid value {} for configuration table.key.columns: give one for each of key.fields",
                              base::join(key_columns, ","));
  settings.source.emplace(*file, key_columns, settings.columns, milliseconds(parsed.int64("table.reload.ms")));
  return settings.source->load();
}

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, lookup_config().parse(config));
  Settings settings;
  settings.key_names = parsed.list("key.fields");
  for (const std::string& name : settings.key_names) {
    SLUICE_TRY_ASSIGN(auto path, FieldPath::parse(name, field_syntax(parsed)));
    settings.keys.push_back(std::move(path));
  }
  SLUICE_TRY(parse_columns(parsed.list("value.fields"), settings));
  const auto* on_miss = std::find(kOnMiss.begin(), kOnMiss.end(), parsed.string("on.miss"));
  settings.on_miss = static_cast<OnMiss>(on_miss - kOnMiss.begin());
  SLUICE_TRY(parse_defaults(parsed, settings));
  SLUICE_TRY(open_source(parsed, settings));
  return std::make_unique<Lookup>(side, std::move(settings));
}

}  // namespace

config::ConfigDef lookup_config() {
  using config::Importance;
  using config::Type;
  return config::ConfigDef(
      {config::required_key("key.fields", Type::kList, Importance::kHigh,
                            "The fields whose values find the row. A null in one of them is a miss.")
           .checked_by(config::list_without_duplicates(false, false)),
       config::required_key("value.fields", Type::kList, Importance::kHigh,
                            "What to add: column, column:field or column:field:type, where the type is int8, int16, "
                            "int32, int64, float32, float64, boolean or string (the default).")
           .checked_by(config::list_without_duplicates(false, false)),
       config::optional_key("table.inline", Type::kList, config::Null{}, Importance::kHigh,
                            "The table as key:value entries, for one key field and one value field."),
       config::optional_key("table.file", Type::kString, config::Null{}, Importance::kHigh,
                            "The table as a CSV file with names in its first line, or as a .json file: a list of "
                            "objects, or an object of objects or single values by key."),
       config::optional_key("table.key.columns", Type::kList, config::Null{}, Importance::kMedium,
                            "The columns of the file that hold the key, if their names differ from key.fields."),
       config::optional_key("table.reload.ms", Type::kLong, 5000, Importance::kLow,
                            "How often to look whether the file has changed.")
           .checked_by(config::at_least(0)),
       config::optional_key("on.miss", Type::kString, "keep", Importance::kMedium,
                            "What happens to a record without a row: keep - it passes, with null where it has no such "
                            "field; default - the fields get default.values; drop - it is removed; fail - it fails.")
           .checked_by(config::one_of({"keep", "default", "drop", "fail"})),
       config::optional_key("default.values", Type::kList, config::Null{}, Importance::kMedium,
                            "With on.miss=default: a value for each of value.fields."),
       field_syntax_version_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_lookup_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_lookup_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
