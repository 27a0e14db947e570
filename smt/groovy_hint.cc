#include "smt/groovy_hint.h"

#include "runtime/base/regex.h"
#include "smt/script_engine.h"

namespace sluice::smt {
namespace {

struct Rewrite {
  std::string_view groovy;
  std::string_view javascript;
};

// A name with its fields and calls, as it stands before an operator.
#define SLUICE_OPERAND R"(([\w.?]+(?:\([^()]*\))?))"
constexpr Rewrite kRewrites[] = {
    {SLUICE_OPERAND R"(\s*==~\s*/((?:[^/\\]|\\.)+)/)", "/^(?:$2)\\$/.test($1)"},
    {SLUICE_OPERAND R"(\s*==~\s*'((?:[^'\\]|\\.)+)')", "/^(?:$2)\\$/.test($1)"},
    {SLUICE_OPERAND R"(\s*=~\s*/((?:[^/\\]|\\.)+)/)", "/$2/.test($1)"},
    {SLUICE_OPERAND R"(\s*=~\s*'((?:[^'\\]|\\.)+)')", "/$2/.test($1)"},
    {SLUICE_OPERAND R"(\s+in\s+\[([^\]]*)\])", "[$2].includes($1)"},
    {R"(\bdef\s+(?=\w+\s*=))", "let "},
    {R"(\s\?:\s)", " || "},
    {R"(\.any\s*\{\s*([^{}]*?)\s*\})", ".some(it => $1)"},
    {R"(\.every\s*\{\s*([^{}]*?)\s*\})", ".every(it => $1)"},
    {R"(\.findAll\s*\{\s*([^{}]*?)\s*\})", ".filter(it => $1)"},
    {R"(\.find\s*\{\s*([^{}]*?)\s*\})", ".find(it => $1)"},
};
#undef SLUICE_OPERAND

std::string rewritten(std::string_view expression) {
  std::string text(expression);
  for (const Rewrite& rewrite : kRewrites) {
    const auto regex = base::Regex::compile(rewrite.groovy);
    if (!regex) continue;
    if (auto replaced = regex->replace_all(text, rewrite.javascript)) text = std::move(*replaced);
  }
  return text;
}

}  // namespace

std::string javascript_of_groovy(std::string_view expression) {
  std::string text = rewritten(expression);
  return ScriptEngine::compile(text) ? text : std::string();
}

bool looks_like_groovy(std::string_view expression) {
  return rewritten(expression) != expression;
}

}  // namespace sluice::smt
