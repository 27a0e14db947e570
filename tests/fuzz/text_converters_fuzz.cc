// Links: sluice::convert
// StringConverter in every character set, SimpleHeaderConverter, and the converters of fixed bytes, on any bytes: they
// never crash, and what they read they can write.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/convert/builtin.h"
#include "runtime/convert/utf8.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"

namespace {

using sluice::convert::find_builtin_converter;

constexpr std::array<const char*, 16> kCharsets = {"UTF-8",     "UTF-16",     "UTF-16BE",       "UTF-16LE",
                                                   "UTF-32",    "UTF-32LE",   "X-UTF-32BE-BOM", "x-UTF-16LE-BOM",
                                                   "US-ASCII",  "ISO-8859-1", "windows-1252",   "ISO-8859-15",
                                                   "Shift_JIS", "GB18030",    "ISO-2022-JP",    "EUC-KR"};
constexpr std::array<const char*, 7> kFixed = {"Boolean", "ByteArray", "Double", "Float", "Integer", "Long", "Short"};

void check_text(const sluice::Value& value) {
  if (!value.is(sluice::Kind::kString)) return;
  SLUICE_ASSERT(value.text().empty() || value.text().data() != nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  sluice::data::SchemaPool pool;
  sluice::data::Arena arena(32 * 1024 * 1024);
  const sluice::data::ConvertContext context{arena.c(), &pool};

  const auto string =
      find_builtin_converter("String")->create({{"converter.encoding", kCharsets[data[0] % kCharsets.size()]}}, false);
  if (string) {
    const auto read = (*string)->to_connect(context, "t", bytes);
    SLUICE_ASSERT(read.has_value());
    check_text(read->value);
    SLUICE_ASSERT(sluice::convert::is_utf8(read->value.text()) || data[0] % kCharsets.size() != 0);
    SLUICE_ASSERT((*string)->from_connect(context, "t", read->schema, read->value).has_value());
  }

  const auto simple = find_builtin_converter("SimpleHeaderConverter")->create_header({});
  const auto header = (*simple)->to_connect(context, "t", "h", bytes);
  SLUICE_ASSERT(header.has_value());
  check_text(header->value);
  static_cast<void>(sluice::data::hash_value(header->value));
  SLUICE_ASSERT((*simple)->from_connect(context, "t", "h", header->schema, header->value).has_value());

  for (const char* name : kFixed) {
    const auto converter = find_builtin_converter(name)->create({}, (data[0] & 1) != 0);
    const auto read = (*converter)->to_connect(context, "t", bytes);
    if (!read) continue;
    const auto written = (*converter)->from_connect(context, "t", read->schema, read->value);
    SLUICE_ASSERT(written.has_value());
    // Only the bits of a NaN may change on the way.
    const bool is_nan = read->value.is(sluice::Kind::kFloat64) && read->value.f64() != read->value.f64();
    SLUICE_ASSERT(is_nan || *written == bytes);
  }
  return 0;
}
