#pragma once
// Inside the module: what the protocol needs of a network, so that tests can play one. All of it is used on one thread.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/group/messages.h"

namespace sluice::group {

using TimePoint = std::chrono::steady_clock::time_point;

// No answer that a group member gets is near this; whoever claims more is not a broker.
inline constexpr std::size_t kFrameBytesMax = 16 * 1024 * 1024;

class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  virtual void on_open() = 0;
  virtual void on_frame(std::string_view frame) = 0;
  // Last of all. kInvalidConfig: trying again cannot help (a certificate that is not trusted); else kRetry.
  virtual void on_closed(base::Error why) = 0;
};

// A connection to a broker (TCP, TLS), opening or open. Destroying it closes it: no event comes from then on, and that
// is allowed inside an event.
class Link {
 public:
  virtual ~Link() = default;
  // Sends the length and `frame`, once open.
  virtual void send(std::string frame) = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  virtual TimePoint now() const = 0;
  // Events come later, never inside this call. `events` outlives the link.
  virtual std::unique_ptr<Link> connect(const Endpoint& endpoint, LinkEvents& events) = 0;
};

}  // namespace sluice::group
