#pragma once
// Java character sets by name, for StringConverter's `converter.encoding`: texts of ours (UTF-8, lone surrogates as
// three bytes) to bytes and back, with Java's replacements for what does not fit ('?' or U+FFFD) and for ill-formed
// input (U+FFFD).
//
// UTF-8, UTF-16 and UTF-32 in all forms, US-ASCII and ISO-8859-1 are done here; other sets are those that the C
// library's iconv knows.

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::convert {

class Charset {
 public:
  virtual ~Charset() = default;
  virtual void encode(std::string_view text, std::string& bytes) const = 0;
  virtual void decode(std::string_view bytes, std::string& text) const = 0;

  // Error: java.nio.charset.UnsupportedCharsetException or IllegalCharsetNameException with Java's text (the name).
  // nullptr: UTF-8, which callers do in place.
  static base::Result<std::unique_ptr<Charset>> find(std::string_view name);
};

}  // namespace sluice::convert
