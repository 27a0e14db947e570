#pragma once
// Values and schemas of every kind, chosen by a fuzz target's input.

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "runtime/data/batch.h"
#include "runtime/data/number_value.h"
#include "runtime/data/schema.h"

namespace sluice::fuzz {

using data::Batch;
using data::SchemaBuilder;

// Takes each choice from a byte of the input; behind its end from a generator that the input seeds, so that a short
// input makes rich records too.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {
    for (std::size_t i = 0; i < size; ++i) state_ = (state_ ^ data[i]) * 0x100000001B3ULL;
  }
  std::size_t below(std::size_t n) {
    if (at_ < size_) return data_[at_++] % n;
    return static_cast<std::size_t>(next() % n);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::int64_t number() {
    static constexpr std::array<std::int64_t, 8> kEdges = {
        0, 1, -1, INT64_MAX, INT64_MIN, 86'400'000, 1'700'000'000'123, -62'135'596'800'000};
    return one_in(2) ? kEdges[below(kEdges.size())] : static_cast<std::int64_t>(next() >> below(64));
  }
  template <typename List>
  auto pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

inline constexpr std::array<std::string_view, 6> kNames = {"a", "b", "c", "before", "after", "a.b"};
inline constexpr std::array<std::string_view, 10> kTexts = {"",
                                                            "a",
                                                            "12",
                                                            "-3.5e7",
                                                            "true",
                                                            "2024-02-29T01:02:03.004Z",
                                                            "20240229",
                                                            "\xF0\x9F\x8D\x8B",
                                                            "\xED\xA0\x80",
                                                            "{\"a\":[1,null]}"};

class Maker {
 public:
  Maker(Choices& choices, Batch& batch, data::SchemaPool& pool)
      : choices_(choices), arena_(batch.arena().c()), pool_(pool) {}

  const Schema* schema(int depth) {
    const std::size_t kinds = depth == 0 ? 4 : depth > 2 ? 13 : 16;
    SchemaBuilder builder = depth == 0 && !choices_.one_in(kinds) ? structure(depth) : of(choices_.below(16), depth);
    if (choices_.one_in(3)) builder.optional();
    const Schema* plain = builder.build(pool_).value();
    if (!choices_.one_in(4)) return plain;
    const Value value = fitting(*plain, depth + 1);
    return value.is_null() ? plain : builder.default_value(value).build(pool_).value();
  }

  Value fitting(const Schema& schema, int depth) {
    if (schema.optional() && choices_.one_in(4)) return {};
    const std::string_view name = schema.name();
    if (name == kDateName) return Value::instant(static_cast<std::int32_t>(choices_.number()) * 86'400'000LL);
    if (name == kTimeName) return Value::instant(static_cast<std::int64_t>(choices_.below(86'400'000)));
    if (name == kTimestampName) return Value::instant(choices_.number());
    if (name == kDecimalName) return arena_decimal(arena_, 2, text());
    switch (schema.type()) {
      case Kind::kArray:
        return items(false, [&](bool) { return fitting(*schema.value_schema(), depth + 1); });
      case Kind::kMap:
        return items(true,
                     [&](bool key) { return fitting(key ? *schema.key_schema() : *schema.value_schema(), depth + 1); });
      case Kind::kStruct: {
        sluice_struct* record = arena_struct(arena_, &schema);
        for (std::uint32_t i = 0; i < schema.field_count; ++i) {
          const Schema& field = schema.fields()[i].schema();
          const bool unset = field.has_default() && choices_.one_in(3);  // null, though the field may be required
          if (!unset) record->fields[i] = fitting(field, depth + 1);
        }
        return Value::record(record, schema.field_count);
      }
      default:
        return primitive(schema.type());
    }
  }

  // A value without a schema.
  Value loose(int depth) {
    switch (choices_.below(depth == 0 ? 4 : 8)) {
      case 0:
        return primitive(static_cast<Kind>(choices_.below(10)));
      case 1:
        return depth < 3
                   ? items(true,
                           [&](bool key) { return key ? Value::string(choices_.pick(kNames)) : loose(depth + 1); })
                   : Value();
      case 2:
        return depth < 3 ? items(false, [&](bool) { return loose(depth + 1); }) : Value();
      case 3:
        return items(true, [&](bool key) { return key ? Value::string(choices_.pick(kNames)) : loose(depth + 2); });
      case 4:
        return Value::instant(choices_.number());
      case 5:
        return arena_decimal(arena_, static_cast<std::int32_t>(choices_.below(3)), text());
      case 6:
        return fitting(*structure(2).build(pool_).value(), 2);
      default:
        return items(true, [&](bool) { return loose(3); });  // keys of any kind
    }
  }

 private:
  std::string_view text() { return choices_.pick(kTexts); }

  SchemaBuilder structure(int depth) {
    auto builder = SchemaBuilder::structure();
    if (choices_.one_in(2)) builder.name("s.Value");
    for (const std::string_view name : kNames)
      if (choices_.one_in(2)) builder.field(name, schema(depth + 1));
    return builder;
  }

  SchemaBuilder of(std::size_t kind, int depth) {
    if (depth > 2 && kind > 12) kind -= 4;
    switch (kind) {
      case 9:
        return SchemaBuilder::decimal(2);
      case 10:
        return SchemaBuilder::date();
      case 11:
        return SchemaBuilder::time();
      case 12:
        return SchemaBuilder::timestamp();
      case 13:
        return SchemaBuilder::array(schema(depth + 1));
      case 14:
        return SchemaBuilder::map(pool_.string(), schema(depth + 1));
      case 15:
        return structure(depth);
      default:
        return SchemaBuilder(static_cast<Kind>(kind + 1));
    }
  }

  Value primitive(Kind kind) {
    const std::int64_t number = choices_.number();
    switch (kind) {
      case Kind::kNull:
        return {};
      case Kind::kFloat32:
        return Value::float32(static_cast<float>(number) / 3);
      case Kind::kFloat64:
        return Value::float64(static_cast<double>(number) / 3);
      case Kind::kBoolean:
        return Value::boolean(number < 0);
      case Kind::kString:
        return Value::string(text());
      case Kind::kBytes:
        return Value::bytes(text());
      default:
        return data::integer_value(kind, number);
    }
  }

  template <typename Make>
  Value items(bool map, Make make) {
    const std::size_t count = choices_.below(4) * (map ? 2 : 1);
    auto* list = arena_array<sluice_value>(arena_, count);
    for (std::size_t i = 0; i < count; ++i) list[i] = make(map && i % 2 == 0);
    return map ? Value::map(list, count / 2) : Value::array(list, count);
  }

  Choices& choices_;
  sluice_arena* arena_;
  data::SchemaPool& pool_;
};

}  // namespace sluice::fuzz
