#include "runtime/plugin/process_host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/plugin/child_process.h"
#include "runtime/plugin/hosted_process.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/loader.h"
#include "runtime/plugin/process_services.h"
#include "runtime/plugin/wire.h"

namespace sluice::plugin {
namespace {

using base::Code;

constexpr int kCallsFd = 3;
constexpr int kEventsFd = 4;
constexpr int kBatchesFd = 5;
constexpr int kFlushMetricsEveryMs = 1000;

Fd inherited(int number) {
  ::fcntl(number, F_SETFD, FD_CLOEXEC);  // what the plugin starts does not keep the connection open
  return Fd(number);
}

// What this process has allocated, or could without a limit being asked: the kernel's VmData.
std::int64_t data_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("VmData:")) continue;
    std::int64_t kib = 0;
    const std::size_t digit = line.find_first_of("0123456789");
    if (digit != std::string::npos) std::from_chars(line.data() + digit, line.data() + line.size(), kib);
    return kib * 1024;
  }
  return 0;
}

// RLIMIT_DATA counts what is allocated, not what is reserved (as RLIMIT_AS does) nor what libraries map; anybody may
// lower it, and the kernel holds to it at once.
void limit_memory(std::int64_t bytes) {
  if (bytes <= 0) return;
  const auto limit = static_cast<rlim_t>(data_bytes() + bytes);
  const rlimit both{limit, limit};
  ::setrlimit(RLIMIT_DATA, &both);
}

// The sink's batches: used again when they come back.
class HostedBatches {
 public:
  explicit HostedBatches(Channel& events) : events_(events) {}

  std::unique_ptr<HostedBatch> take() {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<HostedBatch>();
    auto batch = std::move(free_.back());
    free_.pop_back();
    return batch;
  }
  void give_back(std::unique_ptr<HostedBatch> batch) {
    batch->records.reset();
    std::lock_guard lock(mutex_);
    if (free_.size() < kKept) free_.push_back(std::move(batch));
  }
  // A batch that the sink kept is released. [any]
  void released(std::unique_ptr<HostedBatch> batch) {
    Writer out;
    out.number(batch->put);
    give_back(std::move(batch));
    events_.send(Op::kReleased, out.bytes());
  }

 private:
  static constexpr std::size_t kKept = 4;
  Channel& events_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HostedBatch>> free_;
};

class Host {
 public:
  Host() : calls_(inherited(kCallsFd)), events_(inherited(kEventsFd)), services_(calls_, events_), batches_(events_) {
    services_.batches().attach(inherited(kBatchesFd));
    batches_in_process = &batches_;
  }

  [[noreturn]] void run() {
    std::thread([this] { listen(); }).detach();  // tidy: allow(detach): it ends with the process
    for (;;) {
      const auto frame = calls_.receive();
      if (!frame) std::_Exit(1);  // the worker is gone
      Writer out;
      Reader in(frame->bytes);
      if (frame->op == Op::kDelivered) {
        delivered(in);
        continue;
      }
      std::uint32_t retry_after_ms = 0;
      auto status = serve(frame->op, in, out, &retry_after_ms);
      if (status && out.bytes().size() > Channel::kFrameBytesMax / 2)
        status = base::fail(Code::kNoMemory, base::exceptions::kConnect, "The answer takes more than {} MiB",
                            Channel::kFrameBytesMax >> 21U);
      Writer answer;
      answer.status(status);
      answer.number(retry_after_ms);
      if (status) answer.raw(out.bytes());
      calls_.send(Op::kReturn, answer.bytes());
      if (frame->op == Op::kDestroy) std::_Exit(0);  // the library's destructors are nobody's concern
    }
  }

 private:
  static inline HostedBatches* batches_in_process = nullptr;  // for release, which gets the batch alone

  // The events thread.
  void listen() {
    for (;;) {
      if (!events_.wait(kFlushMetricsEveryMs)) {
        services_.flush_metrics();
        continue;
      }
      if (!events_.fill(true)) std::_Exit(1);
      while (const auto event = events_.next()) {
        Reader in(event->bytes);
        if (event->op == Op::kLogLevel) services_.set_log_level(in.number<std::int32_t>());
        if (event->op != Op::kRequestStop) continue;
        services_.request_stop();
        std::lock_guard lock(instance_mutex_);
        if (source_ != nullptr) source_->request_stop();
        if (sink_ != nullptr) sink_->request_stop();
      }
    }
  }

  base::Status serve(Op op, Reader& in, Writer& out, std::uint32_t* retry_after_ms) {
    switch (op) {
      case Op::kCreate:
        return create(in, out);
      case Op::kDestroy:
        destroy();
        return {};
      default:
        break;
    }
    if (source_ != nullptr) return serve_source(op, in, out);
    if (sink_ != nullptr) return serve_sink(op, in, out, retry_after_ms);
    if (connector_ != nullptr) return serve_connector(op, in, out);
    return unknown(op);
  }

  static base::Status unknown(Op op) {
    return base::fail(Code::kBug, base::exceptions::kConnect, "The instance cannot be asked for {}",
                      static_cast<std::uint32_t>(op));
  }

  base::Status create(Reader& in, Writer& out) {
    const std::string library(in.text());
    const std::string state_dir(in.text());
    const std::string manifest_text(in.text());
    const auto kind = in.number<std::int32_t>();
    const std::string name(in.text());
    const bool is_task = in.number<std::uint8_t>() != 0;
    const auto served = in.number<std::uint32_t>();
    services_.set_log_level(in.number<std::int32_t>());
    limit_memory(in.number<std::int64_t>());
    services_.configure(is_task, served);
    SLUICE_TRY_ASSIGN(const Manifest manifest, parse_manifest(manifest_text));
    SLUICE_TRY_ASSIGN(const LoadedLibrary* loaded, load_library(library, manifest, state_dir));
    const sluice_component* component = loaded->component(kind, name);
    if (component == nullptr)
      return base::fail(Code::kFatal, base::exceptions::kConnect, "{} has lost its component {}", library, name);
    const auto& table = *static_cast<const sluice_connector_vtable*>(component->vtable);
    std::uint64_t features = 0;
    std::lock_guard lock(instance_mutex_);
    if (!is_task) {
      SLUICE_TRY_ASSIGN(connector_, ConnectorInstance::create(table, services_));
      if (connector_->can_alter_offsets()) features |= kHasAlterOffsets;
    } else if (kind == SLUICE_KIND_SOURCE) {
      SLUICE_TRY_ASSIGN(source_, SourceTaskInstance::create(
                                     *static_cast<const sluice_source_task_vtable*>(table.task_vtable), services_));
      if (source_->wants_acks()) features |= kHasDelivered;
    } else {
      SLUICE_TRY_ASSIGN(
          sink_, SinkTaskInstance::create(*static_cast<const sluice_sink_task_vtable*>(table.task_vtable), services_));
    }
    out.number(features);
    return {};
  }

  void destroy() {
    std::unique_ptr<SourceTaskInstance> source;
    std::unique_ptr<SinkTaskInstance> sink;
    {
      std::lock_guard lock(instance_mutex_);
      source = std::move(source_);
      sink = std::move(sink_);
    }
    source.reset();
    sink.reset();
    connector_.reset();
    services_.flush_metrics();
    base::flush_logging();
  }

  // ---- a source task ----

  base::Status serve_source(Op op, Reader& in, Writer& out) {
    switch (op) {
      case Op::kStart:
        return source_->start(in.config());
      case Op::kPoll:
        return poll(out);
      case Op::kCommit:
        return source_->commit();
      case Op::kStop:
        source_->stop();
        return {};
      default:
        return unknown(op);
    }
  }

  base::Status poll(Writer& out) {
    polled_.reset();
    SLUICE_TRY(source_->poll(polled_));
    SLUICE_TRY_ASSIGN(const std::uint64_t size, services_.batches().send(*polled_.c()));
    out.number(size);
    return {};
  }

  void delivered(Reader& in) {
    if (source_ == nullptr) return;
    acks_.clear();
    sluice_str topic{nullptr, 0};
    const std::uint32_t count = in.count(1);
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
      if (in.number<std::uint8_t>() != 0) topic = in.str();
      sluice_ack ack{};
      ack.topic = topic;
      ack.cookie = in.number<std::uint64_t>();
      ack.partition = in.number<std::int32_t>();
      ack.record = in.number<std::uint32_t>();
      ack.offset = in.number<std::int64_t>();
      ack.timestamp_ms = in.number<std::int64_t>();
      acks_.push_back(ack);
    }
    source_->delivered(acks_);
  }

  // ---- a sink task ----

  base::Status serve_sink(Op op, Reader& in, Writer& out, std::uint32_t* retry_after_ms) {
    switch (op) {
      case Op::kStart:
        return sink_->start(in.config());
      case Op::kOpen:
        return sink_->open(in.partitions());
      case Op::kPut:
        return put(in, out, retry_after_ms);
      case Op::kPreCommit: {
        auto offsets = in.offsets();
        SLUICE_TRY(sink_->pre_commit(offsets));
        out.offsets(offsets);
        return {};
      }
      case Op::kClose:
        return sink_->close(in.partitions());
      case Op::kStop:
        sink_->stop();
        return {};
      default:
        return unknown(op);
    }
  }

  base::Status put(Reader& in, Writer& out, std::uint32_t* retry_after_ms) {
    auto batch = batches_.take();
    batch->put = in.number<std::uint64_t>();
    SLUICE_TRY(services_.batches().receive(in.number<std::uint64_t>(), batch->records));
    // The plugin works on a copy of the struct: if it takes the batch over, it may release it before put() returns.
    sluice_batch c = *batch->records.c();
    HostedBatch* lent = batch.release();
    c.owner_data = lent;
    c.release = [](sluice_batch* returned) {
      returned->release = nullptr;
      batches_in_process->released(std::unique_ptr<HostedBatch>(static_cast<HostedBatch*>(returned->owner_data)));
    };
    auto status = sink_->put(c, retry_after_ms);
    const bool kept = status && c.release == nullptr;
    if (!kept) batches_.give_back(std::unique_ptr<HostedBatch>(lent));
    out.number(static_cast<std::uint8_t>(kept ? 1 : 0));
    return status;
  }

  // ---- a connector ----

  base::Status serve_connector(Op op, Reader& in, Writer& out) {
    switch (op) {
      case Op::kStart:
        return connector_->start(in.config());
      case Op::kStop:
        connector_->stop();
        return {};
      case Op::kTaskConfigs: {
        SLUICE_TRY_ASSIGN(const auto configs, connector_->task_configs(in.number<std::int32_t>()));
        out.number(static_cast<std::uint32_t>(configs.size()));
        for (const auto& config : configs) out.config(config);
        return {};
      }
      case Op::kValidate: {
        SLUICE_TRY_ASSIGN(const auto issues, connector_->validate(in.config()));
        out.number(static_cast<std::uint32_t>(issues.size()));
        for (const auto& issue : issues) {
          out.text(std::string_view(issue.key));
          out.text(std::string_view(issue.message));
        }
        return {};
      }
      case Op::kRecommend: {
        const auto key = in.text();
        SLUICE_TRY_ASSIGN(const auto texts, connector_->recommend(key, in.config()));
        out.number(static_cast<std::uint32_t>(texts.size()));
        for (const auto& text : texts) out.text(std::string_view(text));
        return {};
      }
      case Op::kCapabilities:
        out.number(connector_->capabilities(in.config()));
        return {};
      case Op::kAlterOffsets:
        return alter_offsets(in, out);
      default:
        return unknown(op);
    }
  }

  base::Status alter_offsets(Reader& in, Writer& out) {
    const auto config = in.config();
    SLUICE_TRY_ASSIGN(const auto values, services_.batches().decode(in.text()));
    std::vector<sluice_offset_entry> entries;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) entries.push_back({values[i], values[i + 1]});
    SLUICE_TRY_ASSIGN(const bool handled, connector_->alter_offsets(config, entries));
    out.number(static_cast<std::uint8_t>(handled ? 1 : 0));
    return {};
  }

  Channel calls_;
  Channel events_;
  ProcessServices services_;
  HostedBatches batches_;
  data::Batch polled_;
  std::vector<sluice_ack> acks_;
  std::unique_ptr<ConnectorInstance> connector_;
  std::mutex instance_mutex_;  // request_stop may come while these are made or destroyed
  std::unique_ptr<SourceTaskInstance> source_;
  std::unique_ptr<SinkTaskInstance> sink_;
};

}  // namespace

void run_process_host() {
  end_with_parent();
  base::LogOptions quiet;
  quiet.level = base::LogLevel::kWarn;  // the worker says that the plugin is loaded
  base::init_logging(quiet);
  try {
    // tidy: allow(new): it lives until the process ends, which runs no destructors
    auto* host = new Host();
    host->run();
  } catch (const std::bad_alloc&) {
    std::_Exit(kHostExitNoMemory);
  }
}

}  // namespace sluice::plugin
