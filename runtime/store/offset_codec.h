#pragma once
// Source partitions and offsets <-> the JSON bytes in an OffsetStore, as Connect's OffsetStorageWriter and -ReaderImpl
// do it.

#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::store {

// `["connector",<partition>]`. `partition` is a MAP with STRING keys, or null.
base::Result<std::string> offset_key(std::string_view connector, const Value& partition);
// The offset MAP as JSON. Error texts of Connect's OffsetUtils: nested values, keys that are not strings.
base::Result<std::string> offset_value(const Value& offset);
// The offset MAP of stored bytes, in `arena`; integers come back as INT64, as through Connect's schemaless JSON.
base::Result<Value> parse_offset_value(std::string_view bytes, sluice_arena* arena);

}  // namespace sluice::store
