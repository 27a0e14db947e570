#pragma once
// Inside the module: one connection to a broker, ready for requests: versions negotiated, authenticated, and
// authenticated again before the broker's session ends (KIP-368). One request is on the wire at a time, the others wait
// in line. A request that is not answered by its deadline breaks the channel, as does anything else that goes wrong: a
// broken channel is destroyed by its owner, and the answers that were due never come. Pure but for Network; one thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/group/messages.h"
#include "runtime/group/network.h"
#include "runtime/group/sasl_client.h"

namespace sluice::group {

// OAUTHBEARER tokens. Fetching one blocks, so it happens elsewhere and the answer comes back on the channel's thread.
class TokenSource {
 public:
  using Done = std::function<void(base::Result<SaslOptions::Token>)>;
  virtual ~TokenSource() = default;
  virtual void fetch(Done done) = 0;
};

struct ChannelOptions {
  std::string client_id;
  std::optional<SaslOptions> sasl;
  std::chrono::milliseconds setup_timeout{10'000};    // until the connection is open
  std::chrono::milliseconds request_timeout{40'000};  // for each request of the set-up
};

class BrokerChannel final : public LinkEvents {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_ready(BrokerChannel& channel) = 0;
    // Once, and nothing after it. kInvalidConfig: credentials, certificates or versions, which an operator must mend.
    virtual void on_broken(BrokerChannel& channel, base::Error why) = 0;
  };
  using Encode = std::function<std::string(std::int16_t version)>;
  // `body` is valid during the call. What it returns breaks the channel if it is an error.
  using Answer = std::function<base::Status(std::string_view body, std::int16_t version)>;

  // All references outlive the channel. `tokens` is needed for OAUTHBEARER.
  BrokerChannel(Network& network, const ChannelOptions& options, TokenSource* tokens, Endpoint endpoint, Owner& owner);
  ~BrokerChannel() override;

  void request(Api api, Encode encode, std::chrono::milliseconds timeout, Answer answer);
  const Endpoint& endpoint() const { return endpoint_; }
  bool ready() const { return ready_; }
  // Something was asked and is not answered.
  bool busy() const { return in_flight_ || !waiting_.empty(); }

  // Deadlines. `wake_at`: when tick() is due next.
  void tick();
  std::optional<TimePoint> wake_at() const { return deadline_; }

 private:
  struct Request {
    Api api = Api::kApiVersions;
    Encode encode;
    std::chrono::milliseconds timeout{};
    Answer answer;
  };
  struct Sent {
    Api api = Api::kApiVersions;
    std::int16_t version = 0;
    std::int32_t correlation_id = 0;
    Answer answer;
  };

  void on_open() override;
  void on_frame(std::string_view frame) override;
  void on_closed(base::Error why) override;

  void ask_versions(std::int16_t version);
  base::Status on_versions(std::string_view body, std::int16_t version);
  void authenticate();
  void begin_exchange(const SaslOptions::Token* token);
  base::Status on_handshake(std::string_view body);
  void send_token(std::string bytes);
  base::Status on_authenticated(std::string_view body, std::int16_t version);
  void set_ready();

  void send(Api api, std::int16_t version, const std::string& body, std::chrono::milliseconds timeout, Answer answer);
  void send_next();
  void broken(base::Error why);

  Network& network_;
  const ChannelOptions& options_;
  TokenSource* tokens_;
  const Endpoint endpoint_;
  Owner& owner_;
  std::unique_ptr<Link> link_;
  ApiVersions versions_;
  std::int32_t correlation_id_ = 0;
  std::optional<Sent> in_flight_;
  std::deque<Request> waiting_;
  std::optional<TimePoint> deadline_;  // of the connection's opening or the request in flight
  std::string doing_;                  // for the error of a deadline
  std::unique_ptr<SaslClient> exchange_;
  std::optional<TimePoint> authenticate_again_at_;
  std::shared_ptr<bool> alive_;  // false once destroyed: for a token that comes too late
  bool authenticating_ = false;
  bool ready_ = false;
  bool was_ready_ = false;
  bool broken_ = false;
};

}  // namespace sluice::group
