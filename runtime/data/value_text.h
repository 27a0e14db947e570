#pragma once
// What Java prints for the objects that values and schemas stand for: toString(), and the names of their classes. Error
// messages, StringConverter and several transforms show these texts.

#include <string>
#include <string_view>

#include <sluice/value.hpp>

namespace sluice::data {

// Object.toString: "null", "1.0E10", "[1, 2]", "{k=v}", "Struct{a=1}" (fields that hold null are left out), a
// java.util.Date in UTC
// ("Thu Jan 01 00:00:00 UTC 1970"), "java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]". A byte[] is "[B@" and a hash: Java's
// is the object's identity, ours is the content's.
void append_value_text(const Value& value, std::string& out);
std::string value_text(const Value& value);

// "Schema{INT8}", "Schema{name:STRUCT}".
std::string schema_text(const Schema& schema);
// The Map.toString of a schema's parameters, "null" where it has none.
std::string parameters_text(const Schema& schema);

// Class.getName(): "java.lang.String", "[B". Maps are LinkedHashMap, lists ArrayList. `value` is not null.
std::string_view java_class_name(const Value& value);

}  // namespace sluice::data
