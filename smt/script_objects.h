#pragma once
// Records as objects of QuickJS: made when an expression asks for them, reading the batch in place. The adapter of
// QuickJS's header; internal to script_engine.cc.

#include <quickjs/quickjs.h>

#include <array>
#include <cstdint>
#include <string>

#include <sluice/value.hpp>

#include "runtime/data/batch.h"

namespace sluice::smt {

// The record that an expression looks at, and what objects made for it share. One for each context (its opaque), and no
// longer used once the context's memory is gone. An object belongs to the record for which it was made: kept longer, it
// throws.
class ScriptRecord {
 public:
  // Defines the classes in the context's runtime and the global names. False: out of memory.
  bool install(JSContext* context);
  void enter(const data::Batch& batch, const data::Record& record);
  void leave();

  // Whether a null was read since enter().
  bool read_null() const { return read_null_; }

  // The struct or map that an object stands for; nullptr for other values.
  const Value* value_of(JSValueConst object) const;
  bool is_date(JSValueConst object) const;

  // A JavaScript value for a record's value; an exception (out of memory) as QuickJS reports it.
  JSValue to_script(const Value& value);
  JSValue schema_to_script(const Schema* schema);

 private:
  // The names bound, in the order of kNames.
  enum Root { kKey, kValue, kKeySchema, kValueSchema, kTopic, kHeader, kHeaders, kRootCount };
  static constexpr std::array<const char*, kRootCount> kNames = {"key",   "value",  "keySchema", "valueSchema",
                                                                 "topic", "header", "headers"};

  // Where a property's name is in the schema in which it was last looked for.
  struct Name {
    JSAtom atom = JS_ATOM_NULL;  // held
    bool symbol = false;
    std::string text;
    const Schema* schema = nullptr;
    int position = -1;
  };
  struct Reference;  // what an object's opaque points to

  static JSValue get_root(JSContext* context, JSValueConst self, int argc, JSValueConst* argv, int magic);
  static JSValue refuse_root(JSContext* context, JSValueConst self, int argc, JSValueConst* argv);
  static int get_property(JSContext* context, JSPropertyDescriptor* descriptor, JSValueConst object, JSAtom atom);
  static int property_names(JSContext* context, JSPropertyEnum** names, std::uint32_t* count, JSValueConst object);
  static int delete_property(JSContext* context, JSValueConst object, JSAtom atom);
  static int define_property(JSContext* context, JSValueConst object, JSAtom atom, JSValueConst value,
                             JSValueConst getter, JSValueConst setter, int flags);
  static int set_property(JSContext* context, JSValueConst object, JSAtom atom, JSValueConst value,
                          JSValueConst receiver, int flags);
  static JSValue value_to_text(JSContext* context, JSValueConst self, int argc, JSValueConst* argv);
  static JSValue call_schema(JSContext* context, JSValueConst self, int argc, JSValueConst* argv, int what);

  static void define_classes(JSRuntime* runtime);
  bool install_prelude(JSContext* context);
  bool install_schema_methods(JSContext* context);
  JSValue make_root(Root root);
  JSValue headers_to_script();
  JSValue list_to_script(const Value& list);
  JSValue bytes_to_script(std::string_view bytes);
  JSValue field_to_script(const Schema& schema, std::size_t position);
  JSValue text_to_script(std::string_view text);
  // Nothing and *alive=false (with an exception thrown): the record is gone.
  const Reference* reference(JSValueConst object, bool* alive) const;
  const Name& name(JSAtom atom);
  // False: there is none.
  bool find(const Value& value, JSAtom atom, Value* found);

  JSContext* context_ = nullptr;
  const data::Batch* batch_ = nullptr;
  const data::Record* record_ = nullptr;
  std::uint64_t generation_ = 0;
  bool read_null_ = false;
  std::array<JSValue, kRootCount> roots_{};
  // Made by the prelude.
  JSValue list_prototype_{}, make_field_{}, make_type_{}, date_{};
  std::array<Name, 256> names_;
};

}  // namespace sluice::smt
