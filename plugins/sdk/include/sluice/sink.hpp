#pragma once
// Sinks: derive from SinkTask, and from SinkConnector unless simple_sink() will do.
//
//   SLUICE_PLUGIN("print", "1.0.0", sluice::simple_sink<PrintSink>("PrintSink"))

#include <span>
#include <string_view>
#include <type_traits>

#include <sluice/connector.hpp>
#include <sluice/plugin.hpp>

namespace sluice {

using TopicPartitions = std::span<const sluice_topic_partition>;

// Lifecycle: start -> (open -> put... -> pre_commit... -> close)... -> stop, on the task's own thread; request_stop
// from any.
class SinkTask : public Instance {
 public:
  virtual Status start(const Config& config) = 0;
  virtual Status open(TopicPartitions) { return ok(); }
  // The batch may be empty. retry(...): the worker waits and puts the same records again. After ok() without
  // batch.take() the worker releases the batch.
  virtual Status put(SinkBatch& batch) = 0;
  // In: the offset after the last record put, for each partition. Lower an offset, or set SLUICE_OFFSET_SKIP in flags,
  // for what is not durable yet. Not overridden: what put returned ok() for is durable.
  virtual Status pre_commit(std::span<sluice_topic_offset>) { return ok(); }
  virtual Status close(TopicPartitions) { return ok(); }
  virtual void request_stop() {}  // [any] must not block
  virtual void stop() {}
};

class SinkConnector : public Connector {};

namespace detail {

template <typename T, typename Keys>
struct SinkTaskThunks {
  static sluice_status start(void* self, const sluice_kv* config, std::uint32_t count, sluice_error* err) noexcept {
    return guard(err, [&] { return as<T>(self).start(Config({config, count}, config_keys<Keys>())); });
  }
  static sluice_status open(void* self, const sluice_topic_partition* partitions, std::uint32_t count,
                            sluice_error* err) noexcept {
    return guard(err, [&] { return as<T>(self).open({partitions, count}); });
  }
  static sluice_status put(void* self, sluice_batch* in, sluice_error* err) noexcept {
    return guard(err, [&] {
      SinkBatch batch(in);
      return as<T>(self).put(batch);
    });
  }
  static sluice_status pre_commit(void* self, sluice_topic_offset* offsets, std::uint32_t count,
                                  sluice_error* err) noexcept {
    return guard(err, [&] { return as<T>(self).pre_commit({offsets, count}); });
  }
  static sluice_status close(void* self, const sluice_topic_partition* partitions, std::uint32_t count,
                             sluice_error* err) noexcept {
    return guard(err, [&] { return as<T>(self).close({partitions, count}); });
  }
  static void request_stop(void* self) noexcept {
    guard(nullptr, [&]() -> Status {
      as<T>(self).request_stop();
      return {};
    });
  }
  static void stop(void* self) noexcept {
    guard(nullptr, [&]() -> Status {
      as<T>(self).stop();
      return {};
    });
  }

  static constexpr bool kOpen = !std::is_same_v<decltype(&T::open), Status (SinkTask::*)(TopicPartitions)>;
  static constexpr bool kPreCommit =
      !std::is_same_v<decltype(&T::pre_commit), Status (SinkTask::*)(std::span<sluice_topic_offset>)>;
  static constexpr bool kClose = !std::is_same_v<decltype(&T::close), Status (SinkTask::*)(TopicPartitions)>;

  static constexpr sluice_sink_task_vtable kTable = {sizeof(sluice_sink_task_vtable),
                                                     0,
                                                     create_instance<T>,
                                                     destroy_instance<T>,
                                                     start,
                                                     kOpen ? open : nullptr,
                                                     put,
                                                     kPreCommit ? pre_commit : nullptr,
                                                     kClose ? close : nullptr,
                                                     request_stop,
                                                     stop};
};

}  // namespace detail

// A sink with a connector of its own.
template <typename C, typename T>
constexpr Component sink(std::string_view name) {
  static_assert(std::is_base_of_v<SinkConnector, C> && std::is_base_of_v<SinkTask, T>);
  using Keys = std::conditional_t<detail::HasConfig<T>, T, C>;
  return {SLUICE_KIND_SINK, name, detail::config_keys<C>(),
          &detail::ConnectorThunks<C, detail::SinkTaskThunks<T, Keys>>::kTable};
}

// A sink with tasks.max tasks that all get the connector's configuration (and `task.id`).
template <typename T>
constexpr Component simple_sink(std::string_view name) {
  static_assert(std::is_base_of_v<SinkTask, T>);
  using C = detail::SimpleConnector<SinkConnector, T, true>;
  return {SLUICE_KIND_SINK, name, detail::config_keys<T>(),
          &detail::ConnectorThunks<C, detail::SinkTaskThunks<T, T>>::kTable};
}

}  // namespace sluice
