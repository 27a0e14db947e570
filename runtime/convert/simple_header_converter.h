#pragma once
// SimpleHeaderConverter: header values as readable text, and a guess of what was meant when read
// (spec/connect-runtime.md 7.3).

#include <string>

#include "runtime/data/converter.h"

namespace sluice::convert {

class SimpleHeaderConverter final : public data::HeaderConverter {
 public:
  base::Result<data::Bytes> from_connect(const data::ConvertContext& context, std::string_view topic,
                                         std::string_view header, const Schema* schema, const Value& value) override;
  base::Result<data::SchemaAndValue> to_connect(const data::ConvertContext& context, std::string_view topic,
                                                std::string_view header, data::Bytes bytes) override;

 private:
  std::string text_;  // reused between headers
};

}  // namespace sluice::convert
