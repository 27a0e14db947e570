#include "smt/script_objects.h"

#include <mutex>
#include <string_view>

#include "runtime/data/decimal.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"
#include "smt/shapes.h"

namespace sluice::smt {
namespace {

// Ids are the process's, classes are each runtime's.
JSClassID record_class = 0;
JSClassID schema_class = 0;

constexpr const char* kReadOnly = "Record attributes must not be modified from within this transformation";

// What is easier said in JavaScript: the methods of Java's lists, maps and structs, and the small objects around a
// schema. Gives [prototype of lists, prototype of records, maker of fields, maker of types, Date].
constexpr std::string_view kPrelude = R"js((function (text) {
  const hidden = (target, methods) => {
    for (const name of Object.keys(methods))
      Object.defineProperty(target, name, {value: methods[name], writable: true, configurable: true});
    return target;
  };
  const list = hidden(Object.create(Array.prototype), {
    get(i) { return this[i]; },
    size() { return this.length; },
    isEmpty() { return this.length === 0; },
    contains(x) { return this.includes(x); },
  });
  const record = hidden({}, {
    get(name) { const found = this[name]; return found === undefined ? null : found; },
    containsKey(name) { return Object.prototype.hasOwnProperty.call(this, name); },
    size() { return Object.keys(this).length; },
    toString() { return text.call(this); },
  });
  const field = (name, index, schema) => ({name: () => name, index: () => index, schema: () => schema, toString: () => name});
  const type = (name, lower) => ({name: () => name, getName: () => lower, toString: () => name});
  return [list, record, field, type, Date];
}))js";

enum SchemaMethod {
  kName,
  kVersion,
  kDoc,
  kType,
  kIsOptional,
  kDefaultValue,
  kParameters,
  kField,
  kFields,
  kElementKeySchema,
  kElementValueSchema,
  kSchemaText,
  kSchemaMethodCount
};
constexpr std::array<const char*, kSchemaMethodCount> kSchemaMethods = {
    "name",       "version", "doc",    "type",      "isOptional",  "defaultValue",
    "parameters", "field",   "fields", "keySchema", "valueSchema", "toString"};

ScriptRecord& self_of(JSContext* context) {
  return *static_cast<ScriptRecord*>(JS_GetContextOpaque(context));
}

bool key_is(const Value& key, std::string_view name) {
  return key.is(Kind::kString) ? key.text() == name : data::value_text(key) == name;
}

}  // namespace

struct ScriptRecord::Reference {
  Value value;
  std::uint64_t generation = 0;
};

void ScriptRecord::define_classes(JSRuntime* runtime) {
  static std::once_flag once;
  std::call_once(once, [] {
    JS_NewClassID(&record_class);
    JS_NewClassID(&schema_class);
  });
  static JSClassExoticMethods methods = [] {
    JSClassExoticMethods made{};
    made.get_own_property = get_property;
    made.get_own_property_names = property_names;
    made.delete_property = delete_property;
    made.define_own_property = define_property;
    made.set_property = set_property;
    return made;
  }();
  JSClassDef record{};
  record.class_name = "Record";
  record.finalizer = [](JSRuntime* of, JSValue object) { js_free_rt(of, JS_GetOpaque(object, record_class)); };
  record.exotic = &methods;
  JS_NewClass(runtime, record_class, &record);
  JSClassDef schema{};
  schema.class_name = "Schema";
  JS_NewClass(runtime, schema_class, &schema);
}

bool ScriptRecord::install(JSContext* context) {
  context_ = context;
  roots_.fill(JS_UNDEFINED);
  list_prototype_ = make_field_ = make_type_ = date_ = JS_UNDEFINED;
  JS_SetContextOpaque(context, this);
  define_classes(JS_GetRuntime(context));
  if (!install_prelude(context) || !install_schema_methods(context)) return false;
  const JSValue global = JS_GetGlobalObject(context);
  bool ok = true;
  for (int root = 0; root < kRootCount && ok; ++root) {
    const JSAtom atom = JS_NewAtom(context, kNames[static_cast<std::size_t>(root)]);
    ok = atom != JS_ATOM_NULL &&
         JS_DefinePropertyGetSet(
             context, global, atom, JS_NewCFunctionMagic(context, get_root, "get", 0, JS_CFUNC_generic_magic, root),
             JS_NewCFunction(context, refuse_root, "set", 1), JS_PROP_ENUMERABLE | JS_PROP_CONFIGURABLE) >= 0;
    JS_FreeAtom(context, atom);
  }
  JS_FreeValue(context, global);
  return ok;
}

bool ScriptRecord::install_prelude(JSContext* context) {
  const JSValue prelude = JS_Eval(context, kPrelude.data(), kPrelude.size(), "prelude", JS_EVAL_TYPE_GLOBAL);
  JSValue text = JS_NewCFunction(context, value_to_text, "toString", 0);
  const JSValue made = JS_Call(context, prelude, JS_UNDEFINED, 1, &text);
  JS_FreeValue(context, text);
  JS_FreeValue(context, prelude);
  if (JS_IsException(made)) return false;
  list_prototype_ = JS_GetPropertyUint32(context, made, 0);
  JS_SetClassProto(context, record_class, JS_GetPropertyUint32(context, made, 1));
  make_field_ = JS_GetPropertyUint32(context, made, 2);
  make_type_ = JS_GetPropertyUint32(context, made, 3);
  date_ = JS_GetPropertyUint32(context, made, 4);
  JS_FreeValue(context, made);
  return true;
}

bool ScriptRecord::install_schema_methods(JSContext* context) {
  const JSValue prototype = JS_NewObject(context);
  for (int what = 0; what < kSchemaMethodCount; ++what) {
    const char* method = kSchemaMethods[static_cast<std::size_t>(what)];
    JSValue function = JS_NewCFunctionMagic(context, call_schema, method, 1, JS_CFUNC_generic_magic, what);
    if (JS_SetPropertyStr(context, prototype, method, function) < 0) return false;
  }
  JS_SetClassProto(context, schema_class, prototype);
  return true;
}

void ScriptRecord::enter(const data::Batch& batch, const data::Record& record) {
  batch_ = &batch;
  record_ = &record;
  read_null_ = false;
  ++generation_;
}

void ScriptRecord::leave() {
  for (JSValue& root : roots_) {
    if (JS_IsUndefined(root)) continue;
    JS_FreeValue(context_, root);
    root = JS_UNDEFINED;
  }
  batch_ = nullptr;
  record_ = nullptr;
  ++generation_;
}

const Value* ScriptRecord::value_of(JSValueConst object) const {
  const auto* found = static_cast<const Reference*>(JS_GetOpaque(object, record_class));
  return found != nullptr && found->generation == generation_ ? &found->value : nullptr;
}

bool ScriptRecord::is_date(JSValueConst object) const {
  return JS_IsObject(object) && JS_IsInstanceOf(context_, object, date_) == 1;
}

// ---- from the record to JavaScript

JSValue ScriptRecord::text_to_script(std::string_view text) {
  return JS_NewStringLen(context_, text.data(), text.size());
}

JSValue ScriptRecord::to_script(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      read_null_ = true;
      return JS_NULL;
    case Kind::kInt8:
    case Kind::kInt16:
    case Kind::kInt32:
      return JS_NewInt32(context_, static_cast<std::int32_t>(value.i64()));
    case Kind::kInt64:
      return JS_NewInt64(context_, value.i64());
    case Kind::kFloat32:
      return JS_NewFloat64(context_, static_cast<double>(value.f32()));
    case Kind::kFloat64:
      return JS_NewFloat64(context_, value.f64());
    case Kind::kBoolean:
      return JS_NewBool(context_, value.boolean_value());
    case Kind::kString:
      return text_to_script(value.text());
    case Kind::kBytes:
      return bytes_to_script(value.text());
    case Kind::kArray:
      return list_to_script(value);
    case Kind::kDecimal:
      return JS_NewFloat64(context_, data::decimal_to_double(data::decimal_number(value)));
    case Kind::kInstant:
      return JS_NewDate(context_, static_cast<double>(value.i64()));
    case Kind::kMap:
    case Kind::kStruct:
      break;
  }
  const JSValue object = JS_NewObjectClass(context_, static_cast<int>(record_class));
  if (JS_IsException(object)) return object;
  auto* memory = js_malloc(context_, sizeof(Reference));
  if (memory == nullptr) {
    JS_FreeValue(context_, object);
    return JS_EXCEPTION;
  }
  JS_SetOpaque(object, ::new (memory) Reference{value, generation_});
  return object;
}

JSValue ScriptRecord::bytes_to_script(std::string_view bytes) {
  const JSValue buffer =
      JS_NewArrayBufferCopy(context_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (JS_IsException(buffer)) return buffer;
  JSValue arguments[] = {buffer, JS_UNDEFINED, JS_UNDEFINED};  // all three are read
  const JSValue array = JS_NewTypedArray(context_, 3, arguments, JS_TYPED_ARRAY_INT8);
  JS_FreeValue(context_, buffer);
  return array;
}

JSValue ScriptRecord::list_to_script(const Value& list) {
  const JSValue array = JS_NewArray(context_);
  if (JS_IsException(array)) return array;
  std::uint32_t at = 0;
  for (const Value& item : list.items()) {
    if (JS_DefinePropertyValueUint32(context_, array, at++, to_script(item), JS_PROP_C_W_E) >= 0) continue;
    JS_FreeValue(context_, array);
    return JS_EXCEPTION;
  }
  if (JS_SetPrototype(context_, array, list_prototype_) >= 0) return array;
  JS_FreeValue(context_, array);
  return JS_EXCEPTION;
}

JSValue ScriptRecord::schema_to_script(const Schema* schema) {
  if (schema == nullptr) return JS_NULL;
  const JSValue object = JS_NewObjectClass(context_, static_cast<int>(schema_class));
  // Only read through call_schema, which casts it back to what it is.
  if (!JS_IsException(object)) JS_SetOpaque(object, const_cast<Schema*>(schema));
  return object;
}

JSValue ScriptRecord::field_to_script(const Schema& schema, std::size_t position) {
  const Field& field = schema.fields()[position];
  JSValue arguments[] = {text_to_script(field.name()), JS_NewInt32(context_, static_cast<std::int32_t>(position)),
                         schema_to_script(&field.schema())};
  const JSValue made = JS_Call(context_, make_field_, JS_UNDEFINED, 3, arguments);
  for (const JSValue& argument : arguments) JS_FreeValue(context_, argument);
  return made;
}

JSValue ScriptRecord::headers_to_script() {
  const JSValue all = JS_NewObject(context_);
  if (JS_IsException(all)) return all;
  for (std::uint32_t i = 0; i < record_->header_count; ++i) {  // of several by one name the last one counts, as in Java
    const sluice_header& header = record_->headers[i];
    const JSAtom key = JS_NewAtomLen(context_, header.key.data, static_cast<std::size_t>(header.key.size));
    const JSValue one = JS_NewObject(context_);
    if (key == JS_ATOM_NULL || JS_IsException(one) ||
        JS_SetPropertyStr(context_, one, "value", to_script(header.value)) < 0 ||
        JS_SetPropertyStr(context_, one, "schema", schema_to_script(static_cast<const Schema*>(header.schema))) < 0) {
      JS_FreeAtom(context_, key);
      JS_FreeValue(context_, one);
      JS_FreeValue(context_, all);
      return JS_EXCEPTION;
    }
    JS_DefinePropertyValue(context_, all, key, one, JS_PROP_C_W_E);
    JS_FreeAtom(context_, key);
  }
  return all;
}

JSValue ScriptRecord::make_root(Root root) {
  switch (root) {
    case kKey:
      return to_script(record_->key_value());
    case kValue:
      return to_script(record_->value_value());
    case kKeySchema:
      return schema_to_script(batch_->key_schema(*record_));
    case kValueSchema:
      return schema_to_script(batch_->value_schema(*record_));
    case kTopic:
      return text_to_script(batch_->topic(*record_));
    case kHeader:
    case kHeaders:
    case kRootCount:
      break;
  }
  return headers_to_script();
}

JSValue ScriptRecord::get_root(JSContext* context, JSValueConst, int, JSValueConst*, int magic) {
  ScriptRecord& self = self_of(context);
  if (self.record_ == nullptr) return JS_UNDEFINED;
  JSValue& root = self.roots_[static_cast<std::size_t>(magic)];
  if (JS_IsUndefined(root)) {
    const JSValue made = self.make_root(static_cast<Root>(magic));
    if (JS_IsException(made)) return made;
    root = made;
  }
  return JS_DupValue(context, root);
}

JSValue ScriptRecord::refuse_root(JSContext* context, JSValueConst, int, JSValueConst*) {
  return JS_ThrowTypeError(context, "%s", kReadOnly);
}

// ---- properties of structs and maps

const ScriptRecord::Reference* ScriptRecord::reference(JSValueConst object, bool* alive) const {
  const auto* found = static_cast<const Reference*>(JS_GetOpaque(object, record_class));
  *alive = found == nullptr || found->generation == generation_;
  if (!*alive) JS_ThrowTypeError(context_, "this object belongs to an earlier record; keep texts and numbers instead");
  return *alive ? found : nullptr;
}

const ScriptRecord::Name& ScriptRecord::name(JSAtom atom) {
  Name& entry = names_[atom % names_.size()];
  if (entry.atom == atom) return entry;
  JS_FreeAtom(context_, entry.atom);
  entry = {};
  const JSValue key = JS_AtomToValue(context_, atom);
  entry.symbol = JS_IsSymbol(key);
  JS_FreeValue(context_, key);
  if (!entry.symbol) {
    const JSValue spelled = JS_AtomToString(context_, atom);
    std::size_t size = 0;
    if (const char* text = JS_ToCStringLen(context_, &size, spelled); text != nullptr) {
      entry.text.assign(text, size);
      JS_FreeCString(context_, text);
    }
    JS_FreeValue(context_, spelled);
  }
  entry.atom = JS_DupAtom(context_, atom);
  return entry;
}

bool ScriptRecord::find(const Value& value, JSAtom atom, Value* found) {
  auto& entry = const_cast<Name&>(name(atom));
  if (entry.symbol) return false;
  if (value.is(Kind::kStruct)) {
    const Schema& schema = value.struct_schema();
    if (entry.schema != &schema) {
      entry.schema = &schema;
      entry.position = schema.field_index(entry.text);
    }
    if (entry.position < 0) return false;
    *found = field_value(value, schema, static_cast<std::size_t>(entry.position), true);
    return true;
  }
  const auto items = value.items();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!key_is(items[i], entry.text)) continue;
    *found = items[i + 1];
    return true;
  }
  return false;
}

int ScriptRecord::get_property(JSContext* context, JSPropertyDescriptor* descriptor, JSValueConst object, JSAtom atom) {
  ScriptRecord& self = self_of(context);
  bool alive = false;
  const Reference* of = self.reference(object, &alive);
  if (!alive) return -1;
  Value found;
  if (of == nullptr || !self.find(of->value, atom, &found)) return 0;
  if (descriptor == nullptr) return 1;
  descriptor->flags = JS_PROP_ENUMERABLE | JS_PROP_CONFIGURABLE;
  descriptor->getter = descriptor->setter = JS_UNDEFINED;
  descriptor->value = self.to_script(found);
  return JS_IsException(descriptor->value) ? -1 : 1;
}

int ScriptRecord::property_names(JSContext* context, JSPropertyEnum** names, std::uint32_t* count,
                                 JSValueConst object) {
  ScriptRecord& self = self_of(context);
  bool alive = false;
  const Reference* of = self.reference(object, &alive);
  if (!alive) return -1;
  *names = nullptr;
  *count = 0;
  if (of == nullptr) return 0;
  const bool is_struct = of->value.is(Kind::kStruct);
  const auto items = of->value.items();
  const std::size_t step = is_struct ? 1 : 2;
  if (items.empty()) return 0;
  auto* made = static_cast<JSPropertyEnum*>(js_mallocz(context, sizeof(JSPropertyEnum) * (items.size() / step)));
  if (made == nullptr) return -1;
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < items.size(); i += step, ++at) {
    const std::string text =
        is_struct ? std::string(of->value.struct_schema().fields()[i].name()) : data::value_text(items[i]);
    made[at].is_enumerable = 1;
    made[at].atom = JS_NewAtomLen(context, text.data(), text.size());
    if (made[at].atom != JS_ATOM_NULL) continue;
    for (std::uint32_t j = 0; j < at; ++j) JS_FreeAtom(context, made[j].atom);
    js_free(context, made);
    return -1;
  }
  *names = made;
  *count = at;
  return 0;
}

int ScriptRecord::delete_property(JSContext* context, JSValueConst, JSAtom) {
  JS_ThrowTypeError(context, "%s", kReadOnly);
  return -1;
}

int ScriptRecord::define_property(JSContext* context, JSValueConst, JSAtom, JSValueConst, JSValueConst, JSValueConst,
                                  int) {
  JS_ThrowTypeError(context, "%s", kReadOnly);
  return -1;
}

int ScriptRecord::set_property(JSContext* context, JSValueConst, JSAtom, JSValueConst, JSValueConst, int) {
  JS_ThrowTypeError(context, "%s", kReadOnly);
  return -1;
}

JSValue ScriptRecord::value_to_text(JSContext* context, JSValueConst self, int, JSValueConst*) {
  ScriptRecord& record = self_of(context);
  bool alive = false;
  const Reference* of = record.reference(self, &alive);
  if (!alive) return JS_EXCEPTION;
  return record.text_to_script(of == nullptr ? std::string("Record") : data::value_text(of->value));
}

// ---- schemas

JSValue ScriptRecord::call_schema(JSContext* context, JSValueConst self, int argc, JSValueConst* argv, int what) {
  ScriptRecord& record = self_of(context);
  const auto* schema = static_cast<const Schema*>(JS_GetOpaque2(context, self, schema_class));
  if (schema == nullptr) return JS_EXCEPTION;
  switch (what) {
    case kName:
      return schema->has_name() ? record.text_to_script(schema->name()) : JS_NULL;
    case kVersion:
      return schema->has_version() ? JS_NewInt32(context, schema->version) : JS_NULL;
    case kDoc:
      return schema->has_doc() ? record.text_to_script(schema->doc()) : JS_NULL;
    case kIsOptional:
      return JS_NewBool(context, schema->optional());
    case kDefaultValue:
      return record.to_script(schema->default_value());
    case kElementKeySchema:
      return record.schema_to_script(schema->key_schema());
    case kElementValueSchema:
      return record.schema_to_script(schema->value_schema());
    case kSchemaText:
      return record.text_to_script(data::schema_text(*schema));
    case kType: {
      JSValue names[] = {record.text_to_script(data::type_name(schema->type())),
                         record.text_to_script(data::type_name_lower(schema->type()))};
      const JSValue type = JS_Call(context, record.make_type_, JS_UNDEFINED, 2, names);
      for (const JSValue& name : names) JS_FreeValue(context, name);
      return type;
    }
    case kParameters: {
      if (!schema->has_parameters()) return JS_NULL;
      const JSValue all = JS_NewObject(context);
      for (const sluice_kv& entry : schema->parameters())
        JS_SetPropertyStr(context, all, std::string(view(entry.key)).c_str(), record.text_to_script(view(entry.value)));
      return all;
    }
    case kField: {
      const char* name = argc > 0 ? JS_ToCString(context, argv[0]) : nullptr;
      if (name == nullptr) return argc > 0 ? JS_EXCEPTION : JS_NULL;
      const int position = schema->field_index(name);
      JS_FreeCString(context, name);
      return position < 0 ? JS_NULL : record.field_to_script(*schema, static_cast<std::size_t>(position));
    }
    default: {
      const JSValue all = JS_NewArray(context);
      for (std::uint32_t i = 0; i < schema->field_count; ++i)
        JS_DefinePropertyValueUint32(context, all, i, record.field_to_script(*schema, i), JS_PROP_C_W_E);
      JS_SetPrototype(context, all, record.list_prototype_);
      return all;
    }
  }
}

}  // namespace sluice::smt
