#include "runtime/kafka/jaas.h"

#include <optional>
#include <utility>

#include "runtime/base/strings.h"

namespace sluice::kafka {
namespace {

constexpr std::size_t kTextMax = 64 * 1024;

// Java's StreamTokenizer as JaasConfig sets it up: words, quoted words with escapes, and the two marks `=` and `;`.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  struct Token {
    enum class Kind { kEnd, kWord, kEquals, kSemicolon, kBroken } kind = Kind::kEnd;
    std::string text{};
  };

  Token next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return {};
    const char c = text_[at_];
    if (c == '=') return ++at_, Token{Token::Kind::kEquals};
    if (c == ';') return ++at_, Token{Token::Kind::kSemicolon};
    if (c == '"' || c == '\'') return quoted(c);
    Token token{Token::Kind::kWord};
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '=' && text_[at_] != ';' && text_[at_] != '"')
      token.text.push_back(text_[at_++]);
    return token;
  }
  std::size_t position() const { return at_; }

 private:
  static bool is_space(char c) { return static_cast<unsigned char>(c) <= ' '; }

  Token quoted(char quote) {
    Token token{Token::Kind::kWord};
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) return ++at_, token;
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
        else if (c == 'r')
          c = '\r';
      }
      token.text.push_back(c);
    }
    return {Token::Kind::kBroken};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_control_flag(std::string_view word) {
  for (const char* flag : {"required", "requisite", "sufficient", "optional"})
    if (base::equals_ignore_case_ascii(word, flag)) return true;
  return false;
}

tl::unexpected<base::Error> bad(std::string_view what, const Tokens& tokens) {
  return base::config_error("sasl.jaas.config: {} (at character {})", what, tokens.position());
}

}  // namespace

base::Result<JaasEntry> parse_jaas(std::string_view text) {
  using Kind = Tokens::Token::Kind;
  if (text.size() > kTextMax) return base::config_error("sasl.jaas.config: longer than {} bytes", kTextMax);
  Tokens tokens(text);
  JaasEntry entry;
  auto module = tokens.next();
  if (module.kind != Kind::kWord || module.text.empty()) return bad("the login module's class name is missing", tokens);
  entry.module = std::move(module.text);
  if (auto flag = tokens.next(); flag.kind != Kind::kWord || !is_control_flag(flag.text))
    return bad("the word after the login module must be required, requisite, sufficient or optional", tokens);
  for (;;) {
    auto key = tokens.next();
    if (key.kind == Kind::kSemicolon) break;
    if (key.kind == Kind::kEnd) return bad("the final ';' is missing", tokens);
    if (key.kind == Kind::kBroken) return bad("a quoted text does not end", tokens);
    if (key.kind != Kind::kWord || tokens.next().kind != Kind::kEquals)
      return bad("an option must be key=value", tokens);
    auto value = tokens.next();
    if (value.kind == Kind::kBroken) return bad("a quoted value does not end", tokens);
    if (value.kind != Kind::kWord) return bad("an option has no value", tokens);
    entry.options[std::move(key.text)] = std::move(value.text);
  }
  if (tokens.next().kind != Kind::kEnd) return bad("only one login module is allowed", tokens);
  return entry;
}

}  // namespace sluice::kafka
