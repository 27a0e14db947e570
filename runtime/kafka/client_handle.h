#pragma once
// Inside the module: one rd_kafka_t with its logging, errors and tokens, shared by producer, consumer and admin. The
// only header here that shows librdkafka.

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/base/log.h"
#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/errors.h"

namespace sluice::kafka {

class EmbeddedBroker;

template <auto Destroy>
struct RdDeleter {
  template <typename T>
  void operator()(T* p) const {
    Destroy(p);
  }
};
using RdQueue = std::unique_ptr<rd_kafka_queue_t, RdDeleter<rd_kafka_queue_destroy>>;
using RdPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t, RdDeleter<rd_kafka_topic_partition_list_destroy>>;
using RdError = std::unique_ptr<rd_kafka_error_t, RdDeleter<rd_kafka_error_destroy>>;
using RdEvent = std::unique_ptr<rd_kafka_event_t, RdDeleter<rd_kafka_event_destroy>>;

// Milliseconds for librdkafka's int parameters: never negative (which would mean "for ever").
int to_timeout(std::chrono::milliseconds timeout);

class ClientHandle {
 public:
  // Sets events, callbacks and so on before the client is made; `conf`'s opaque is the ClientHandle.
  using Customize = std::function<void(rd_kafka_conf_t* conf)>;

  // `owner` comes back from owner_of() in librdkafka's callbacks. Errors: kInvalidConfig with librdkafka's text (no
  // secrets).
  static base::Result<std::unique_ptr<ClientHandle>> create(const ClientConfig& config, rd_kafka_type_t type,
                                                            void* owner, const Customize& customize);
  ~ClientHandle();
  ClientHandle(const ClientHandle&) = delete;
  ClientHandle& operator=(const ClientHandle&) = delete;

  rd_kafka_t* get() const { return client_; }
  const base::Logger& log() const { return log_; }
  // The embedded broker of this process if this client talks to it, else null. It has no admin protocol, and creates
  // every topic that is asked for by name.
  EmbeddedBroker* embedded_broker() const;
  static ClientHandle& of(void* opaque) { return *static_cast<ClientHandle*>(opaque); }
  template <typename T>
  static T& owner_of(void* opaque) {
    return *static_cast<T*>(of(opaque).owner_);
  }

  // Routes an error event: logged; a fatal one is kept.
  void on_error(int code, const char* reason);
  std::optional<base::Error> fatal_error() const;
  // Authentication and authorization failures of the whole client since the last call. Nothing else will work until
  // they are mended.
  std::optional<base::Error> take_access_error();
  // The last failure of a connection since the last call: what librdkafka tries again, and callers see as a timeout.
  std::optional<base::Error> take_connection_error();
  // One non-delivery event of a queue: log, error, statistics.
  void on_event(rd_kafka_event_t* event);

 private:
  explicit ClientHandle(const ClientConfig& config, void* owner);
  base::Status configure(rd_kafka_conf_t* conf, const ClientConfig& config);
  void refresh_token();

  static void log_callback(const rd_kafka_t* client, int level, const char* facility, const char* text);
  static void error_callback(rd_kafka_t* client, int code, const char* reason, void* opaque);
  static void throttle_callback(rd_kafka_t* client, const char* broker, int32_t broker_id, int throttle_ms,
                                void* opaque);
  static int stats_callback(rd_kafka_t* client, char* json, size_t size, void* opaque);
  static void token_callback(rd_kafka_t* client, const char* config, void* opaque);

  const base::Logger& log_;
  void* owner_;
  std::string bootstrap_;
  std::optional<OauthSettings> oauth_;
  rd_kafka_t* client_ = nullptr;
  mutable std::mutex mutex_;
  std::optional<base::Error> fatal_;             // guarded by mutex_
  std::optional<base::Error> access_error_;      // guarded by mutex_
  std::optional<base::Error> connection_error_;  // guarded by mutex_
};

// base::Error of a librdkafka error object, which is destroyed.
base::Error take_error(rd_kafka_error_t* error, std::string_view what);

}  // namespace sluice::kafka
