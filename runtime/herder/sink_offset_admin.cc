#include "runtime/herder/sink_offset_admin.h"

#include <utility>

#include "runtime/kafka/admin.h"
#include "runtime/task/client_settings.h"

namespace sluice::herder {
namespace {

class KafkaSinkOffsetAdmin final : public SinkOffsetAdmin {
 public:
  KafkaSinkOffsetAdmin(std::unique_ptr<kafka::Admin> admin, std::string group)
      : admin_(std::move(admin)), group_(std::move(group)) {}

  base::Result<std::vector<kafka::PartitionOffset>> list(Timeout timeout) override {
    return admin_->list_group_offsets(group_, timeout);
  }
  bool refused() override { return admin_->take_connection_error().has_value(); }
  base::Status alter(std::span<const kafka::PartitionOffset> offsets, Timeout timeout) override {
    return admin_->alter_group_offsets(group_, offsets, timeout);
  }
  base::Status forget(std::span<const base::TopicPartition> partitions, Timeout timeout) override {
    return admin_->delete_group_offsets(group_, partitions, timeout);
  }
  base::Status forget_all(Timeout timeout) override {
    auto status = admin_->delete_group(group_, timeout);
    if (!status && status.error().code() == base::Code::kNotFound) return {};
    return status;
  }

 private:
  const std::unique_ptr<kafka::Admin> admin_;
  const std::string group_;
};

}  // namespace

base::Result<std::unique_ptr<SinkOffsetAdmin>> make_kafka_sink_offset_admin(const task::WorkerContext& worker,
                                                                            const config::ConnectorConfig& connector) {
  SLUICE_TRY_ASSIGN(const auto client,
                    task::admin_config(worker, connector, "connector-adminclient-" + connector.name()));
  SLUICE_TRY_ASSIGN(auto admin, kafka::Admin::create(client));
  return std::make_unique<KafkaSinkOffsetAdmin>(std::move(admin), task::sink_group_id(worker, connector));
}

}  // namespace sluice::herder
