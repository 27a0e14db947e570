#include "rest/http_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}

bool is_field_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= 0x20; });
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool parse_number(std::string_view text, int base, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

AnswerParser::State AnswerParser::feed(std::string_view bytes) {
  if (phase_ == Phase::kDone) return State::kDone;
  if (phase_ == Phase::kBad) return State::kBad;
  buffer_.append(bytes);
  while (step()) {
  }
  buffer_.erase(0, read_);
  read_ = 0;
  if (phase_ == Phase::kDone) return State::kDone;
  return phase_ == Phase::kBad ? State::kBad : State::kMore;
}

AnswerParser::State AnswerParser::end() {
  if (phase_ == Phase::kUntilEnd) phase_ = Phase::kDone;
  if (phase_ == Phase::kDone) return State::kDone;
  if (phase_ != Phase::kBad) fail("the connection ended before the answer was complete");
  return State::kBad;
}

bool AnswerParser::fail(std::string problem) {
  phase_ = Phase::kBad;
  problem_ = std::move(problem);
  return false;
}

bool AnswerParser::step() {
  switch (phase_) {
    case Phase::kHead:
      return read_head();
    case Phase::kLength:
      return read_sized(Phase::kDone);
    case Phase::kUntilEnd:
      if (answer_.body.size() + rest().size() > limits_.body_bytes) return fail("the answer's body is too large");
      answer_.body.append(rest());
      read_ = buffer_.size();
      return false;
    case Phase::kChunkSize:
      return read_chunk_size();
    case Phase::kChunk:
      return read_sized(Phase::kChunkEnd);
    case Phase::kChunkEnd:
      return read_chunk_end();
    case Phase::kTrailers:
      return read_trailers();
    case Phase::kDone:
    case Phase::kBad:
      break;
  }
  return false;
}

bool AnswerParser::beyond(std::size_t end, std::size_t terminator) const {
  if (end != std::string_view::npos) return end > limits_.head_bytes;
  return rest().size() >= limits_.head_bytes + terminator;
}

bool AnswerParser::read_head() {
  const std::size_t size = rest().find("\r\n\r\n");
  if (beyond(size, 4)) return fail("the answer's head is too large");
  if (size == std::string_view::npos) {
    // Whatever does not even begin like HTTP need not be waited for.
    const std::string_view begin = rest().substr(0, 5);
    return begin == std::string_view("HTTP/").substr(0, begin.size()) ? false : fail("the answer is not HTTP");
  }
  if (!parse_head(rest().substr(0, size + 2))) return false;
  read_ += size + 4;
  if (answer_.status < 200) {  // an interim answer: the real one follows
    if (answer_.status == 101) return fail("the answer switches to another protocol");
    answer_ = {};
    has_length_ = chunked_ = false;
    return true;
  }
  choose_framing();
  return phase_ != Phase::kDone && phase_ != Phase::kBad;
}

// `head`: lines, each with its end.
bool AnswerParser::parse_head(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  std::uint64_t status = 0;
  const bool http1 = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!http1 || line.size() < 12 || !parse_number(line.substr(9, 3), 10, status) || status < 100 ||
      (line.size() > 12 && line[12] != ' ')) {
    return fail("the answer is not HTTP");
  }
  answer_.status = static_cast<int>(status);
  head.remove_prefix(line.size() + 2);
  while (!head.empty()) {
    const std::string_view field = head.substr(0, head.find("\r\n"));
    if (!parse_field(field)) return false;
    head.remove_prefix(field.size() + 2);
  }
  if (has_length_ && chunked_) return fail("the answer has two lengths");
  return true;
}

bool AnswerParser::parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_field_text(line))
    return fail("the answer has a malformed header");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (base::equals_ignore_case_ascii(name, "Content-Length")) {
    std::uint64_t length = 0;
    if (!parse_number(value, 10, length) || (has_length_ && length != left_))
      return fail("the answer has a malformed Content-Length");
    has_length_ = true;
    left_ = length;
  } else if (base::equals_ignore_case_ascii(name, "Transfer-Encoding")) {
    if (!base::equals_ignore_case_ascii(value, "chunked") || chunked_)
      return fail("the answer has a transfer coding other than chunked");
    chunked_ = true;
  }
  answer_.headers.emplace_back(name, value);
  return true;
}

void AnswerParser::choose_framing() {
  if (answer_.status == 204 || answer_.status == 304) {
    phase_ = Phase::kDone;
  } else if (chunked_) {
    phase_ = Phase::kChunkSize;
  } else if (!has_length_) {
    phase_ = Phase::kUntilEnd;
  } else if (left_ > limits_.body_bytes) {
    fail("the answer's body is too large");
  } else {
    phase_ = left_ == 0 ? Phase::kDone : Phase::kLength;
  }
}

bool AnswerParser::read_sized(Phase next) {
  const std::string_view part = rest().substr(0, static_cast<std::size_t>(left_));
  answer_.body.append(part);
  read_ += part.size();
  left_ -= part.size();
  if (left_ > 0) return false;
  phase_ = next;
  return next != Phase::kDone;
}

bool AnswerParser::read_chunk_size() {
  const std::size_t size = rest().find("\r\n");
  if (beyond(size, 2)) return fail("the answer has a malformed chunk");
  if (size == std::string_view::npos) return false;
  const std::string_view line = rest().substr(0, size);
  if (!parse_number(trim_blanks(line.substr(0, line.find(';'))), 16, left_))
    return fail("the answer has a malformed chunk");
  if (left_ > limits_.body_bytes - answer_.body.size()) return fail("the answer's body is too large");
  read_ += size + 2;
  phase_ = left_ == 0 ? Phase::kTrailers : Phase::kChunk;
  return true;
}

bool AnswerParser::read_chunk_end() {
  if (rest().size() < 2) return false;
  if (!rest().starts_with("\r\n")) return fail("the answer has a malformed chunk");
  read_ += 2;
  phase_ = Phase::kChunkSize;
  return true;
}

// Trailers say nothing that is wanted here.
bool AnswerParser::read_trailers() {
  const bool none = rest().starts_with("\r\n");
  const std::size_t end = none ? 0 : rest().find("\r\n\r\n");
  if (beyond(end, 4)) return fail("the answer's trailers are too large");
  if (end == std::string_view::npos) return false;
  phase_ = Phase::kDone;
  return false;
}

}  // namespace sluice::rest
