// What other workers send: their addresses, their answers, and what is in them.
// Links: sluice::rest

#include <cstdint>
#include <string>
#include <string_view>

#include "rest/answer_entities.h"
#include "rest/entities.h"
#include "rest/forwarding.h"
#include "rest/http_answer.h"
#include "rest/rest_client.h"
#include "runtime/base/status.h"

namespace sluice::rest {
namespace {

constexpr AnswerLimits kSmall{256, 1024};

struct Parsed {
  AnswerParser::State state = AnswerParser::State::kMore;
  HttpResponse answer;
  std::string problem;
};

Parsed parse(std::string_view bytes, std::size_t piece) {
  AnswerParser parser(kSmall);
  Parsed parsed;
  for (std::size_t at = 0; at < bytes.size() && parsed.state == AnswerParser::State::kMore; at += piece)
    parsed.state = parser.feed(bytes.substr(at, piece));
  if (parsed.state == AnswerParser::State::kMore) parsed.state = parser.end();
  parsed.problem = parser.problem();
  if (parsed.state == AnswerParser::State::kDone) parsed.answer = parser.take();
  return parsed;
}

// However the bytes are cut, they mean the same; sizes stay within their bounds. Where a bound is passed, which
// complaint comes first may depend on the cut.
void check_answer(std::string_view bytes) {
  const Parsed whole = parse(bytes, bytes.empty() ? 1 : bytes.size());
  SLUICE_ASSERT(whole.state != AnswerParser::State::kMore);
  SLUICE_ASSERT((whole.state == AnswerParser::State::kBad) == !whole.problem.empty());
  SLUICE_ASSERT(whole.answer.body.size() <= kSmall.body_bytes);
  for (const std::size_t piece : {1, 7}) {
    const Parsed cut = parse(bytes, piece);
    SLUICE_ASSERT(cut.state == whole.state);
    SLUICE_ASSERT(cut.answer.status == whole.answer.status && cut.answer.body == whole.answer.body);
  }
  if (whole.state == AnswerParser::State::kDone) {
    const auto read = read_remote_answer(whole.answer);
    SLUICE_ASSERT(read || read.error().rest_status() >= 400);
  }
}

// What is understood of an answer can be given to our own client.
void check_entities(std::string_view body) {
  const auto value = parse_json(body);
  if (!value) return;
  const auto readable = [](const std::string& json) { SLUICE_ASSERT(parse_json(json).has_value()); };
  if (const auto info = read_connector_info(*value)) readable(to_json(*info));
  if (const auto state = read_connector_state(*value)) readable(to_json(*state));
  if (const auto message = read_message(*value)) readable(message_json(*message));
  (void)read_error_message(*value);
}

void check_url(std::string_view text) {
  const auto url = parse_worker_url(text);
  if (!url) return;
  const std::string written = url->host + url->path;
  SLUICE_ASSERT(written.find_first_of(" \r\n\t\"@") == std::string::npos);
  SLUICE_ASSERT(!url->host.empty() && url->port > 0 && url->port < 65536);
  const std::string target = forwarded_target({"PUT", "/connectors/" + std::string(text) + "/stop"}, true);
  SLUICE_ASSERT(target.find_first_of(" \r\n") == std::string::npos);
}

}  // namespace
}  // namespace sluice::rest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  sluice::rest::check_answer(bytes);
  sluice::rest::check_entities(bytes);
  sluice::rest::check_url(bytes);
  return 0;
}
