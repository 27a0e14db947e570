#include "smt/flatten.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "runtime/base/strings.h"
#include "runtime/data/value_text.h"
#include "smt/map_edit.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_flattener.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "flattening";

class Flatten final : public data::RecordTransform {
 public:
  // `keep_maps`: maps in structs stay as they are, instead of failing.
  Flatten(Side side, std::string delimiter, bool keep_maps)
      : side_(side), delimiter_(std::move(delimiter)), structs_(delimiter_, keep_maps) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value value = side_value(record, side_);
    if (value.is_null()) return {};
    const Schema* schema = side_schema(batch, record, side_);
    sluice_arena* arena = batch.arena().c();
    if (schema == nullptr) {
      SLUICE_TRY(require_map(value, kPurpose));
      SLUICE_TRY_ASSIGN(auto flat, MapEdit::empty(arena, leaf_count(value)));
      const auto items = value.items();
      const bool nested = std::ranges::any_of(items, [](const Value& item) { return item.is(Kind::kMap); });
      SLUICE_TRY(flatten_map(arena, value, Value::string(""), nested, flat));
      return set_side(batch, record, side_, nullptr, flat.map());
    }
    SLUICE_TRY_ASSIGN(const auto flat, structs_.flatten(*context.schemas, arena, *schema, value));
    return set_side(batch, record, side_, flat.schema, flat.value);
  }

 private:
  static std::size_t leaf_count(const Value& map) {
    std::size_t count = 0;
    for (std::size_t i = 1; i < map.items().size(); i += 2)
      count += map.items()[i].is(Kind::kMap) ? leaf_count(map.items()[i]) : 1;
    return count;
  }

  // `prefix`: a text, or null below a null key. `nested`: joined names may meet others.
  base::Status flatten_map(sluice_arena* arena, const Value& map, const Value& prefix, bool nested,
                           MapEdit& flat) const {
    const auto items = map.items();
    for (std::size_t i = 0; i < items.size(); i += 2) {
      Value name = items[i];
      if (!name.is(Kind::kString)) SLUICE_TRY(require_text_key(name));
      if (prefix.is_null())
        return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer,
                          "Cannot invoke \"String.isEmpty()\" because \"prefix\" is null");
      if (!prefix.text().empty()) {
        SLUICE_TRY_ASSIGN(name, joined(arena, prefix, items[i]));
      }
      const Value& value = items[i + 1];
      switch (value.kind()) {
        case Kind::kMap:
          SLUICE_TRY(flatten_map(arena, value, name, nested, flat));
          break;
        case Kind::kStruct:
          return base::data_error(
              "Flatten transformation does not support class {} for record without schemas (for field {}).",
              data::java_class_name(value), name.is_null() ? std::string_view("null") : name.text());
        case Kind::kDecimal:
        case Kind::kInstant:
          return base::data_error(
              "Flatten transformation was passed a value of type class {} which is not supported by Connect's data API",
              data::java_class_name(value));
        default:
          if (nested)
            flat.put(name, value);
          else
            flat.append(name, value);
      }
    }
    return {};
  }

  base::Result<Value> joined(sluice_arena* arena, const Value& prefix, const Value& key) const {
    const std::string_view name = key.is_null() ? std::string_view("null") : key.text();
    const std::size_t size = prefix.text().size() + delimiter_.size() + name.size();
    auto* text = arena_array<char>(arena, size + 1);  // so that there is a place for nothing, too
    if (text == nullptr) return out_of_memory();
    std::memcpy(text, prefix.text().data(), prefix.text().size());
    std::memcpy(text + prefix.text().size(), delimiter_.data(), delimiter_.size());
    std::memcpy(text + prefix.text().size() + delimiter_.size(), name.data(), name.size());
    return Value::string({text, size});
  }

  const Side side_;
  const std::string delimiter_;
  StructFlattener structs_;
};

constexpr std::string_view kNestedMapKey = "behavior.on.nested.map";

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigDef& def,
                                                    const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, def.parse(config));
  const bool keep_maps =
      def.find(kNestedMapKey) != nullptr && base::equals_ignore_case_ascii(parsed.string(kNestedMapKey), "include");
  // Java would join names with "null".
  return std::make_unique<Flatten>(side, parsed.string_or_null("delimiter").value_or("null"), keep_maps);
}

}  // namespace

config::ConfigDef flatten_config() {
  return config::ConfigDef({config::optional_key("delimiter", config::Type::kString, ".", config::Importance::kMedium,
                                                 "Delimiter to insert between field names from the input record when "
                                                 "generating field names for the output record")});
}

base::Result<std::unique_ptr<data::Transform>> make_flatten_key(const config::ConfigMap& config) {
  return make(Side::kKey, flatten_config(), config);
}

base::Result<std::unique_ptr<data::Transform>> make_flatten_value(const config::ConfigMap& config) {
  return make(Side::kValue, flatten_config(), config);
}

config::ConfigDef confluent_flatten_config() {
  return flatten_config().define(
      config::optional_key(
          std::string(kNestedMapKey), config::Type::kString, "fail", config::Importance::kMedium,
          "What becomes of a map in a struct: <code>fail</code>, or <code>include</code> to keep it as "
          "it is.")
          .checked_by(config::one_of_ignoring_case({"fail", "include"})));
}

base::Result<std::unique_ptr<data::Transform>> make_confluent_flatten_key(const config::ConfigMap& config) {
  return make(Side::kKey, confluent_flatten_config(), config);
}

base::Result<std::unique_ptr<data::Transform>> make_confluent_flatten_value(const config::ConfigMap& config) {
  return make(Side::kValue, confluent_flatten_config(), config);
}

}  // namespace sluice::smt
