#include "smt/vector_to_json.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

enum class Form { kKept, kVector, kSparse, kNested };

// What becomes of the structs of one schema.
struct Plan {
  struct Step {
    Form form = Form::kKept;
    int dimensions = -1;  // of a sparse vector
    int vector = -1;
    std::size_t nested = 0;  // index in `children`
  };
  const Schema* source = nullptr;  // what they are
  const Schema* schema = nullptr;  // what they become
  std::vector<Step> steps;
  std::vector<Plan> children;
};

Form form_of(const Schema& schema) {
  if (schema.name() == "io.debezium.data.DoubleVector" || schema.name() == "io.debezium.data.FloatVector")
    return Form::kVector;
  if (schema.name() == "io.debezium.data.SparseDoubleVector") return Form::kSparse;
  return schema.type() == Kind::kStruct ? Form::kNested : Form::kKept;
}

base::Result<Plan> plan_of(data::SchemaPool& pool, const Schema& schema) {
  if (schema.type() != Kind::kStruct) return base::data_error("Cannot list fields on non-struct type");
  Plan plan;
  plan.source = &schema;
  auto builder = struct_like(schema).optional(schema.optional());
  for (const Field& field : schema.fields()) {
    Plan::Step step{form_of(field.schema()), -1, -1, 0};
    const Schema* becomes = &field.schema();
    if (step.form == Form::kVector || step.form == Form::kSparse) {
      SLUICE_TRY_ASSIGN(becomes, data::SchemaBuilder(Kind::kString)
                                     .name("io.debezium.data.Json")
                                     .version(1)
                                     .optional(field.schema().optional())
                                     .build(pool));
      if (field.schema().type() == Kind::kStruct) {
        step.dimensions = field.schema().field_index("dimensions");
        step.vector = field.schema().field_index("vector");
      }
    } else if (step.form == Form::kNested) {
      SLUICE_TRY_ASSIGN(Plan nested, plan_of(pool, field.schema()));
      becomes = nested.schema;
      step.nested = plan.children.size();
      plan.children.push_back(std::move(nested));
    }
    builder.field(field.name(), becomes);
    plan.steps.push_back(step);
  }
  SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
  return plan;
}

class VectorToJson final : public data::RecordTransform {
 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value& value = record.value_value();
    if (value.is_null()) return {};
    SLUICE_TRY(require_struct(value, "Value should be a struct"));
    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const Plan* plan, plans_.get(&schema, [&] { return plan_of(*context.schemas, schema); }));
    SLUICE_TRY_ASSIGN(const Value converted, convert(batch.arena().c(), value, *plan));
    return set_side(batch, record, Side::kValue, plan->schema, converted);
  }

 private:
  base::Result<Value> convert(sluice_arena* arena, const Value& value, const Plan& plan) {
    sluice_struct* fields = arena_struct(arena, plan.schema);
    if (fields == nullptr) return out_of_memory();
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const Value field = field_value(value, value.struct_schema(), i, true);
      SLUICE_TRY_ASSIGN(const Value converted, convert_field(arena, field, plan, i));
      SLUICE_TRY(struct_put(fields, i, converted));
    }
    return Value::record(fields, plan.steps.size());
  }

  base::Result<Value> convert_field(sluice_arena* arena, const Value& field, const Plan& plan, std::size_t at) {
    const Plan::Step& step = plan.steps[at];
    if (step.form == Form::kKept) return field;
    if (field.is_null()) return Value();
    if (step.form == Form::kNested) {
      SLUICE_TRY(require_struct(field, "Should be a struct."));
      SLUICE_TRY(require_fields_of(field, *plan.children[step.nested].source));
      return convert(arena, field, plan.children[step.nested]);
    }
    text_.clear();
    if (step.form == Form::kVector) {
      SLUICE_TRY(append_vector(field));
    } else {
      SLUICE_TRY(append_sparse(field, plan.source->fields()[at].schema(), step));
    }
    const std::string_view text = arena_copy(arena, text_);
    if (text.data() == nullptr) return out_of_memory();
    return Value::string(text);
  }

  base::Status append_vector(const Value& vector) {
    if (!vector.is(Kind::kArray))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast,
                        "class {} cannot be cast to class java.util.Collection", data::java_class_name(vector));
    text_ += "{ \"values\": [";
    const auto items = vector.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text_ += ", ";
      data::append_value_text(items[i], text_);
    }
    text_ += "] }";
    return {};
  }

  // The entries in order of their numbers, as in Java's TreeMap.
  base::Status append_sparse(const Value& sparse, const Schema& sparse_schema, const Plan::Step& step) {
    SLUICE_TRY(require_struct(sparse, "SparseDoubleVector should be a struct."));
    SLUICE_TRY(require_fields_of(sparse, sparse_schema));
    SLUICE_TRY_ASSIGN(const Value dimensions, struct_get_typed(sparse, {"dimensions", step.dimensions}, Kind::kInt16));
    SLUICE_TRY_ASSIGN(const Value vector, struct_get_typed(sparse, {"vector", step.vector}, Kind::kMap));
    if (vector.is_null()) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "vector");
    entries_.clear();
    const auto items = vector.items();
    for (std::size_t i = 0; i < items.size(); i += 2) {
      if (!items[i].is_integer()) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "key");
      entries_.emplace_back(items[i].i64(), items[i + 1]);
    }
    std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    text_ += "{ \"dimensions\": ";
    data::append_value_text(dimensions, text_);
    text_ += ", \"vector\": { ";
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (i > 0) text_ += ", ";
      text_ += '"';
      data::append_value_text(Value::int64(entries_[i].first), text_);
      text_ += "\": ";
      data::append_value_text(entries_[i].second, text_);
    }
    text_ += " } }";
    return {};
  }

  PerSchema<Plan> plans_;
  std::string text_;  // scratch
  std::vector<std::pair<std::int64_t, Value>> entries_;
};

}  // namespace

config::ConfigDef vector_to_json_config() {
  return {};
}

base::Result<std::unique_ptr<data::Transform>> make_vector_to_json(const config::ConfigMap&) {
  return std::make_unique<VectorToJson>();
}

}  // namespace sluice::smt
