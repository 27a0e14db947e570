#pragma once
// What Debezium's scripted transforms share (io.debezium.transforms.scripting): their keys, the topics and null values
// that they pass by, and the errors around an expression.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/base/regex.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"
#include "smt/script_engine.h"

namespace sluice::smt {

// DebeziumException.
inline constexpr const char* kDebeziumException = "io.debezium.DebeziumException";

// topic.regex, language, the key of the expression, null.handling.mode.
config::ConfigDef scripting_config(const char* expression_key, const char* display_name, const char* documentation);

// Compiles an expression in `language`. Error: DebeziumException as Debezium words it; for Groovy and other languages
// that need a Java virtual machine, what to write instead.
base::Result<std::unique_ptr<ScriptEngine>> compile_script(std::string_view language, std::string_view expression);

// "Error while evaluating expression ..." around `cause`.
base::Error evaluation_error(const ScriptEngine& engine, const data::TransformContext& context,
                             const data::Batch& batch, const data::Record& record, base::Error cause);

class ScriptingTransform : public data::RecordTransform {
 public:
  struct Settings {
    std::unique_ptr<ScriptEngine> engine;
    std::optional<base::Regex> topics;  // others pass unchanged
    enum class NullHandling { kDrop, kKeep, kEvaluate } null_handling = NullHandling::kKeep;
  };
  static base::Result<Settings> configure(const config::ConfigDef& def, const char* expression_key,
                                          const config::ConfigMap& config);

 protected:
  explicit ScriptingTransform(Settings settings) : settings_(std::move(settings)) {}

  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) final;
  // Does what the expression's result says. Error: the result is of a wrong type.
  virtual base::Status act(data::Batch& batch, data::Record& record, const ScriptResult& result) = 0;

  // "Value '...' returned by the expression is not a TYPE".
  static tl::unexpected<base::Error> wrong_type(const ScriptResult& result, std::string_view type);

 private:
  base::Result<bool> concerns(std::string_view topic);

  static constexpr std::size_t kTopicsMax = 10'000;  // remembered

  Settings settings_;
  std::unordered_map<std::string, bool> topic_matches_;
  std::string topic_last_;
  bool topic_last_matches_ = false;
};

}  // namespace sluice::smt
