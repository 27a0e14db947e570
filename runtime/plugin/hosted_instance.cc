#include "runtime/plugin/hosted_instance.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "runtime/plugin/hosted_process.h"
#include "runtime/plugin/wire.h"

namespace sluice::plugin {
namespace {

using base::Code;

base::Status broken_answer() {
  return base::fail(Code::kBug, base::exceptions::kConnect, "The plugin's process sent a broken answer");
}

// What the three kinds share.
template <typename Interface>
class Hosted : public Interface {
 public:
  Hosted(const Isolation& isolation, HostServices& services) : process_(services, isolation) {}
  ~Hosted() override { end(); }

  base::Status start(const config::ConfigMap& config) override {
    Writer out;
    out.config(config);
    SLUICE_TRY(process_.call(Op::kStart, Callback::kStart, out.bytes()));
    started_ = true;
    return {};
  }
  void stop() override { end(); }
  void kill() override { process_.kill("it did not stop in time"); }

 protected:
  void end() {
    if (std::exchange(started_, false)) static_cast<void>(process_.call(Op::kStop, Callback::kStop, {}));
  }
  HostedProcess process_;

 private:
  bool started_ = false;
};

class HostedConnector final : public Hosted<ConnectorInstance> {
 public:
  using Hosted::Hosted;

  base::Status create(const HostedComponent& component) { return process_.create(component); }

  base::Result<std::vector<config::ConfigMap>> task_configs(int tasks_max) override {
    Writer out;
    out.number(static_cast<std::int32_t>(tasks_max));
    Reader in({});
    SLUICE_TRY(process_.call(Op::kTaskConfigs, Callback::kTaskConfigs, out.bytes(), &in));
    std::vector<config::ConfigMap> configs(in.count(sizeof(std::uint32_t)));
    for (auto& config : configs) config = in.config();
    if (!in.ok()) return base::fail(broken_answer().error());
    return configs;
  }
  base::Result<std::vector<Issue>> validate(const config::ConfigMap& config) override {
    Reader in({});
    SLUICE_TRY(call(Op::kValidate, Callback::kNone, config, &in));
    std::vector<Issue> issues(in.count(2 * sizeof(std::uint64_t)));
    for (auto& issue : issues) {
      issue.key = in.text();
      issue.message = in.text();
    }
    if (!in.ok()) return base::fail(broken_answer().error());
    return issues;
  }
  base::Result<std::vector<std::string>> recommend(std::string_view key, const config::ConfigMap& config) override {
    Writer out;
    out.text(key);
    out.config(config);
    Reader in({});
    SLUICE_TRY(process_.call(Op::kRecommend, Callback::kNone, out.bytes(), &in));
    std::vector<std::string> texts(in.count(sizeof(std::uint64_t)));
    for (auto& text : texts) text = in.text();
    if (!in.ok()) return base::fail(broken_answer().error());
    return texts;
  }
  std::uint64_t capabilities(const config::ConfigMap& config) override {
    Reader in({});
    return call(Op::kCapabilities, Callback::kNone, config, &in) ? in.number<std::uint64_t>() : 0;
  }
  base::Result<bool> alter_offsets(const config::ConfigMap& config,
                                   std::span<const sluice_offset_entry> offsets) override {
    std::vector<sluice_value> values;
    for (const auto& entry : offsets) {
      values.push_back(entry.partition);
      values.push_back(entry.offset);
    }
    SLUICE_TRY_ASSIGN(const auto image, process_.batches().encode(values));
    Writer out;
    out.config(config);
    out.text(image);
    Reader in({});
    SLUICE_TRY(process_.call(Op::kAlterOffsets, Callback::kNone, out.bytes(), &in));
    return in.number<std::uint8_t>() != 0;
  }
  bool can_alter_offsets() const override { return (process_.features() & kHasAlterOffsets) != 0; }

 private:
  base::Status call(Op op, Callback callback, const config::ConfigMap& config, Reader* in = nullptr) {
    Writer out;
    out.config(config);
    return process_.call(op, callback, out.bytes(), in);
  }
};

class HostedSource final : public Hosted<SourceTaskInstance> {
 public:
  using Hosted::Hosted;

  base::Status create(const HostedComponent& component) { return process_.create(component); }

  base::Status poll(data::Batch& batch) override {
    Reader in({});
    SLUICE_TRY(process_.call(Op::kPoll, Callback::kPoll, {}, &in));
    const auto size = in.number<std::uint64_t>();
    if (!in.ok()) return broken_answer();
    return process_.batches().receive(size, batch);
  }
  bool wants_acks() const override { return (process_.features() & kHasDelivered) != 0; }
  void delivered(std::span<const sluice_ack> acks) override {
    constexpr std::size_t kAcksMax = 16 * 1024;
    while (!acks.empty()) {
      const auto some = acks.subspan(0, std::min(acks.size(), kAcksMax));
      acks = acks.subspan(some.size());
      post_acks(some);
    }
  }
  base::Status commit() override { return process_.call(Op::kCommit, Callback::kCommit, {}); }
  void request_stop() override { process_.request_stop(); }

 private:
  void post_acks(std::span<const sluice_ack> acks) {
    if (!wants_acks()) return;
    acks_.clear();
    acks_.number(static_cast<std::uint32_t>(acks.size()));
    const sluice_str* topic = nullptr;  // the last one written
    for (const sluice_ack& ack : acks) {
      const bool again = topic != nullptr && topic->data == ack.topic.data && topic->size == ack.topic.size;
      acks_.number(static_cast<std::uint8_t>(again ? 0 : 1));
      if (!again) acks_.text(ack.topic);
      topic = &ack.topic;
      acks_.number(ack.cookie);
      acks_.number(ack.partition);
      acks_.number(ack.record);
      acks_.number(ack.offset);
      acks_.number(ack.timestamp_ms);
    }
    process_.post(Op::kDelivered, Callback::kDelivered, acks_.bytes());
  }

  Writer acks_;
};

class HostedSink final : public Hosted<SinkTaskInstance> {
 public:
  HostedSink(const Isolation& isolation, HostServices& services) : Hosted(isolation, services), services_(services) {}
  ~HostedSink() override {
    end();
    process_.destroy();  // its watching thread uses what is here
    for (auto& [put, lent] : lent_)
      if (lent.kept && lent.batch.release != nullptr) lent.batch.release(&lent.batch);
  }

  base::Status create(const HostedComponent& component) {
    HostedProcess::SinkCallbacks callbacks;
    callbacks.report_errant = [this](std::uint64_t put, std::uint32_t origin, base::Error cause) {
      return report_errant(put, origin, std::move(cause));
    };
    callbacks.released = [this](std::uint64_t put) { released(put); };
    return process_.create(component, std::move(callbacks));
  }

  base::Status open(std::span<const sluice_topic_partition> partitions) override {
    return call(Op::kOpen, Callback::kOpen, partitions);
  }
  base::Status put(sluice_batch& batch, std::uint32_t* retry_after_ms) override;
  base::Status pre_commit(std::span<sluice_topic_offset> offsets) override;
  base::Status close(std::span<const sluice_topic_partition> partitions) override {
    return call(Op::kClose, Callback::kClose, partitions);
  }
  void request_stop() override { process_.request_stop(); }

 private:
  // A batch that the plugin has, or had a moment ago.
  struct Lent {
    sluice_batch batch;
    bool kept = false;      // put() left it with the plugin
    bool released = false;  // and it has given it back, maybe before put() returned
  };

  base::Status call(Op op, Callback callback, std::span<const sluice_topic_partition> partitions) {
    Writer out;
    out.partitions(partitions);
    return process_.call(op, callback, out.bytes());
  }
  base::Result<std::uint64_t> report_errant(std::uint64_t put, std::uint32_t origin, base::Error cause);
  void released(std::uint64_t put);
  void put_done(std::uint64_t put, bool kept, sluice_batch& batch);

  HostServices& services_;
  std::mutex mutex_;
  std::map<std::uint64_t, Lent> lent_;
  std::uint64_t puts_ = 0;
};

base::Status HostedSink::put(sluice_batch& batch, std::uint32_t* retry_after_ms) {
  const std::uint64_t put = ++puts_;
  SLUICE_TRY_ASSIGN(const std::uint64_t size, process_.batches().send(batch));
  {
    std::lock_guard lock(mutex_);
    lent_.emplace(put, Lent{batch});
  }
  Writer out;
  out.number(put);
  out.number(size);
  Reader in({});
  auto status = process_.call(Op::kPut, Callback::kPut, out.bytes(), &in);
  *retry_after_ms = process_.retry_after_ms();
  put_done(put, status && in.number<std::uint8_t>() != 0, batch);
  return status;
}

void HostedSink::put_done(std::uint64_t put, bool kept, sluice_batch& batch) {
  sluice_batch returned{};
  {
    std::lock_guard lock(mutex_);
    Lent& lent = lent_.at(put);
    if (kept) batch.release = nullptr;
    if (kept && !lent.released) {
      lent.kept = true;
      return;
    }
    if (kept) returned = lent.batch;
    lent_.erase(put);
  }
  if (returned.release != nullptr) returned.release(&returned);
}

void HostedSink::released(std::uint64_t put) {
  sluice_batch returned{};
  {
    std::lock_guard lock(mutex_);
    const auto lent = lent_.find(put);
    if (lent == lent_.end()) return;
    lent->second.released = true;
    if (!lent->second.kept) return;  // put() has not returned yet
    returned = lent->second.batch;
    lent_.erase(lent);
  }
  if (returned.release != nullptr) returned.release(&returned);
}

base::Result<std::uint64_t> HostedSink::report_errant(std::uint64_t put, std::uint32_t origin, base::Error cause) {
  std::optional<sluice_batch> batch;
  {
    std::lock_guard lock(mutex_);
    if (const auto lent = lent_.find(put); lent != lent_.end() && !lent->second.released) batch = lent->second.batch;
  }
  // Its place in the batch as it was given out: the plugin may have moved the record in its own.
  for (std::uint32_t i = 0; batch && i < batch->record_count; ++i) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(batch->records) + std::size_t{i} * batch->record_stride;
    if (reinterpret_cast<const sluice_record*>(bytes)->origin == origin)
      return services_.report_errant(*batch, i, std::move(cause));
  }
  return base::fail(Code::kBug, base::exceptions::kConnect,
                    "The record reported as errant is not of a batch that put() received");
}

base::Status HostedSink::pre_commit(std::span<sluice_topic_offset> offsets) {
  Writer out;
  out.offsets(offsets);
  Reader in({});
  SLUICE_TRY(process_.call(Op::kPreCommit, Callback::kPreCommit, out.bytes(), &in));
  const auto allowed = in.offsets();
  if (!in.ok() || allowed.size() != offsets.size()) return broken_answer();
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    offsets[i].flags = allowed[i].flags;
    offsets[i].offset = allowed[i].offset;
  }
  return {};
}

template <typename Hosted>
base::Result<std::unique_ptr<Hosted>> make(const HostedComponent& component, const Isolation& isolation,
                                           HostServices& services) {
  auto instance = std::make_unique<Hosted>(isolation, services);
  SLUICE_TRY(instance->create(component));
  return instance;
}

}  // namespace

base::Result<std::unique_ptr<ConnectorInstance>> host_connector(const HostedComponent& component,
                                                                const Isolation& isolation, HostServices& services) {
  return make<HostedConnector>(component, isolation, services);
}

base::Result<std::unique_ptr<SourceTaskInstance>> host_source_task(const HostedComponent& component,
                                                                   const Isolation& isolation, HostServices& services) {
  return make<HostedSource>(component, isolation, services);
}

base::Result<std::unique_ptr<SinkTaskInstance>> host_sink_task(const HostedComponent& component,
                                                               const Isolation& isolation, HostServices& services) {
  return make<HostedSink>(component, isolation, services);
}

}  // namespace sluice::plugin
