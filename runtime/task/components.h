#pragma once
// The converters and transforms of one task, made from its connector's configuration and the worker's (spec
// connect-runtime.md section 6.3).

#include <memory>
#include <string>

#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/data/converter.h"
#include "runtime/plugin/host_services.h"
#include "runtime/task/transform_chain.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

struct Converters {
  std::unique_ptr<data::Converter> key;
  std::unique_ptr<data::Converter> value;
  std::unique_ptr<data::HeaderConverter> header;
  std::string key_class, value_class, header_class;  // for reports
};

// `services` must outlive what is made. Errors name the class or the key that is wrong.
base::Result<Converters> make_converters(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                         plugin::HostServices& services);
base::Result<TransformChain> make_transform_chain(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                                  plugin::HostServices& services);

}  // namespace sluice::task
