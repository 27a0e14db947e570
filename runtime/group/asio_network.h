#pragma once
// Inside the module: Network over Boost.Asio and OpenSSL, and the loop that everything of a membership runs on. The
// only place that knows of sockets. TCP and TLS; names are resolved without a thread of ours.

#include <functional>
#include <memory>
#include <optional>

#include "runtime/group/broker_membership.h"
#include "runtime/group/network.h"

namespace sluice::group {

class EventLoop final : public Network {
 public:
  // Error: kInvalidConfig, for certificates and keys that cannot be used; it holds no secret.
  static base::Result<std::unique_ptr<EventLoop>> create(const std::optional<TlsOptions>& tls);
  ~EventLoop() override;

  // Runs events on the calling thread until stop(). `after_each` is called after every event, and at the time it set
  // with wake_at().
  void run(const std::function<void()>& after_each);
  void stop();                            // [any]
  void post(std::function<void()> work);  // [any] dropped if the loop ends first
  void wake_at(TimePoint when);           // [loop]

  TimePoint now() const override;
  std::unique_ptr<Link> connect(const Endpoint& endpoint, LinkEvents& events) override;

 private:
  struct Impl;
  explicit EventLoop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::group
