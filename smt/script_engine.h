#pragma once
// Runs a JavaScript expression over records: the engine behind Filter, ContentBasedRouter and Calculate. Around QuickJS
// (docs/adr/0014-script-engine.md), whose names stay inside script_objects.* and script_engine.cc.
//
// An expression sees what Debezium's scripting shows: `key`, `value`, `keySchema`, `valueSchema`, `topic`, `header`
// (also as `headers`); fields by name (value.after.qty), headers as header.x.value. Nothing of a record is converted
// before the expression asks for it, and nothing can be changed. Structs and maps stay objects, also with get(name);
// lists are arrays, also with get(i) and size(); bytes an Int8Array; numbers and decimals are JavaScript's numbers;
// dates, times and timestamps are Dates.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/batch.h"

namespace sluice::smt {

struct ScriptLimits {
  std::chrono::milliseconds cpu_time_max{1000};          // of one record
  std::size_t memory_bytes_max = std::size_t{64} << 20;  // of the expression with all that it keeps
  std::size_t stack_bytes_max = std::size_t{256} << 10;
};

// What an expression gave.
struct ScriptResult {
  // NULL, BOOLEAN, INT32, INT64 (a BigInt), FLOAT64, STRING, INSTANT (a Date), or a struct or map of the record itself.
  // Text is in the batch's arena.
  Value value;
  bool other = false;  // any other object, an array or a function: `value` is its text
};

// One compiled expression. Used by one thread at a time; may move between threads.
class ScriptEngine {
 public:
  // Error: ScriptException with the engine's words ("SyntaxError: ..."), code kInvalidConfig.
  static base::Result<std::unique_ptr<ScriptEngine>> compile(std::string_view source, ScriptLimits limits = {});
  ~ScriptEngine();
  ScriptEngine(const ScriptEngine&) = delete;
  ScriptEngine& operator=(const ScriptEngine&) = delete;

  // Error: ScriptException, code kBadRecord: what the expression threw, or the limit that it exceeded. After that the
  // engine is as new.
  base::Result<ScriptResult> evaluate(data::Batch& batch, const data::Record& record);

  // Whether the last evaluation read a null of the record.
  bool read_null() const;

  const std::string& source() const;

 private:
  struct Impl;
  explicit ScriptEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::smt
