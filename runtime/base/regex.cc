#include "runtime/base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <optional>

#include "runtime/base/regex_syntax.h"

namespace sluice::base {
namespace {

// Generous for any sane expression; reached within a fraction of a second by an exponential one.
constexpr std::uint32_t kMatchLimit = 5'000'000;
constexpr std::uint32_t kHeapLimitKiB = 16 * 1024;
constexpr std::size_t kPatternBytesMax = 64 * 1024;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};
using CodePtr = std::unique_ptr<pcre2_code, FreeCode>;
using MatchDataPtr = std::unique_ptr<pcre2_match_data, FreeMatchData>;

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::string pcre2_message(int error) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(error, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

Result<CodePtr> compile_code(std::string_view pattern, std::string_view translated, std::uint32_t options) {
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANYCRLF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  CodePtr code(pcre2_compile(units(translated), translated.size(), options | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF,
                             &error, &offset, context.get()));
  // The offset counts in the translated text and would mislead.
  if (!code) return fail(regex_syntax_error(pcre2_message(error), -1, pattern));
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // without it matching is slower, not wrong
  return code;
}

bool known_property(std::string_view name) {
  const std::string pattern = "\\p{" + std::string(name) + "}";
  int error = 0;
  PCRE2_SIZE offset = 0;
  return CodePtr(pcre2_compile(units(pattern), pattern.size(), PCRE2_UTF, &error, &offset, nullptr)) != nullptr;
}

// One per thread: a match allocates nothing in the steady state.
pcre2_match_context* match_context() {
  thread_local const std::unique_ptr<pcre2_match_context, FreeMatchContext> context = [] {
    std::unique_ptr<pcre2_match_context, FreeMatchContext> made(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(made.get(), kMatchLimit);
    pcre2_set_heap_limit(made.get(), kHeapLimitKiB);
    return made;
  }();
  return context.get();
}

// Enough for expressions of few groups; others get their own.
pcre2_match_data* shared_match_data() {
  thread_local const MatchDataPtr data(pcre2_match_data_create(16, nullptr));
  return data.get();
}

// The number of pairs matched, 0 for no match.
Result<int> run_match(const pcre2_code* code, std::string_view text, std::size_t from, pcre2_match_data* data,
                      std::string_view pattern) {
  const int outcome = pcre2_match(code, units(text), text.size(), from, 0, data, match_context());
  if (outcome == PCRE2_ERROR_NOMATCH) return 0;
  if (outcome < 0)
    return fail(Code::kBadRecord, exceptions::kRuntime,
                "Matching the regular expression '{}' was given up ({}): simplify the expression", pattern,
                pcre2_message(outcome));
  return outcome == 0 ? static_cast<int>(pcre2_get_ovector_count(data)) : outcome;
}

// What stands between the pieces of a replacement, in order: literal text, or a group.
struct ReplacementPiece {
  std::string text;
  int group = -1;
};

class ReplacementParser {
 public:
  ReplacementParser(const pcre2_code* code, std::string_view replacement) : code_(code), text_(replacement) {
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &group_count_);
  }

  Result<std::vector<ReplacementPiece>> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\\') {
        if (at_ == text_.size()) return illegal("character to be escaped is missing");
        literal(text_[at_++]);
      } else if (c == '$') {
        SLUICE_TRY(reference());
      } else {
        literal(c);
      }
    }
    return std::move(pieces_);
  }

 private:
  static tl::unexpected<Error> illegal(std::string message) {
    return fail(Error(Code::kBadRecord, exceptions::kIllegalArgument, std::move(message)));
  }

  void literal(char c) {
    if (pieces_.empty() || pieces_.back().group >= 0) pieces_.emplace_back();
    pieces_.back().text += c;
  }

  Status reference() {
    if (at_ == text_.size()) return illegal("Illegal group reference: group index is missing");
    if (text_[at_] == '{') return named();
    if (text_[at_] < '0' || text_[at_] > '9') return illegal("Illegal group reference");
    int number = text_[at_++] - '0';
    if (number > static_cast<int>(group_count_))
      return fail(Error(Code::kBadRecord, exceptions::kIndexOutOfBounds, fmt::format("No group {}", number)));
    // Takes further digits for as long as there is such a group.
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const int longer = number * 10 + (text_[at_] - '0');
      if (longer > static_cast<int>(group_count_)) break;
      number = longer;
      ++at_;
    }
    pieces_.push_back({{}, number});
    return {};
  }

  Status named() {
    ++at_;
    std::string name;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) name += text_[at_++];
    if (name.empty()) return illegal("named capturing group has 0 length name");
    if (at_ == text_.size() || text_[at_] != '}') return illegal("named capturing group is missing trailing '}'");
    if (is_digit(name[0])) return illegal("capturing group name {" + name + "} starts with digit character");
    const int number = pcre2_substring_number_from_name(code_, units(name));
    if (number < 0) return illegal("No group with name {" + name + "}");
    ++at_;
    pieces_.push_back({{}, number});
    return {};
  }

  const pcre2_code* code_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t group_count_ = 0;
  std::vector<ReplacementPiece> pieces_;
};

}  // namespace

struct Regex::Code {
  CodePtr find;   // anywhere in the text
  CodePtr whole;  // the whole text
  std::uint32_t pairs = 1;
};

Regex::Regex(std::shared_ptr<const std::string> pattern, std::shared_ptr<const Code> code)
    : pattern_(std::move(pattern)), code_(std::move(code)) {}
Regex::~Regex() = default;
Regex::Regex(const Regex&) = default;
Regex& Regex::operator=(const Regex&) = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

Result<Regex> Regex::compile(std::string_view pattern) {
  if (pattern.size() > kPatternBytesMax)
    return fail(base::Code::kInvalidConfig, exceptions::kIllegalArgument,
                "The regular expression is longer than {} bytes", kPatternBytesMax);
  SLUICE_TRY_ASSIGN(const std::string translated, java_regex_to_pcre2(pattern, known_property));
  auto code = std::make_shared<Code>();
  SLUICE_TRY_ASSIGN(code->find, compile_code(pattern, translated, 0));
  SLUICE_TRY_ASSIGN(code->whole, compile_code(pattern, translated, PCRE2_ANCHORED | PCRE2_ENDANCHORED));
  std::uint32_t captures = 0;
  pcre2_pattern_info(code->find.get(), PCRE2_INFO_CAPTURECOUNT, &captures);
  code->pairs = captures + 1;
  return Regex(std::make_shared<const std::string>(pattern), std::move(code));
}

Result<bool> Regex::matches(std::string_view text) const {
  SLUICE_TRY_ASSIGN(const int pairs, run_match(code_->whole.get(), text, 0, shared_match_data(), *pattern_));
  return pairs > 0;
}

Result<bool> Regex::find(std::string_view text) const {
  SLUICE_TRY_ASSIGN(const int pairs, run_match(code_->find.get(), text, 0, shared_match_data(), *pattern_));
  return pairs > 0;
}

Result<std::string> Regex::replace_first(std::string_view text, std::string_view replacement) const {
  return replace(text, replacement, false);
}

Result<std::string> Regex::replace_all(std::string_view text, std::string_view replacement) const {
  return replace(text, replacement, true);
}

Result<std::string> Regex::replace(std::string_view text, std::string_view replacement, bool all) const {
  const MatchDataPtr data(pcre2_match_data_create(code_->pairs, nullptr));
  std::optional<std::vector<ReplacementPiece>> pieces;  // parsed at the first match only, as Java does
  std::string out;
  std::size_t copied = 0;
  for (std::size_t from = 0; from <= text.size();) {
    SLUICE_TRY_ASSIGN(const int pairs, run_match(code_->find.get(), text, from, data.get(), *pattern_));
    if (pairs == 0) break;
    if (!pieces) {
      SLUICE_TRY_ASSIGN(pieces, ReplacementParser(code_->find.get(), replacement).run());
    }
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data.get());
    const std::size_t begin = bounds[0];
    const std::size_t end = bounds[1];
    if (begin < copied || end < begin) break;  // a \K-like oddity; nothing sensible is left to replace
    out += text.substr(copied, begin - copied);
    for (const auto& piece : *pieces) {
      if (piece.group < 0) {
        out += piece.text;
      } else if (piece.group < pairs && bounds[2 * piece.group] != PCRE2_UNSET) {
        out += text.substr(bounds[2 * piece.group], bounds[2 * piece.group + 1] - bounds[2 * piece.group]);
      }
    }
    copied = end;
    if (!all) break;
    // An empty match moves on by one whole character.
    from = end;
    if (end == begin) {
      ++from;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
    }
  }
  out += text.substr(copied);
  return out;
}

}  // namespace sluice::base
