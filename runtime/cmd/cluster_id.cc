#include "runtime/cmd/cluster_id.h"

#include <utility>

#include "runtime/kafka/admin.h"

namespace sluice::cmd {
namespace {

base::Result<std::string> describe(kafka::ConfigMap java) {
  SLUICE_TRY_ASSIGN(const auto config, kafka::translate_client_config(java, kafka::ClientKind::kAdmin));
  SLUICE_TRY_ASSIGN(const auto admin, kafka::Admin::create(config));
  auto cluster = admin->describe_cluster(config.settings.default_api_timeout);
  if (!cluster && cluster.error().code() == base::Code::kUnsupported) return std::string();
  if (!cluster) return base::fail(std::move(cluster).error());
  return std::move(cluster->cluster_id);
}

}  // namespace

std::future<base::Result<std::string>> ask_cluster_id(const config::WorkerConfig& worker,
                                                      const std::string& bootstrap_servers) {
  kafka::ConfigMap java;
  for (const auto& [key, value] : worker.client_config(config::ClientKind::kAdmin))
    if (value) java[key] = *value;
  java["bootstrap.servers"] = bootstrap_servers;
  return std::async(std::launch::async, [java = std::move(java)]() -> base::Result<std::string> {
    auto id = describe(java);
    if (id) return id;
    return base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                  "Failed to connect to and describe Kafka cluster. Check worker's broker connection "
                                  "and security properties.")
                          .with_cause(std::move(id).error()));
  });
}

}  // namespace sluice::cmd
