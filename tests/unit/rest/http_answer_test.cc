#include "rest/http_answer.h"

#include <gtest/gtest.h>

namespace sluice::rest {
namespace {

using State = AnswerParser::State;

// "status body", or why not; fed in pieces of `piece` bytes, then ended.
std::string parse(std::string_view bytes, std::size_t piece, AnswerLimits limits = {}) {
  AnswerParser parser(limits);
  State state = State::kMore;
  for (std::size_t at = 0; at < bytes.size() && state == State::kMore; at += piece)
    state = parser.feed(bytes.substr(at, piece));
  if (state == State::kMore) state = parser.end();
  if (state == State::kBad) return parser.problem();
  const HttpResponse answer = parser.take();
  return std::to_string(answer.status) + " " + answer.body;
}
std::string parse(std::string_view bytes) {
  const std::string whole = parse(bytes, bytes.size());
  EXPECT_EQ(parse(bytes, 1), whole);
  EXPECT_EQ(parse(bytes, 3), whole);
  return whole;
}

TEST(HttpAnswer, EveryFramingIsRead) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"), "200 ab");
  EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\n\r\n"), "204 ");
  EXPECT_EQ(parse("HTTP/1.0 404\r\n\r\nuntil the end"), "404 until the end");
  EXPECT_EQ(
      parse(
          "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n"),
      "200 abc0123456789");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "200 ");
  EXPECT_EQ(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx"), "201 x");
}

TEST(HttpAnswer, WhatIsNoAnswerIsNamed) {
  EXPECT_EQ(parse("SSH-2.0-OpenSSH_9.2\r\n"), "the answer is not HTTP");
  EXPECT_EQ(parse("\x15\x03\x03"), "the answer is not HTTP");
  EXPECT_EQ(parse("HTTP/2.0 200 OK\r\n\r\n"), "the answer is not HTTP");
  EXPECT_EQ(parse("HTTP/1.1 2x0 OK\r\n\r\n"), "the answer is not HTTP");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "the answer has a malformed header");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"), "the answer has a malformed header");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "the answer has a malformed Content-Length");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            "the answer has a malformed Content-Length");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "the answer has two lengths");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
            "the answer has a transfer coding other than chunked");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "the answer has a malformed chunk");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"), "the answer has a malformed chunk");
  EXPECT_EQ(parse("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "the answer switches to another protocol");
}

TEST(HttpAnswer, AnswersCutShortAreNoAnswers) {
  const std::string cut = "the connection ended before the answer was complete";
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), cut);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), cut);
  EXPECT_EQ(parse("HTTP/1.1 200"), cut);
  EXPECT_EQ(AnswerParser().end(), State::kBad);
}

TEST(HttpAnswer, SizesAreBounded) {
  const AnswerLimits small{64, 8};
  EXPECT_EQ(parse("HTTP/1.1 200 " + std::string(100, 'x'), 7, small), "the answer's head is too large");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nA: " + std::string(100, 'x') + "\r\n\r\n", 1000, small),
            "the answer's head is too large");
  const std::string large = "the answer's body is too large";
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 1000, small), large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\n\r\n123456789", 4, small), large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n4\r\n", 4, small), large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 4, small), large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(100, '0'), 4, small),
            "the answer has a malformed chunk");
}

}  // namespace
}  // namespace sluice::rest
