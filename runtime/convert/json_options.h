#pragma once
// What a JSON converter was configured with.

namespace sluice::convert::json {

enum class DecimalFormat { kBase64, kNumeric };

struct Options {
  bool schemas_enabled = true;
  bool replace_null_with_default = true;
  DecimalFormat decimal_format = DecimalFormat::kBase64;  // of writing; reading takes both
  int cache_size = 1000;                                  // schemas remembered, at least one
};

}  // namespace sluice::convert::json
