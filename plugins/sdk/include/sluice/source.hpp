#pragma once
// Sources: derive from SourceTask, and from SourceConnector unless simple_source() will do.
//
//   SLUICE_PLUGIN("tick", "1.0.0", sluice::simple_source<TickSource>("TickSource"))
//   SLUICE_PLUGIN("orders", "2.1.0", sluice::source<OrdersConnector,
//   OrdersTask>("OrdersSource").alias("com.acme.OrdersSource"))

#include <span>
#include <string_view>
#include <type_traits>

#include <sluice/connector.hpp>
#include <sluice/plugin.hpp>

namespace sluice {

// Lifecycle: start -> poll... -> stop, all on the task's own thread; request_stop may come from any thread meanwhile.
class SourceTask : public Instance {
 public:
  // An error fails the task; the object is then destroyed without stop().
  virtual Status start(const Config& config) = 0;
  // Adds records to `out`; none means "nothing now", and the worker polls again. Wait no longer than about a second,
  // with context().sleep_for() or by polling context().stop_fd() beside your own descriptors. retry(...) makes the
  // worker back off.
  virtual Status poll(BatchBuilder& out) = 0;
  // Records that will not be sent again, in any order. Override only if the source acknowledges upstream.
  virtual void delivered(std::span<const sluice_ack>) {}
  // Called after the offsets of delivered records were stored.
  virtual Status commit() { return ok(); }
  // [any] Must not block. Only needed where context().stop_fd() and sleep_for() do not wake the task.
  virtual void request_stop() {}
  virtual void stop() {}
};

class SourceConnector : public Connector {};

namespace detail {

template <typename T, typename Keys>
struct SourceTaskThunks {
  struct Box {  // the task, and how many records its last poll gave
    T task;
    std::uint32_t expected = 64;
  };

  static sluice_status create(const sluice_host* host, void* ctx, void** self, sluice_error* err) noexcept {
    return guard(err, [&]() -> Status {
      auto* box = new Box();
      box->task.attach(Context(host, ctx));
      *self = box;
      return {};
    });
  }
  static void destroy(void* self) noexcept { destroy_instance<Box>(self); }
  static sluice_status start(void* self, const sluice_kv* config, std::uint32_t count, sluice_error* err) noexcept {
    return guard(err, [&] { return as<Box>(self).task.start(Config({config, count}, config_keys<Keys>())); });
  }
  static sluice_status poll(void* self, sluice_batch* out, sluice_error* err) noexcept {
    return guard(err, [&]() -> Status {
      Box& box = as<Box>(self);
      BatchBuilder builder(out, box.expected);
      Status status = box.task.poll(builder);
      if (!status.is_ok()) return status;
      if (builder.size() > box.expected) box.expected = builder.size() < 65536 ? builder.size() : 65536;
      return builder.finish();
    });
  }
  static void delivered(void* self, const sluice_ack* acks, std::uint32_t count) noexcept {
    guard(nullptr, [&]() -> Status {
      as<Box>(self).task.delivered({acks, count});
      return {};
    });
  }
  static sluice_status commit(void* self, sluice_error* err) noexcept {
    return guard(err, [&] { return as<Box>(self).task.commit(); });
  }
  static void request_stop(void* self) noexcept {
    guard(nullptr, [&]() -> Status {
      as<Box>(self).task.request_stop();
      return {};
    });
  }
  static void stop(void* self) noexcept {
    guard(nullptr, [&]() -> Status {
      as<Box>(self).task.stop();
      return {};
    });
  }

  // A method that is not overridden is left out of the table: the worker then saves the work behind it.
  static constexpr bool kDelivered =
      !std::is_same_v<decltype(&T::delivered), void (SourceTask::*)(std::span<const sluice_ack>)>;
  static constexpr bool kCommit = !std::is_same_v<decltype(&T::commit), Status (SourceTask::*)()>;

  static constexpr sluice_source_task_vtable kTable = {sizeof(sluice_source_task_vtable),
                                                       0,
                                                       create,
                                                       destroy,
                                                       start,
                                                       poll,
                                                       kDelivered ? delivered : nullptr,
                                                       kCommit ? commit : nullptr,
                                                       request_stop,
                                                       stop};
};

}  // namespace detail

// A source with a connector of its own. Keys: C::kConfig; tasks see T::kConfig if they have one, else the same.
template <typename C, typename T>
constexpr Component source(std::string_view name) {
  static_assert(std::is_base_of_v<SourceConnector, C> && std::is_base_of_v<SourceTask, T>);
  using Keys = std::conditional_t<detail::HasConfig<T>, T, C>;
  return {SLUICE_KIND_SOURCE, name, detail::config_keys<C>(),
          &detail::ConnectorThunks<C, detail::SourceTaskThunks<T, Keys>>::kTable};
}

// A source with one task, which gets the connector's configuration as it is. T may have
// `static void validate(const Config&, Issues&)`.
template <typename T>
constexpr Component simple_source(std::string_view name) {
  static_assert(std::is_base_of_v<SourceTask, T>);
  using C = detail::SimpleConnector<SourceConnector, T, false>;
  return {SLUICE_KIND_SOURCE, name, detail::config_keys<T>(),
          &detail::ConnectorThunks<C, detail::SourceTaskThunks<T, T>>::kTable};
}

// The same with tasks.max tasks, all with the same configuration and `task.id` set to 0, 1, ...
template <typename T>
constexpr Component parallel_source(std::string_view name) {
  static_assert(std::is_base_of_v<SourceTask, T>);
  using C = detail::SimpleConnector<SourceConnector, T, true>;
  return {SLUICE_KIND_SOURCE, name, detail::config_keys<T>(),
          &detail::ConnectorThunks<C, detail::SourceTaskThunks<T, T>>::kTable};
}

}  // namespace sluice
