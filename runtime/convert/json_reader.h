#pragma once
// The fast way from JSON to values: one pass over the message, values built where they stay. Every function answers
// false when it meets something that it leaves to the slow way; it never makes an error, and what it accepts means
// exactly what the slow way makes of it (tests/fuzz/json_converter_fuzz.cc compares them).

#include <cstdint>
#include <string_view>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/convert/json_reader_nodes.h"
#include "runtime/convert/json_scan.h"
#include "runtime/convert/json_unique_keys.h"

namespace sluice::convert::json {

// Memory that one decoder reuses between messages.
struct ReaderScratch {
  static constexpr std::size_t kKeptMax = 1 << 20;  // values kept between messages

  std::vector<sluice_value> stack;  // children of the arrays and maps that are open
  UniqueKeys unique_keys;

  void trim();
};

class Reader {
 public:
  Reader(std::string_view bytes, sluice_arena* arena, ReaderScratch& scratch)
      : p_(bytes.data()), end_(p_ + bytes.size()), arena_(arena), scratch_(scratch) {}

  // A schemaless value, or one of the node's schema, with blanks before it.
  bool schemaless(sluice_value* value);
  bool typed(const ReaderNode& node, sluice_value* value);

  void skip_blanks() { p_ = json::skip_blanks(p_, end_); }
  bool take(char c) {
    skip_blanks();
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool take(std::string_view bytes);
  // Steps over an object as brackets and quotes delimit it; its inside is not looked at.
  bool step_over_object(std::string_view* text);
  void advance(std::size_t bytes) { p_ += bytes; }
  void enter() { ++depth_; }

 private:
  bool integer(std::int64_t* value);
  bool float64(sluice_value* value);
  bool float32(sluice_value* value);
  bool text(TextRole role, std::string_view* text);
  bool plain_text(std::string_view* text);
  bool word(std::string_view expected);
  bool name(std::string_view* name);
  bool array(const ReaderNode* element, sluice_value* value);
  bool map(const ReaderNode* element, sluice_value* value);
  bool structure(const ReaderNode& node, sluice_value* value);
  bool fields(const ReaderNode& node, sluice_struct* record);
  bool null(const ReaderNode& node, sluice_value* value);
  bool binary(std::string_view* bytes);
  bool decimal(const ReaderNode& node, sluice_value* value);
  bool settle_list(std::size_t first, std::uint8_t kind, sluice_value* value);

  const char* p_;
  const char* const end_;
  sluice_arena* const arena_;
  ReaderScratch& scratch_;
  int depth_ = 0;
};

}  // namespace sluice::convert::json
