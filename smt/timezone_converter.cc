#include "smt/timezone_converter.h"

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/regex.h"
#include "runtime/base/strings.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_fields.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"
#include "smt/timezone_rules.h"
#include "smt/zoned_values.h"

namespace sluice::smt {
namespace {

const base::Logger kLog{"io.debezium.transforms.TimezoneConverter"};

enum class Mode { kEverything, kIncluded, kExcluded };

// A field that holds a time, in a struct of one schema.
struct TimeField {
  std::size_t at;
  std::string_view name;
  std::optional<TimeForm> form;  // nothing: no type of time
  bool epoch = false;            // one of the event's own times
  bool unzoned = false;          // cannot be moved
};
using TimeFields = std::vector<TimeField>;

TimeFields time_fields(const Schema& schema, bool source) {
  TimeFields fields;
  for (std::size_t i = 0; i < schema.field_count; ++i) {
    const Field& field = schema.fields()[i];
    const std::string_view type = field.schema().name();
    const bool epoch = source && (field.name() == "ts_ms" || field.name() == "ts_us" || field.name() == "ts_ns");
    TimeField found{i, field.name(), time_form(type), epoch && !field.schema().has_name(), is_unzoned_time(type)};
    if (found.form || found.epoch || found.unzoned) fields.push_back(found);
  }
  return fields;
}

// Where things are in the events of one schema.
struct EventPlan {
  EnvelopeFields fields;
  const Schema* source = nullptr;  // of the struct of that name
  int table = -1;                  // in the source, if it is a text

  explicit EventPlan(const Schema& envelope) : fields(envelope) {
    if (fields.source < 0) return;
    const Schema& declared = envelope.fields()[static_cast<std::size_t>(fields.source)].schema();
    if (declared.type() != Kind::kStruct) return;
    source = &declared;
    const int at = declared.field_index("table");
    if (at >= 0 && declared.fields()[static_cast<std::size_t>(at)].schema().type() == Kind::kString) table = at;
  }
};

class TimezoneConverter final : public data::RecordTransform {
 public:
  TimezoneConverter(base::Result<TimeZone> zone, Mode mode, TimezoneRules rules, const base::Clock& clock)
      : zone_(std::move(zone)), mode_(mode), rules_(std::move(rules)), clock_(clock) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    const Value value = record.value_value();
    if (value.is_null() || !is_envelope(batch.value_schema(record))) return {};
    SLUICE_TRY(require_struct(value, "Detect Debezium Operation"));
    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const EventPlan* plan,
                      events_.get(&schema, [&] { return base::Result<EventPlan>(EventPlan(schema)); }));
    SLUICE_TRY_ASSIGN(const auto table, table_of(value, *plan));
    static const TimezoneFields kNone;
    const TimezoneFields* rule = mode_ == Mode::kEverything ? nullptr : rules_.find(batch.topic(record), table);
    Mode mode = mode_;
    if (rule == nullptr) {
      if (mode_ == Mode::kIncluded) return {};
      rule = &kNone;
      mode = Mode::kEverything;
    } else if (rule->all) {
      if (mode_ == Mode::kExcluded) return {};
      mode = Mode::kEverything;
    }

    sluice_arena* arena = batch.arena().c();
    sluice_struct* out = nullptr;
    SLUICE_TRY(convert(arena, value, plan->fields.before, befores_, mode, rule->before, false, out));
    SLUICE_TRY(convert(arena, value, plan->fields.after, afters_, mode, rule->after, false, out));
    if (!rule->source.empty())
      SLUICE_TRY(convert(arena, value, plan->fields.source, sources_, mode, rule->source, true, out));
    if (out != nullptr) record.value = Value::record(out, schema.field_count);
    return {};
  }

 private:
  // The source's `table`; nothing where there is no such text.
  static base::Result<std::optional<std::string_view>> table_of(const Value& value, const EventPlan& plan) {
    if (plan.source == nullptr) return std::nullopt;
    const Value source = value.items()[static_cast<std::size_t>(plan.fields.source)];
    if (source.is_null()) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "source");
    if (plan.table < 0) return std::nullopt;
    SLUICE_TRY(require_fields_of(source, *plan.source));
    const Value& table = source.items()[static_cast<std::size_t>(plan.table)];
    if (table.is_null()) return std::nullopt;
    return table.text();
  }

  // Moves the fields of the struct at `at` that the rule means; `out` becomes a copy of the event at the first one.
  base::Status convert(sluice_arena* arena, const Value& event, int at, PerSchema<TimeFields>& plans, Mode mode,
                       const TimezoneFields::Names& named, bool source, sluice_struct*& out) {
    if (at < 0) return {};
    const auto position = static_cast<std::size_t>(at);
    const Value row = event.items()[position];
    if (!row.is(Kind::kStruct)) return {};
    const Schema& schema = row.struct_schema();
    SLUICE_TRY_ASSIGN(const TimeFields* fields,
                      plans.get(&schema, [&] { return base::Result<TimeFields>(time_fields(schema, source)); }));
    sluice_struct* copy = nullptr;
    for (const TimeField& field : *fields) {
      if (mode != Mode::kEverything && (named.count(field.name) != 0) != (mode == Mode::kIncluded)) continue;
      if (field.unzoned) {
        kLog.debug("Skipping conversion for unsupported logical type of field: {}", field.name);
        continue;
      }
      const Value value = field_value(row, schema, field.at, true);
      if (value.is_null()) continue;
      SLUICE_TRY_ASSIGN(const Value moved, move(arena, field, value));
      if (copy == nullptr) copy = copy_struct(arena, row);
      if (copy == nullptr) return out_of_memory();
      SLUICE_TRY(struct_put(copy, field.at, moved));
    }
    if (copy == nullptr) return {};
    if (out == nullptr) out = copy_struct(arena, event);
    if (out == nullptr) return out_of_memory();
    out->fields[position] = Value::record(copy, schema.field_count);
    return {};
  }

  base::Result<Value> move(sluice_arena* arena, const TimeField& field, const Value& value) {
    if (!zone_) return base::fail(zone_.error());
    if (field.epoch) return move_epoch(field.name, value, *zone_);
    return move_to_zone(arena, *field.form, value, *zone_, clock_.now_ms() / 1000, scratch_);
  }

  const base::Result<TimeZone> zone_;  // an error is that of each record with a time in it, as in Java
  const Mode mode_;
  const TimezoneRules rules_;
  const base::Clock& clock_;
  PerSchema<EventPlan> events_;
  PerSchema<TimeFields> befores_, afters_, sources_;
  std::string scratch_;
};

// Field.isListOfRegex: items are separated by commas without a backslash before them.
std::optional<std::string> regex_list_problem(const std::optional<std::string>& text, const config::ConfigMap&) {
  if (!text) return std::nullopt;
  std::string item;
  const auto problem = [&]() -> std::optional<std::string> {
    const auto compiled = base::Regex::compile(base::java_trim(item));
    item.clear();
    if (compiled) return std::nullopt;
    return "A comma-separated list of valid regular expressions is expected, but " + compiled.error().message();
  };
  for (std::size_t i = 0; i < text->size(); ++i) {
    const char c = (*text)[i];
    if (c == '\\' && i + 1 < text->size()) {
      if ((*text)[i + 1] != ',') item.push_back(c);
      item.push_back((*text)[++i]);
    } else if (c == ',') {
      if (auto found = problem()) return found;
    } else {
      item.push_back(c);
    }
  }
  return problem();
}

DebeziumField list_field(std::string name, std::string display, const std::string& intent, const std::string& verb,
                         const std::string& fields) {
  const std::string only = " Only the specified field name will be " + verb + ". ";
  return debezium_field(
             std::move(name), config::Type::kList, config::Importance::kHigh, std::move(display),
             "A comma-separated list of rules that specify what events should be " + intent +
                 " timezone conversion, using one of the following formats: `source:<tablename>`:: Matches only "
                 "Debezium change events with a source information block with the specified table name. All time-based "
                 "fields will be " +
                 verb + ". `source:<tablename>:<" + fields +
                 ">`:: Matches only Debezium change events with a source information with the specified table name." +
                 only + "`topic:<topicname>`:: Matches the specified topic name, " +
                 (verb == "converted" ? "converting" : "excluding") + " all time-based fields. `topic:<topicname>:<" +
                 fields + ">`:: Matches the specified topic name, " +
                 (verb == "converted" ? "converting" : "excluding") + " only the specified field name. `<matchname>:<" +
                 fields +
                 ">`:: Uses a heuristic matching algorithm to matches the source information block table name if the "
                 "source information block exists, otherwise matches against the topic name. The conversion is applied "
                 "only to to the specified field name. ")
      .width(config::Width::kMedium)
      .checked_by(regex_list_problem);
}

const DebeziumFields& fields() {
  static const DebeziumFields kFields(
      {debezium_field("converted.timezone", config::Type::kString, config::Importance::kHigh, "Converted Timezone",
                      "A string that represents the timezone to which the time-based fields should be converted.The "
                      "format can be geographic (e.g. America/Los_Angeles), or it can be a UTC offset in the format of "
                      "+/-hh:mm, (e.g. +08:00).")
           .width(config::Width::kMedium)
           .required(),
       list_field("include.list", "Include List", "evaluated for", "converted", "fieldname"),
       list_field("exclude.list", "Exclude List", "excluded from", "excluded", "fieldnames")});
  return kFields;
}

template <typename... Args>
tl::unexpected<base::Error> refused(fmt::format_string<Args...> format, Args&&... args) {
  return base::fail(base::Code::kInvalidConfig, kDebeziumException, format, std::forward<Args>(args)...);
}

base::Status check(const std::string& zone, const std::vector<std::string>& included,
                   const std::vector<std::string>& excluded) {
  constexpr std::string_view kForms =
      "Please specify a list of rules in the format of \"source:<tablename>:<fieldnames>\", "
      "\"topic:<topicname>:<fieldnames>\", \"<matchname>:<fieldnames>\"";
  if (!included.empty() && !TimezoneRules::well_formed(included))
    return refused("Invalid include list format. {}", kForms);
  if (included.empty() && !excluded.empty() && !TimezoneRules::well_formed(excluded))
    return refused("Invalid exclude list format. {}", kForms);
  static const auto kOffset = base::Regex::compile(R"(^[+-]\d{2}:\d{2}(:\d{2})?$)");
  if (!kOffset->matches(zone).value_or(false) && !TimeZone::is_known(zone))
    return refused(
        "Invalid timezone format. Please specify either a geographic timezone (e.g. America/Los_Angeles) or a UTC "
        "offset in the format of +/-hh:mm, (e.g. +08:00).");
  if (!included.empty() && !excluded.empty())
    return refused("Both include and exclude lists are specified. Please specify only one.");
  return {};
}

}  // namespace

config::ConfigDef timezone_converter_config() {
  return fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_timezone_converter(const config::ConfigMap& config) {
  SLUICE_TRY(fields().validate(config));
  const std::string zone = *fields().text(config, "converted.timezone");
  const auto included = fields().list(config, "include.list");
  const auto excluded = fields().list(config, "exclude.list");
  SLUICE_TRY(check(zone, included, excluded));
  const Mode mode = !included.empty() ? Mode::kIncluded : !excluded.empty() ? Mode::kExcluded : Mode::kEverything;
  return std::make_unique<TimezoneConverter>(
      TimeZone::find(zone), mode, TimezoneRules(mode == Mode::kExcluded ? excluded : included), base::system_clock());
}

}  // namespace sluice::smt
