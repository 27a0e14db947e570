#include "runtime/kafka/java_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <string>

namespace sluice::kafka {
namespace {

constexpr std::uint32_t kStepsMax = 1'000'000;
constexpr std::size_t kPatternBytesMax = 64 * 1024;

// PCRE2 would read `&&` within a class as two ampersands and match other names than Java does.
bool has_class_intersection(std::string_view pattern) {
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\')
      ++i;
    else if (c == '[')
      in_class = true;
    else if (c == ']')
      in_class = false;
    else if (in_class && pattern.substr(i).starts_with("&&"))
      return true;
  }
  return false;
}

}  // namespace

struct JavaPattern::Impl {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
  pcre2_match_context* context = nullptr;

  ~Impl() {
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
};

JavaPattern::JavaPattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JavaPattern::JavaPattern(JavaPattern&&) noexcept = default;
JavaPattern& JavaPattern::operator=(JavaPattern&&) noexcept = default;
JavaPattern::~JavaPattern() = default;

base::Result<JavaPattern> JavaPattern::compile(std::string_view java_regex) {
  if (java_regex.size() > kPatternBytesMax)
    return base::config_error("the regular expression is longer than {} bytes", kPatternBytesMax);
  if (has_class_intersection(java_regex))
    return base::config_error(
        "the regular expression {} uses class intersection (&&), which is not supported: list the characters",
        java_regex);
  int error = 0;
  PCRE2_SIZE position = 0;
  auto impl = std::make_unique<Impl>();
  impl->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(java_regex.data()), java_regex.size(),
                             PCRE2_NEVER_BACKSLASH_C, &error, &position, nullptr);
  if (!impl->code) {
    std::array<unsigned char, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return base::config_error("the regular expression {} is not valid: {} near index {}", java_regex,
                              reinterpret_cast<const char*>(text.data()), position);
  }
  impl->match = pcre2_match_data_create(1, nullptr);
  impl->context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(impl->context, kStepsMax);
  pcre2_set_depth_limit(impl->context, kStepsMax / 100);
  return JavaPattern(std::move(impl));
}

bool JavaPattern::matches(std::string_view text) const {
  return pcre2_match(impl_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                     PCRE2_ANCHORED | PCRE2_ENDANCHORED, impl_->match, impl_->context) >= 0;
}

}  // namespace sluice::kafka
