// Links: sluice::convert
// The JSON converter on any bytes: the fast and the slow way agree, results are whole, and what is written of them is
// JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/convert/json_decoder.h"
#include "runtime/convert/json_encoder.h"
#include "runtime/convert/json_tree.h"
#include "runtime/convert/utf8.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"

namespace {

using sluice::convert::json::Decoder;
using sluice::convert::json::Encoder;
using sluice::convert::json::Options;
using Result = sluice::base::Result<sluice::data::SchemaAndValue>;

void check_same(const Result& fast, const Result& slow) {
  SLUICE_ASSERT(fast.has_value() == slow.has_value());
  if (!fast) {
    SLUICE_ASSERT(std::string_view(fast.error().exception()) == slow.error().exception());
    SLUICE_ASSERT(fast.error().message() == slow.error().message());
    return;
  }
  SLUICE_ASSERT(fast->schema == slow->schema);
  SLUICE_ASSERT(sluice::data::values_equal(fast->value, slow->value));
}

// One configuration: the first bytes of the input choose it. Lines of the rest are messages of one stream, so that
// schemas seen before come again.
void run(const Options& options, std::string schema_content, std::string_view messages) {
  sluice::data::SchemaPool pool;
  sluice::data::Arena arena(32 * 1024 * 1024);
  const sluice::data::ConvertContext context{arena.c(), &pool};
  Decoder decoder(options, std::move(schema_content));
  if (!decoder.check_fixed_schema(context)) return;
  Encoder encoder(options);
  while (!messages.empty()) {
    const std::size_t end = std::min(messages.find('\x1E'), messages.size());
    const std::string_view message = messages.substr(0, end);
    messages.remove_prefix(std::min(end + 1, messages.size()));
    for (int round = 0; round < 2; ++round) {
      arena.reset();
      const Result fast = decoder.decode(context, message);
      const Result slow = decoder.decode_slowly(context, message);
      check_same(fast, slow);
      if (!fast) break;
      const auto written = encoder.encode(context.arena, fast->schema, fast->value);
      if (!written || written->data() == nullptr) continue;
      SLUICE_ASSERT(sluice::convert::is_utf8(*written));
      if (written->find("\\uD") != std::string_view::npos)
        continue;  // a lone surrogate in a name is written, but not read
      sluice::data::Arena nodes;
      SLUICE_ASSERT(sluice::convert::json::parse(*written, nodes.c(), nodes.c()).has_value());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::uint8_t flags = data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  Options options;
  options.schemas_enabled = (flags & 1) != 0;
  options.replace_null_with_default = (flags & 2) != 0;
  options.decimal_format =
      (flags & 4) != 0 ? sluice::convert::json::DecimalFormat::kNumeric : sluice::convert::json::DecimalFormat::kBase64;
  options.cache_size = (flags & 8) != 0 ? 1 : 1000;
  std::string schema_content;
  if ((flags & 16) != 0) {
    const std::size_t end = std::min(rest.find('\x1E'), rest.size());
    schema_content = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  run(options, std::move(schema_content), rest);
  return 0;
}
