#include "smt/script_engine.h"

#include <ctime>
#include <optional>
#include <utility>

#include "runtime/data/java_text.h"
#include "smt/script_memory.h"
#include "smt/script_objects.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

constexpr const char* kScriptException = "javax.script.ScriptException";
constexpr const char* kFileName = "expression";

// CPU time, not the clock on the wall: a busy machine must not fail a record.
std::int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string_view trimmed(std::string_view source) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = source.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return source.substr(first, source.find_last_not_of(kBlank) - first + 1);
}

// Whether a source may be read as one expression: a block, a function or a class at its start means something else
// there.
bool starts_like_a_statement(std::string_view source) {
  for (const std::string_view word : {"{", "function", "async", "class", "let"})
    if (source.starts_with(word)) return true;
  return false;
}

// QuickJS's allocator. The counts in its state start its garbage collection.
void* script_malloc(JSMallocState* state, std::size_t size) {
  void* block = static_cast<ScriptMemory*>(state->opaque)->allocate(size);
  if (block == nullptr) return nullptr;
  ++state->malloc_count;
  state->malloc_size += size;
  return block;
}
void script_free(JSMallocState* state, void* block) {
  if (block == nullptr) return;
  --state->malloc_count;
  state->malloc_size -= ScriptMemory::size_of(block);
  static_cast<ScriptMemory*>(state->opaque)->release(block);
}
void* script_realloc(JSMallocState* state, void* block, std::size_t size) {
  if (block == nullptr) return size == 0 ? nullptr : script_malloc(state, size);
  if (size == 0) {
    script_free(state, block);
    return nullptr;
  }
  const std::size_t before = ScriptMemory::size_of(block);
  void* moved = static_cast<ScriptMemory*>(state->opaque)->resize(block, size);
  if (moved != nullptr) state->malloc_size += size - before;
  return moved;
}
constexpr JSMallocFunctions kAllocator = {script_malloc, script_free, script_realloc, ScriptMemory::size_of};

}  // namespace

// The runtime with its context, in which the source is compiled. Made anew after a limit was exceeded, since an
// interrupted expression may have left anything behind.
struct ScriptEngine::Impl {
  Impl(std::string_view text, const ScriptLimits& bounds) : source(text), limits(bounds) {}
  ~Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  base::Status open() {
    exceeded = Exceeded::kNothing;
    started_ns.reset();
    runtime = JS_NewRuntime2(&kAllocator, &memory);
    if (runtime == nullptr) return thrown(base::Code::kInvalidConfig);
    JS_SetMaxStackSize(runtime, limits.stack_bytes_max);
    JS_UpdateStackTop(runtime);
    JS_SetInterruptHandler(runtime, interrupted, this);
    context = JS_NewContext(runtime);
    if (context == nullptr || !record.install(context)) return thrown(base::Code::kInvalidConfig);
    memory.limit_more(limits.memory_bytes_max);  // not before: QuickJS does not look for failures while it sets up
    return compile();
  }

  // Nothing in the runtime needs more than to be forgotten.
  void forget() {
    record = ScriptRecord();
    code = JS_UNDEFINED;
    context = nullptr;
    runtime = nullptr;
    memory.release_all();
  }

  // As one expression it becomes a function. Anything longer stays a script, whose last statement gives the value; in
  // a block, since `let` at the top could run only once.
  base::Status compile() {
    const JSValue checked = eval(source, JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(checked)) return thrown(base::Code::kInvalidConfig);
    JS_FreeValue(context, checked);
    std::string_view text = trimmed(source);
    while (text.ends_with(';')) text = trimmed(text.substr(0, text.size() - 1));
    if (text.empty()) return base::fail(base::Code::kInvalidConfig, kScriptException, "the expression is empty");
    if (!starts_like_a_statement(text)) {
      code = eval("(function () { return (\n" + std::string(text) + "\n); })", 0);
      is_function = JS_IsFunction(context, code) != 0;
      if (is_function) return {};
      JS_FreeValue(context, JS_GetException(context));
    }
    code = eval("{\n" + source + "\n}", JS_EVAL_FLAG_COMPILE_ONLY);
    return JS_IsException(code) ? thrown(base::Code::kInvalidConfig) : base::Status();
  }

  JSValue eval(const std::string& text, int flags) {
    return JS_Eval(context, text.c_str(), text.size(), kFileName, JS_EVAL_TYPE_GLOBAL | flags);
  }

  base::Result<ScriptResult> evaluate(data::Batch& batch, const data::Record& of) {
    if (exceeded != Exceeded::kNothing) {
      forget();
      SLUICE_TRY(open());
    }
    JS_UpdateStackTop(runtime);
    started_ns.reset();
    record.enter(batch, of);
    const JSValue value = is_function ? JS_Call(context, code, JS_UNDEFINED, 0, nullptr)
                                      : JS_EvalFunction(context, JS_DupValue(context, code));
    auto result = JS_IsException(value) ? thrown(base::Code::kBadRecord) : convert(batch, value);
    JS_FreeValue(context, value);
    record.leave();
    return result;
  }

  base::Result<ScriptResult> convert(data::Batch& batch, JSValueConst value) {
    if (JS_IsNull(value) || JS_IsUndefined(value)) return ScriptResult{};
    if (JS_IsBool(value)) return ScriptResult{Value::boolean(JS_ToBool(context, value) != 0)};
    if (JS_VALUE_GET_TAG(value) == JS_TAG_INT) return ScriptResult{Value::int32(JS_VALUE_GET_INT(value))};
    if (JS_IsNumber(value)) {
      double number = 0;
      JS_ToFloat64(context, &number, value);
      return ScriptResult{Value::float64(number)};
    }
    if (const Value* own = record.value_of(value); own != nullptr) return ScriptResult{*own};
    if (record.is_date(value)) {
      double epoch_ms = 0;
      if (JS_ToFloat64(context, &epoch_ms, value) < 0) return thrown(base::Code::kBadRecord);
      return ScriptResult{Value::instant(data::java_to_int64(epoch_ms))};
    }
    std::size_t size = 0;
    const char* text = JS_ToCStringLen(context, &size, value);
    if (text == nullptr) return thrown(base::Code::kBadRecord);
    auto result = from_text(batch, value, {text, size});
    JS_FreeCString(context, text);
    return result;
  }

  base::Result<ScriptResult> from_text(data::Batch& batch, JSValueConst value, std::string_view text) {
    if (JS_IsBigInt(context, value)) {
      SLUICE_TRY_ASSIGN(const auto number, data::parse_int64(text));
      return ScriptResult{Value::int64(number)};
    }
    const auto copy = arena_copy(batch.arena().c(), text);
    if (copy.data() == nullptr) return out_of_memory();
    return ScriptResult{Value::string(copy), JS_IsObject(value) != 0 || JS_IsSymbol(value) != 0};
  }

  // The error for the exception that is pending.
  tl::unexpected<base::Error> thrown(base::Code code_of) {
    std::string text;
    if (context != nullptr) {
      const JSValue exception = JS_GetException(context);
      if (exceeded == Exceeded::kNothing) {
        // Without memory for the exception itself there is none.
        const char* said = JS_IsNull(exception) ? nullptr : JS_ToCString(context, exception);
        text = said != nullptr ? said : "InternalError: out of memory";
        JS_FreeCString(context, said);
      }
      JS_FreeValue(context, exception);
    } else {
      text = "InternalError: out of memory";
    }
    if (text == "InternalError: out of memory") exceeded = Exceeded::kMemory;
    switch (exceeded) {
      case Exceeded::kTime:
        return base::fail(code_of, kScriptException,
                          "the expression used more than {} ms of CPU time for one record; look for a loop that does "
                          "not end, or for work that belongs before or after the connector",
                          limits.cpu_time_max.count());
      case Exceeded::kMemory:
        return base::fail(code_of, kScriptException,
                          "the expression used more than {} MiB of memory; look for texts or arrays that grow without "
                          "end, or are kept from record to record",
                          limits.memory_bytes_max >> 20);
      case Exceeded::kNothing:
        break;
    }
    return base::fail(code_of, kScriptException, "{}", text);
  }

  // Called every few thousand steps. The time starts with the first call for a record: most records never get there.
  static int interrupted(JSRuntime*, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    const std::int64_t now_ns = thread_cpu_ns();
    if (!self.started_ns) self.started_ns = now_ns;
    if (std::chrono::nanoseconds(now_ns - *self.started_ns) <= self.limits.cpu_time_max) return 0;
    self.exceeded = Exceeded::kTime;
    return 1;
  }

  enum class Exceeded { kNothing, kTime, kMemory };

  const std::string source;
  const ScriptLimits limits;
  ScriptMemory memory;
  JSRuntime* runtime = nullptr;
  JSContext* context = nullptr;
  JSValue code = JS_UNDEFINED;
  bool is_function = false;
  ScriptRecord record;
  Exceeded exceeded = Exceeded::kNothing;
  std::optional<std::int64_t> started_ns;
};

ScriptEngine::ScriptEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScriptEngine::~ScriptEngine() = default;

base::Result<std::unique_ptr<ScriptEngine>> ScriptEngine::compile(std::string_view source, ScriptLimits limits) {
  auto impl = std::make_unique<Impl>(source, limits);
  SLUICE_TRY(impl->open());
  return std::unique_ptr<ScriptEngine>(new ScriptEngine(std::move(impl)));
}

base::Result<ScriptResult> ScriptEngine::evaluate(data::Batch& batch, const data::Record& record) {
  return impl_->evaluate(batch, record);
}

bool ScriptEngine::read_null() const {
  return impl_->record.read_null();
}

const std::string& ScriptEngine::source() const {
  return impl_->source;
}

}  // namespace sluice::smt
