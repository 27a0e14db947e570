#pragma once
// GzipDecompress (Confluent's): unpacks the bytes of a record's key or value.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef gzip_decompress_config();
base::Result<std::unique_ptr<data::Transform>> make_gzip_decompress_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_gzip_decompress_value(const config::ConfigMap& config);

}  // namespace sluice::smt
