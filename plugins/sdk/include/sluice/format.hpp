#pragma once
// Text with {} for each argument: strings, numbers, bool. Small on purpose: a plugin may use any formatting library
// beside it.

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {
namespace detail {

// One argument as text; numbers use the buffer inside.
class Piece {
 public:
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) Piece(T number)
  noexcept : size_(static_cast<std::size_t>(std::to_chars(buffer_, buffer_ + sizeof buffer_, number).ptr - buffer_)) {}
  Piece(double number) noexcept
      : size_(static_cast<std::size_t>(std::to_chars(buffer_, buffer_ + sizeof buffer_, number).ptr - buffer_)) {}
  Piece(bool truth) noexcept : text_(truth ? "true" : "false"), size_(truth ? 4 : 5) {}
  Piece(char c) noexcept : size_(1) { buffer_[0] = c; }
  Piece(std::string_view text) noexcept : text_(text.data() != nullptr ? text.data() : ""), size_(text.size()) {}
  Piece(const std::string& text) noexcept : Piece(std::string_view(text)) {}
  Piece(const char* text) noexcept : Piece(text != nullptr ? std::string_view(text) : std::string_view("(null)")) {}

  std::string_view text() const noexcept { return {text_ != nullptr ? text_ : buffer_, size_}; }

 private:
  const char* text_ = nullptr;
  char buffer_[32];
  std::size_t size_;
};

// Calls `append` with each part of the text; {{ and }} stand for braces; a {} without an argument stays as it is.
template <typename Append>
void format_pieces(std::string_view text, const Piece* pieces, std::size_t count, Append&& append) {
  std::size_t used = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char next = text[i + 1];
    if (text[i] == '{' && next == '}' && used < count) {
      append(text.substr(from, i - from));
      append(pieces[used++].text());
    } else if ((text[i] == '{' || text[i] == '}') && next == text[i]) {
      append(text.substr(from, i + 1 - from));
    } else {
      continue;
    }
    from = ++i + 1;
  }
  append(text.substr(from));
}

}  // namespace detail

template <typename... Args>
std::string format(std::string_view text, const Args&... args) {
  const detail::Piece pieces[sizeof...(args) + 1] = {detail::Piece(args)..., detail::Piece(std::string_view())};
  std::string out;
  out.reserve(text.size() + 16 * sizeof...(args));
  detail::format_pieces(text, pieces, sizeof...(args), [&out](std::string_view part) { out.append(part); });
  return out;
}

}  // namespace sluice
