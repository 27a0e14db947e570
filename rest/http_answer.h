#pragma once
// An HTTP/1.x answer as it arrives: bytes from another worker, or from whatever listens at its address. Pure; strict
// about framing (RFC 9112 sections 4, 6 and 7) and bounded.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rest/http_types.h"

namespace sluice::rest {

struct AnswerLimits {
  std::size_t head_bytes = 64UL << 10;  // of one head, of the trailers, of one chunk's size line
  std::size_t body_bytes = 8UL << 20;   // four times what Connect's own client takes
};

class AnswerParser {
 public:
  enum class State { kMore, kDone, kBad };

  explicit AnswerParser(AnswerLimits limits = {}) : limits_(limits) {}

  // Bytes as they come, in pieces of any size. After kDone or kBad further bytes are ignored.
  State feed(std::string_view bytes);
  // The peer has ended the connection: the end of an answer without a length, or an answer cut short.
  State end();

  // After kBad: what is wrong.
  const std::string& problem() const { return problem_; }
  // After kDone: interim answers (100 Continue) left out, body decoded from its transfer coding.
  HttpResponse take() { return std::move(answer_); }

 private:
  enum class Phase { kHead, kLength, kUntilEnd, kChunkSize, kChunk, kChunkEnd, kTrailers, kDone, kBad };

  bool step();  // false: more bytes are needed, or it is over
  bool read_head();
  bool parse_head(std::string_view head);
  bool parse_field(std::string_view line);
  void choose_framing();
  bool read_sized(Phase next);
  bool read_chunk_size();
  bool read_chunk_end();
  bool read_trailers();
  bool fail(std::string problem);
  // Whether a part that ends at `end` (npos: not yet) with so long a terminator is larger than a head may be.
  bool beyond(std::size_t end, std::size_t terminator) const;
  std::string_view rest() const { return std::string_view(buffer_).substr(read_); }

  const AnswerLimits limits_;
  Phase phase_ = Phase::kHead;
  std::string buffer_;
  std::size_t read_ = 0;
  std::uint64_t left_ = 0;  // of the body or of the chunk
  bool has_length_ = false;
  bool chunked_ = false;
  HttpResponse answer_;
  std::string problem_;
};

}  // namespace sluice::rest
