#include "runtime/convert/json_schema_text.h"

#include "runtime/convert/json_text_out.h"
#include "runtime/data/schema.h"

namespace sluice::convert::json {
namespace {

std::string_view json_type_name(Kind type) {
  switch (type) {
    case Kind::kFloat32:
      return "float";
    case Kind::kFloat64:
      return "double";
    default:
      return data::type_name_lower(type);
  }
}

class SchemaWriter {
 public:
  SchemaWriter(const DefaultText& default_text, std::string& out) : default_text_(default_text), out_(out) {}

  // Children of unknown type are null. A field's name comes last among its schema's members.
  base::Status write(const Schema* schema, const Field* field) {
    if (schema == nullptr) {
      out_ += "null";
      return {};
    }
    out_ += fmt::format("{{\"type\":\"{}\"", json_type_name(schema->type()));
    SLUICE_TRY(children(*schema));
    out_ += schema->optional() ? ",\"optional\":true" : ",\"optional\":false";
    attributes(*schema);
    if (schema->has_default() && !schema->default_value().is_null()) {
      SLUICE_TRY_ASSIGN(const std::string_view text, default_text_(*schema));
      out_ += ",\"default\":";
      out_ += text;
    }
    if (field != nullptr) member(",\"field\":", field->name());
    out_ += '}';
    return {};
  }

 private:
  base::Status children(const Schema& schema) {
    if (schema.type() == Kind::kArray) {
      out_ += ",\"items\":";
      return write(schema.value_schema(), nullptr);
    }
    if (schema.type() == Kind::kMap) {
      out_ += ",\"keys\":";
      SLUICE_TRY(write(schema.key_schema(), nullptr));
      out_ += ",\"values\":";
      return write(schema.value_schema(), nullptr);
    }
    if (schema.type() != Kind::kStruct) return {};
    out_ += ",\"fields\":[";
    bool first = true;
    for (const Field& field : schema.fields()) {
      if (!first) out_ += ',';
      first = false;
      SLUICE_TRY(write(&field.schema(), &field));
    }
    out_ += ']';
    return {};
  }

  void attributes(const Schema& schema) {
    if (schema.has_name()) member(",\"name\":", schema.name());
    if (schema.has_version()) out_ += fmt::format(",\"version\":{}", schema.sluice_schema::version);
    if (schema.has_doc()) member(",\"doc\":", schema.doc());
    if (!schema.has_parameters()) return;
    out_ += ",\"parameters\":{";
    bool first = true;
    for (const sluice_kv& entry : schema.parameters()) {
      if (!first) out_ += ',';
      first = false;
      member("", view(entry.key));
      member(":", view(entry.value));
    }
    out_ += '}';
  }

  void member(std::string_view before, std::string_view text) {
    out_ += before;
    append_text(text, out_);
  }

  const DefaultText& default_text_;
  std::string& out_;
};

}  // namespace

base::Status append_schema(const Schema& schema, const DefaultText& default_text, std::string& out) {
  return SchemaWriter(default_text, out).write(&schema, nullptr);
}

}  // namespace sluice::convert::json
