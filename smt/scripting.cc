#include "smt/scripting.h"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/strings.h"
#include "runtime/data/value_text.h"
#include "smt/groovy_hint.h"
#include "smt/record_text.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kJsr223 = "jsr223.";

// Names by which Java knows a JavaScript engine.
constexpr std::array<std::string_view, 8> kJavaScript = {"graal.js",   "js",         "javascript", "graaljs",
                                                         "ecmascript", "JavaScript", "ECMAScript", "nashorn"};

template <typename... Args>
tl::unexpected<base::Error> debezium_error(fmt::format_string<Args...> format, Args&&... args) {
  return base::fail(base::Code::kInvalidConfig, kDebeziumException, format, std::forward<Args>(args)...);
}

tl::unexpected<base::Error> groovy_error(std::string_view language, std::string_view expression) {
  const std::string form = javascript_of_groovy(expression);
  if (form == expression)
    return debezium_error(
        "Invalid value {} for configuration language: Groovy needs a Java virtual machine. The expression is also "
        "valid "
        "JavaScript: set 'language' to 'jsr223.graal.js' and keep it as it is",
        language);
  if (!form.empty())
    return debezium_error(
        "Invalid value {} for configuration language: Groovy needs a Java virtual machine. Set 'language' to "
        "'jsr223.graal.js' and write the expression in JavaScript: {}",
        language, form);
  return debezium_error(
      "Invalid value {} for configuration language: Groovy needs a Java virtual machine. Set 'language' to "
      "'jsr223.graal.js' and write the expression '{}' in JavaScript, for instance /re/.test(x) for x =~ /re/, "
      "[1, 2].includes(x) for x in [1, 2], list.some(it => it.a == 1) for list.any {{ it.a == 1 }}, `let` for def",
      language, expression);
}

base::Status check_language(std::string_view language, std::string_view expression) {
  std::string_view name = language;
  const bool prefixed = name.starts_with(kJsr223);
  if (prefixed) name.remove_prefix(kJsr223.size());
  if (std::find(kJavaScript.begin(), kJavaScript.end(), name) != kJavaScript.end()) return {};
  if (base::equals_ignore_case_ascii(name, "groovy")) return groovy_error(language, expression);
  if (language.starts_with("wasm."))
    return debezium_error(
        "Invalid value {} for configuration language: WebAssembly modules are not run here. Set 'language' to "
        "'jsr223.graal.js' and write the expression in JavaScript",
        language);
  if (!prefixed)
    return debezium_error("Value for option 'language' must begin with 'jsr223.' or 'wasm', e.g. 'jsr223.groovy'");
  return base::fail(
      base::Error(base::Code::kInvalidConfig, kDebeziumException,
                  fmt::format("Failed to parse expression '{}'", expression))
          .with_cause({base::Code::kInvalidConfig, kDebeziumException,
                       fmt::format("Implementation of language '{}' not found on the classpath; use 'jsr223.graal.js' "
                                   "and write the expression in JavaScript",
                                   name)}));
}

base::Result<std::string> required(const config::ParsedConfig& parsed, const char* name) {
  const auto text = parsed.string_or_null(name);
  if (text && !text->empty()) return *text;
  return debezium_error(
      "The provided configuration isn't valid; check the error log for details. The '{}' value is invalid: A value is "
      "required",
      name);
}

}  // namespace

config::ConfigDef scripting_config(const char* expression_key, const char* display_name, const char* documentation) {
  using config::Importance;
  using config::Width;
  // Debezium's fields outside of a group all have the order 1.
  const auto key = [](const char* name, config::Value value, Importance importance, Width width, const char* display,
                      const char* text) {
    auto made = config::optional_key(name, config::Type::kString, std::move(value), importance, text);
    made.order_in_group = 1;
    made.width = width;
    made.display_name = display;
    return made;
  };
  return config::ConfigDef(
      {key("topic.regex", config::Null{}, Importance::kLow, Width::kLong, "Topic regex",
           "A regex used for selecting the topic(s) to which this transformation should be applied."),
       key("language", config::Null{}, Importance::kHigh, Width::kMedium, "Expression language",
           "An expression language used to evaluate the expression. Must begin with 'jsr223.' or 'wasm.', e.g.  "
           "'jsr223.groovy' or 'jsr223.graal.js' or 'wasm.chicory'."),
       key(expression_key, config::Null{}, Importance::kHigh, Width::kMedium, display_name, documentation),
       key("null.handling.mode", std::string("keep"), Importance::kLow, Width::kShort, "Handle null records",
           "How to handle records with null value. Options are: keep - records are passed (the default),drop - records "
           "are removed,evaluate - the null records are passed for evaluation.")});
}

base::Result<std::unique_ptr<ScriptEngine>> compile_script(std::string_view language, std::string_view expression) {
  SLUICE_TRY(check_language(language, expression));
  const bool groovy = looks_like_groovy(expression);
  auto engine = ScriptEngine::compile(expression);
  if (engine && !groovy) return engine;
  base::Error cause = engine ? base::Error(base::Code::kInvalidConfig, kDebeziumException,
                                           "the expression would mean something else in JavaScript")
                             : std::move(engine).error();
  if (groovy) {
    const std::string form = javascript_of_groovy(expression);
    cause = base::Error(
        cause.code(), cause.exception(),
        cause.message() + "; it looks like Groovy" + (form.empty() ? std::string() : ", in JavaScript it is: " + form));
  }
  return base::fail(base::Error(base::Code::kInvalidConfig, kDebeziumException,
                                fmt::format("Failed to parse expression '{}'", expression))
                        .with_cause(std::move(cause)));
}

base::Error evaluation_error(const ScriptEngine& engine, const data::TransformContext& context,
                             const data::Batch& batch, const data::Record& record, base::Error cause) {
  return base::Error(base::Code::kBadRecord, kDebeziumException,
                     fmt::format("Error while evaluating expression '{}' for record '{}'", engine.source(),
                                 record_text(context, batch, record)))
      .with_cause(std::move(cause));
}

base::Result<ScriptingTransform::Settings> ScriptingTransform::configure(const config::ConfigDef& def,
                                                                         const char* expression_key,
                                                                         const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, def.parse(config));
  SLUICE_TRY_ASSIGN(const auto language, required(parsed, "language"));
  SLUICE_TRY_ASSIGN(const auto expression, required(parsed, expression_key));
  Settings settings;
  const std::string mode = parsed.string_or_null("null.handling.mode").value_or("keep");
  constexpr std::array<std::string_view, 3> kModes = {"drop", "keep", "evaluate"};
  const auto found = std::find_if(kModes.begin(), kModes.end(), [&](std::string_view one) {
    return base::equals_ignore_case_ascii(one, base::java_trim(mode));
  });
  if (found == kModes.end())
    return debezium_error(
        "The provided configuration isn't valid; check the error log for details. The 'null.handling.mode' value '{}' "
        "is invalid: Value must be one of drop, keep, evaluate",
        mode);
  settings.null_handling = static_cast<Settings::NullHandling>(found - kModes.begin());
  if (const auto regex = parsed.string_or_null("topic.regex"); regex && !regex->empty()) {
    SLUICE_TRY_ASSIGN(settings.topics, base::Regex::compile(*regex));
  }
  SLUICE_TRY_ASSIGN(settings.engine, compile_script(language, expression));
  return settings;
}

base::Result<bool> ScriptingTransform::concerns(std::string_view topic) {
  if (!settings_.topics || topic == topic_last_) return !settings_.topics || topic_last_matches_;
  topic_last_.assign(topic);
  auto found = topic_matches_.find(topic_last_);
  if (found == topic_matches_.end()) {
    SLUICE_TRY_ASSIGN(const bool matches, settings_.topics->matches(topic));
    if (topic_matches_.size() >= kTopicsMax) topic_matches_.clear();
    found = topic_matches_.emplace(topic_last_, matches).first;
  }
  return topic_last_matches_ = found->second;
}

base::Status ScriptingTransform::apply_record(const data::TransformContext& context, data::Batch& batch,
                                              data::Record& record) {
  SLUICE_TRY_ASSIGN(const bool mine, concerns(batch.topic(record)));
  if (!mine) return {};
  if (record.value_value().is_null()) {
    if (settings_.null_handling == Settings::NullHandling::kKeep) return {};
    if (settings_.null_handling == Settings::NullHandling::kDrop) {
      record.flags |= SLUICE_RECORD_DROP;
      return {};
    }
  }
  auto result = settings_.engine->evaluate(batch, record);
  if (!result)
    return base::fail(evaluation_error(*settings_.engine, context, batch, record, std::move(result).error()));
  auto done = act(batch, record, *result);
  if (done || done.error().code() != base::Code::kBadRecord) return done;
  return base::fail(evaluation_error(*settings_.engine, context, batch, record, std::move(done).error()));
}

tl::unexpected<base::Error> ScriptingTransform::wrong_type(const ScriptResult& result, std::string_view type) {
  return base::fail(base::Code::kBadRecord, kDebeziumException, "Value '{}' returned by the expression is not a {}",
                    data::value_text(result.value), type);
}

}  // namespace sluice::smt
