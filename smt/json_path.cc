#include "smt/json_path.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/data/utf16.h"
#include "runtime/data/value_text.h"
#include "smt/json_path_compare.h"
#include "smt/json_path_syntax.h"

namespace sluice::smt {
namespace {

using data::SchemaAndValue;
using json_path::Expression;
using json_path::Operand;
using json_path::Operator;
using json_path::Step;
using json_path::StepKind;
using json_path::Steps;

bool is_object(const Value& value) {
  return value.is(Kind::kStruct) || value.is(Kind::kMap);
}

// Receives what a path leads to.
class Found {
 public:
  virtual ~Found() = default;
  virtual void add(const SchemaAndValue& match) = 0;
};

class FoundAll final : public Found {
 public:
  explicit FoundAll(std::vector<SchemaAndValue>& matches) : matches_(matches) {}
  void add(const SchemaAndValue& match) override { matches_.push_back(match); }

 private:
  std::vector<SchemaAndValue>& matches_;
};

class FoundFirst final : public Found {
 public:
  void add(const SchemaAndValue& match) override {
    if (!first_) first_ = match.value;
  }
  const std::optional<Value>& first() const { return first_; }

 private:
  std::optional<Value> first_;
};

class FoundValues final : public Found {
 public:
  explicit FoundValues(std::vector<Value>& values) : values_(values) {}
  void add(const SchemaAndValue& match) override { values_.push_back(match.value); }

 private:
  std::vector<Value>& values_;
};

SchemaAndValue field_of(const Value& record, std::size_t i) {
  const Schema& schema = record.struct_schema().fields()[i].schema();
  const Value& value = record.items()[i];
  return {&schema, value.is_null() ? schema.default_value() : value};
}

const Schema* item_schema(const SchemaAndValue& container) {
  return container.schema != nullptr ? container.schema->value_schema() : nullptr;
}

std::optional<SchemaAndValue> member(const SchemaAndValue& object, std::string_view name) {
  const auto items = object.value.items();
  if (object.value.is(Kind::kStruct)) {
    const int index = object.value.struct_schema().field_index(name);
    if (index < 0) return std::nullopt;
    return field_of(object.value, static_cast<std::size_t>(index));
  }
  for (std::size_t i = 0; i < items.size(); i += 2)
    if (items[i].is(Kind::kString) && items[i].text() == name) return SchemaAndValue{item_schema(object), items[i + 1]};
  return std::nullopt;
}

template <typename Visit>
void for_each_child(const SchemaAndValue& here, const Visit& visit) {
  const Value& value = here.value;
  if (value.is(Kind::kStruct)) {
    for (std::size_t i = 0; i < value.items().size(); ++i) visit(field_of(value, i));
  } else if (value.is(Kind::kMap)) {
    for (std::size_t i = 1; i < value.items().size(); i += 2)
      visit(SchemaAndValue{item_schema(here), value.items()[i]});
  } else if (value.is(Kind::kArray)) {
    for (const Value& item : value.items()) visit(SchemaAndValue{item_schema(here), item});
  }
}

// An operand of a filter, looked up for one item.
struct Resolved {
  bool defined = false;
  Value value;                 // a path to several values gives a list of them
  std::vector<Value> several;  // what that list holds
  const base::Regex* regex = nullptr;

  bool is_list() const { return value.is(Kind::kArray); }
};

// One evaluation of a path.
class Walk {
 public:
  Walk(const std::string& text, const SchemaAndValue& root) : text_(text), root_(root) {}

  // Everything that `path` leads to from `item` or the root.
  void follow(const Steps& path, const SchemaAndValue& item, Found& found) {
    step(path, 0, path.from_root ? root_ : item, true, found);
  }

  bool missing() const { return missing_; }
  const std::optional<base::Error>& error() const { return error_; }

 private:
  // Goes on at step `i` with the value `here`. `definite`: all steps so far lead to one value, so one that cannot be
  // taken makes the whole path's end missing.
  void step(const Steps& path, std::size_t i, const SchemaAndValue& here, bool definite, Found& found) {
    if (!spend()) return;
    if (i == path.steps.size()) return found.add(here);
    const Step& step_ = path.steps[i];
    const auto go_on = [&](const SchemaAndValue& next, bool still_definite) {
      step(path, i + 1, next, still_definite, found);
    };
    switch (step_.kind) {
      case StepKind::kProperty:
      case StepKind::kProperties:
        if (!is_object(here.value)) return lost(definite);
        for (const auto& name : step_.names) {
          if (const auto next = member(here, name))
            go_on(*next, definite && step_.kind == StepKind::kProperty);
          else
            lost(definite && step_.kind == StepKind::kProperty);
        }
        return;
      case StepKind::kIndex:
      case StepKind::kIndexes:
        if (!here.value.is(Kind::kArray)) return lost(definite);
        for (const std::int64_t index : step_.indexes)
          if (const auto next = item(here, index)) go_on(*next, definite && step_.kind == StepKind::kIndex);
        return;
      case StepKind::kSlice:
        if (!here.value.is(Kind::kArray)) return lost(definite);
        return slice(here, step_, [&](const SchemaAndValue& next) { go_on(next, false); });
      case StepKind::kWildcard:
        return for_each_child(here, [&](const SchemaAndValue& next) { go_on(next, false); });
      case StepKind::kFilter:
        if (!is_object(here.value) && !here.value.is(Kind::kArray)) return lost(definite);
        return filter(here, *step_.filter, [&](const SchemaAndValue& next) { go_on(next, false); });
      case StepKind::kScan:
        return scan(path, i + 1, here, 0, found);
      case StepKind::kLength:
        return go_on({nullptr, length(here.value)}, definite);
    }
  }

  // Applies step `i` to `here` and to everything below it.
  void scan(const Steps& path, std::size_t i, const SchemaAndValue& here, int depth, Found& found) {
    if (!is_object(here.value) && !here.value.is(Kind::kArray)) return;
    if (depth > JsonPath::kDepthMax) return fail("values are nested deeper than {}", JsonPath::kDepthMax);
    // A filter asks the objects in a list when the scan comes to them.
    if (path.steps[i].kind == StepKind::kFilter && here.value.is(Kind::kArray)) {
      for_each_child(here, [&](const SchemaAndValue& next) {
        if (!is_object(next.value) && test(*path.steps[i].filter, next)) step(path, i + 1, next, false, found);
      });
    } else {
      step(path, i, here, false, found);
    }
    for_each_child(here, [&](const SchemaAndValue& next) {
      if (!error_) scan(path, i, next, depth + 1, found);
    });
  }

  static std::optional<SchemaAndValue> item(const SchemaAndValue& list, std::int64_t index) {
    const auto items = list.value.items();
    if (index < 0) index += static_cast<std::int64_t>(items.size());
    if (index < 0 || index >= static_cast<std::int64_t>(items.size())) return std::nullopt;
    return SchemaAndValue{item_schema(list), items[static_cast<std::size_t>(index)]};
  }

  // As Jayway's slices go: between two bounds a negative start counts from the end for each item by itself.
  template <typename Visit>
  static void slice(const SchemaAndValue& list, const Step& step, const Visit& visit) {
    const auto size = static_cast<std::int64_t>(list.value.items().size());
    std::int64_t from = step.from.value_or(0);
    std::int64_t to = step.to.value_or(static_cast<std::int32_t>(std::min<std::int64_t>(size, INT32_MAX)));
    if (!step.to && from < 0) from = std::max<std::int64_t>(0, from + size);
    if (!step.from && to < 0) to += size;
    for (std::int64_t i = std::max(from, -size); i < std::min(to, size); ++i)
      if (const auto next = item(list, i)) visit(*next);
  }

  template <typename Visit>
  void filter(const SchemaAndValue& here, const Expression& expression, const Visit& visit) {
    if (is_object(here.value)) {
      if (test(expression, here)) visit(here);
      return;
    }
    for_each_child(here, [&](const SchemaAndValue& next) {
      if (!error_ && test(expression, next)) visit(next);
    });
  }

  static Value length(const Value& value) {
    if (value.is(Kind::kArray) || value.is(Kind::kMap)) return Value::int32(static_cast<std::int32_t>(value.size));
    if (value.is(Kind::kStruct)) return Value::int32(static_cast<std::int32_t>(value.items().size()));
    return {};
  }

  // ---- filters

  bool test(const Expression& expression, const SchemaAndValue& item) {
    if (!spend()) return false;
    const auto holds = [&](const Expression& part) { return test(part, item); };
    switch (expression.kind) {
      case Expression::Kind::kOr:
        return std::any_of(expression.parts.begin(), expression.parts.end(), holds);
      case Expression::Kind::kAnd:
        return std::all_of(expression.parts.begin(), expression.parts.end(), holds);
      case Expression::Kind::kNot:
        return !test(expression.parts.front(), item);
      case Expression::Kind::kExists: {
        FoundFirst first;
        look_up(std::get<Steps>(expression.left), item, first);
        return first.first().has_value();
      }
      case Expression::Kind::kCompare:
        break;
    }
    Resolved left, right;
    resolve(expression.left, item, left);
    resolve(expression.right, item, right);
    return !error_ && compare(expression.op, left, right);
  }

  // What is missing in a filter's path does not make the whole path's end missing.
  void look_up(const Steps& path, const SchemaAndValue& item, Found& found) {
    const bool missing = missing_;
    follow(path, item, found);
    missing_ = missing;
  }

  void resolve(const Operand& operand, const SchemaAndValue& item, Resolved& resolved) {
    if (const auto* regex = std::get_if<base::Regex>(&operand)) {
      resolved.regex = regex;
    } else if (const auto* literal = std::get_if<Value>(&operand)) {
      resolved.defined = true;
      resolved.value = *literal;
    } else if (const auto& path = std::get<Steps>(operand); path.definite) {
      FoundFirst first;
      look_up(path, item, first);
      resolved.defined = first.first().has_value();
      resolved.value = first.first().value_or(Value());
    } else {
      FoundValues values(resolved.several);
      look_up(path, item, values);
      resolved.defined = true;
      resolved.value = Value::array(resolved.several.data(), resolved.several.size());
    }
  }

  bool compare(Operator op, const Resolved& left, const Resolved& right) {
    switch (op) {
      case Operator::kEqual:
        return equal(left, right);
      case Operator::kNotEqual:
        return !equal(left, right);
      case Operator::kSame:
        return json_path::same_type(left.value, right.value) && equal(left, right);
      case Operator::kNotSame:
        return !json_path::same_type(left.value, right.value) || !equal(left, right);
      case Operator::kLess:
      case Operator::kLessOrEqual:
      case Operator::kGreater:
      case Operator::kGreaterOrEqual:
        return ordered(op, left.value, right.value);
      case Operator::kMatches:
        if (left.regex != nullptr) return matches(*left.regex, right.value);
        return right.regex != nullptr && matches(*right.regex, left.value);
      case Operator::kContains:
        if (left.value.is(Kind::kString) && right.value.is(Kind::kString))
          return left.value.text().find(right.value.text()) != std::string_view::npos;
        return left.is_list() && right.defined && holds(left.value, right.value);
      case Operator::kSize:
        return has_size(left.value, right.value);
      case Operator::kEmpty:
        return right.value.is(Kind::kBoolean) && is_empty(left.value) == right.value.boolean_value();
      default:
        return right.is_list() && compare_with_list(op, left, right.value);
    }
  }

  bool compare_with_list(Operator op, const Resolved& left, const Value& list) {
    if (op == Operator::kIn) return left.defined && holds(list, left.value);
    if (op == Operator::kNotIn) return !left.defined || !holds(list, left.value);
    if (!left.is_list()) return false;
    const auto in = [this](const Value& where) {
      return [this, &where](const Value& item) { return holds(where, item); };
    };
    const auto items = left.value.items();
    if (op == Operator::kAll) return std::all_of(list.items().begin(), list.items().end(), in(left.value));
    if (op == Operator::kSubsetOf) return std::all_of(items.begin(), items.end(), in(list));
    const bool any = std::any_of(items.begin(), items.end(), in(list));
    return op == Operator::kAnyOf ? any : !any;
  }

  bool holds(const Value& list, const Value& value) {
    if (!spend(list.items().size())) return false;
    return std::any_of(list.items().begin(), list.items().end(),
                       [&](const Value& item) { return json_path::same(item, value); });
  }

  static bool equal(const Resolved& left, const Resolved& right) {
    return left.defined && right.defined && json_path::same(left.value, right.value);
  }

  static bool ordered(Operator op, const Value& left, const Value& right) {
    const auto order = json_path::order(left, right);
    if (!order) return false;
    if (op == Operator::kLess) return *order < 0;
    if (op == Operator::kLessOrEqual) return *order <= 0;
    return op == Operator::kGreater ? *order > 0 : *order >= 0;
  }

  // A text's size is in UTF-16 units, as in Java.
  static bool has_size(const Value& value, const Value& size) {
    if (!size.is(Kind::kInt64)) return false;
    if (value.is(Kind::kString)) return static_cast<std::int64_t>(data::utf16_length(value.text())) == size.i64();
    return value.is(Kind::kArray) && value.size == size.i64();
  }

  // Nothing where a value cannot be empty.
  static std::optional<bool> is_empty(const Value& value) {
    if (is_object(value) || value.is(Kind::kArray) || value.is(Kind::kString)) return value.size == 0;
    return std::nullopt;
  }

  // Of a list, any item may match. Texts, numbers and truths match by their text, others as an empty one.
  bool matches(const base::Regex& regex, const Value& value) {
    if (value.is(Kind::kArray))
      return std::any_of(value.items().begin(), value.items().end(),
                         [&](const Value& item) { return spend() && !item.is(Kind::kArray) && matches(regex, item); });
    const bool has_text = json_path::is_number(value) || value.is(Kind::kBoolean);
    const auto matched = value.is(Kind::kString) ? regex.matches(value.text())
                         : has_text              ? regex.matches(data::value_text(value))
                                                 : regex.matches("");
    if (!matched && !error_) error_ = matched.error();
    return matched && *matched;
  }

  // ---- limits

  bool spend(std::size_t visits = 1) {
    if (error_) return false;
    visits_ += visits;
    if (visits_ > JsonPath::kVisitsMax) fail("more than {} values would be looked at", JsonPath::kVisitsMax);
    return !error_;
  }

  template <typename... Args>
  void fail(fmt::format_string<Args...> format, Args&&... args) {
    if (!error_)
      error_ =
          base::data_error("Path {} cannot be followed: {}", text_, fmt::format(format, std::forward<Args>(args)...))
              .value();
  }

  void lost(bool definite) { missing_ = missing_ || definite; }

  const std::string& text_;
  const SchemaAndValue& root_;
  std::size_t visits_ = 0;
  bool missing_ = false;
  std::optional<base::Error> error_;
};

}  // namespace

base::Result<JsonPath> JsonPath::compile(std::string_view text) {
  SLUICE_TRY_ASSIGN(auto path, json_path::parse(text));
  return JsonPath(std::move(path));
}

const std::string& JsonPath::text() const {
  return path_->text;
}

bool JsonPath::definite() const {
  return path_->path.definite;
}

base::Result<bool> JsonPath::evaluate(const SchemaAndValue& root, std::vector<SchemaAndValue>& found) const {
  found.clear();
  Walk walk(path_->text, root);
  FoundAll all(found);
  walk.follow(path_->path, root, all);
  if (walk.error()) {
    found.clear();
    return base::fail(*walk.error());
  }
  return !walk.missing() && (!definite() || !found.empty());
}

}  // namespace sluice::smt
