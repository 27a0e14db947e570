#include "rest/jaas_config.h"

#include <optional>

#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

using base::config_error;
using base::Result;
using base::Status;

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || byte >= 0xA0 ||
         std::string_view("._-$*").find(c) != std::string_view::npos;
}

// Tokens as java.io.StreamTokenizer gives them to Java's own reader.
class Tokens {
 public:
  struct Token {
    enum class Kind { kWord, kSign, kEnd, kBroken } kind = Kind::kEnd;
    std::string text;
  };

  explicit Tokens(std::string_view text) : text_(text) { advance(); }

  const Token& peek() const { return token_; }
  int line() const { return line_; }  // of the token
  bool is_sign(char sign) const { return token_.kind == Token::Kind::kSign && token_.text[0] == sign; }
  bool is_word() const { return token_.kind == Token::Kind::kWord; }
  bool at_end() const { return token_.kind == Token::Kind::kEnd; }
  Token take() {
    Token token = std::move(token_);
    advance();
    return token;
  }

 private:
  void advance() {
    skip_blanks();
    line_ = read_line_;
    token_ = {};
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (c == '"') return read_quoted();
    if (rest::is_word(c)) {
      token_.kind = Token::Kind::kWord;
      while (at_ < text_.size() && rest::is_word(text_[at_])) token_.text += text_[at_++];
      return;
    }
    token_.kind = Token::Kind::kSign;
    token_.text = c;
    ++at_;
  }

  // Also comments: "//", "/* */", and a single slash, which begins one there too.
  void skip_blanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '/' && text_.substr(at_).starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        skip_to(end == std::string_view::npos ? text_.size() : end + 2);
      } else if (c == '/') {
        skip_to(std::min(text_.find('\n', at_), text_.size()));
      } else if (static_cast<unsigned char>(c) <= ' ') {
        skip_to(at_ + 1);
      } else {
        return;
      }
    }
  }
  void skip_to(std::size_t end) {
    for (; at_ < end; ++at_) read_line_ += text_[at_] == '\n' ? 1 : 0;
  }

  void read_quoted() {
    token_.kind = Token::Kind::kBroken;
    for (++at_; at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r';) {
      const char c = text_[at_++];
      if (c == '"') {
        token_.kind = Token::Kind::kWord;
        return;
      }
      token_.text += c == '\\' ? read_escape() : c;
    }
  }
  // The character that a backslash and what follows stand for.
  char read_escape() {
    if (at_ == text_.size() || text_[at_] == '\n') return '\\';
    const char c = text_[at_++];
    if (c >= '0' && c <= '7') {
      int value = c - '0';
      const std::size_t digits_max = c <= '3' ? 2 : 1;
      for (std::size_t i = 0; i < digits_max && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++i)
        value = value * 8 + (text_[at_++] - '0');
      return static_cast<char>(value);
    }
    static constexpr std::string_view kNames = "abfnrtv";
    const std::size_t place = kNames.find(c);
    return place == std::string_view::npos ? c : "\a\b\f\n\r\t\v"[place];
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  int read_line_ = 1;
  int line_ = 1;
  Token token_;
};

std::optional<LoginModule::Control> parse_control(std::string_view text) {
  using Control = LoginModule::Control;
  if (base::equals_ignore_case_ascii(text, "required")) return Control::kRequired;
  if (base::equals_ignore_case_ascii(text, "requisite")) return Control::kRequisite;
  if (base::equals_ignore_case_ascii(text, "sufficient")) return Control::kSufficient;
  if (base::equals_ignore_case_ascii(text, "optional")) return Control::kOptional;
  return std::nullopt;
}

tl::unexpected<base::Error> expected(const Tokens& tokens, std::string_view what) {
  return config_error("line {}: expected {}", tokens.line(), what);
}

Status take_sign(Tokens& tokens, char sign) {
  if (!tokens.is_sign(sign)) return expected(tokens, fmt::format("'{}'", sign));
  tokens.take();
  return {};
}

Result<LoginModule> parse_module(Tokens& tokens) {
  LoginModule module;
  if (!tokens.is_word()) return expected(tokens, "the class of a login module");
  module.class_name = tokens.take().text;
  const auto control = tokens.is_word() ? parse_control(tokens.peek().text) : std::nullopt;
  if (!control) return expected(tokens, "required, requisite, sufficient or optional");
  module.control = *control;
  tokens.take();
  while (!tokens.is_sign(';')) {
    if (!tokens.is_word()) return expected(tokens, "an option or ';'");
    std::string name = tokens.take().text;
    SLUICE_TRY(take_sign(tokens, '='));
    if (!tokens.is_word()) return expected(tokens, "the value of an option, in quotes");
    if (tokens.peek().text.find("${") != std::string::npos)
      return config_error("line {}: system properties (${{...}}) are not known here: write the value itself",
                          tokens.line());
    module.options[std::move(name)] = tokens.take().text;
  }
  tokens.take();
  return module;
}

}  // namespace

Result<JaasConfig> parse_jaas(std::string_view text) {
  JaasConfig config;
  Tokens tokens(text);
  while (!tokens.at_end()) {
    if (!tokens.is_word()) return expected(tokens, "the name of a section");
    const int line = tokens.line();
    const auto [section, added] = config.try_emplace(tokens.take().text);
    if (!added) return config_error("line {}: this section is there already", line);
    SLUICE_TRY(take_sign(tokens, '{'));
    while (!tokens.is_sign('}')) {
      SLUICE_TRY_ASSIGN(LoginModule module, parse_module(tokens));
      section->second.push_back(std::move(module));
    }
    tokens.take();
    SLUICE_TRY(take_sign(tokens, ';'));
  }
  return config;
}

}  // namespace sluice::rest
