#include "runtime/group/broker_membership.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "runtime/base/log.h"
#include "runtime/group/asio_network.h"
#include "runtime/group/coordinator_client.h"
#include "runtime/group/group_member.h"
#include "runtime/group/token_fetcher.h"

namespace sluice::group {
namespace {

// Puts the parts together and gives them their one thread.
class BrokerMembership final : public Membership {
 public:
  explicit BrokerMembership(MembershipOptions options) : options_(std::move(options)) {}
  ~BrokerMembership() override { stop(std::chrono::steady_clock::now()); }

  base::Status start(MembershipListener& listener) override {
    SLUICE_ASSERT(!loop_);
    SLUICE_TRY(check());
    std::vector<Endpoint> servers;
    for (const auto& text : options_.bootstrap_servers) {
      SLUICE_TRY_ASSIGN(Endpoint server, parse_endpoint(text));
      servers.push_back(std::move(server));
    }
    SLUICE_TRY_ASSIGN(loop_, EventLoop::create(options_.tls));
    if (options_.sasl && options_.sasl->mechanism == SaslOptions::Mechanism::kOauthBearer)
      tokens_ = std::make_unique<TokenFetcher>(options_.sasl->token,
                                               [this](std::function<void()> work) { loop_->post(std::move(work)); });
    std::random_device random;
    client_ = std::make_unique<CoordinatorClient>(*loop_, options_, std::move(servers), tokens_.get(), random());
    member_ = std::make_unique<GroupMember>(options_, *client_, listener, random());
    client_->set_member(*member_);
    thread_ = std::thread([this] { run(); });
    post([this](TimePoint now) { member_->start(now); });
    return {};
  }

  void join(std::vector<OfferedProtocol> offers) override {
    post([this, offers = std::move(offers)](TimePoint now) { member_->join(now, offers); });
  }
  void lead(std::int32_t generation, std::map<std::string, std::string> assignments) override {
    post([this, generation, assignments = std::move(assignments)](TimePoint now) {
      member_->lead(now, generation, assignments);
    });
  }
  void request_rejoin(std::string reason) override {
    post([this, reason = std::move(reason)](TimePoint now) { member_->request_rejoin(now, reason); });
  }
  void leave(std::string reason, std::chrono::milliseconds rejoin_after) override {
    post(
        [this, reason = std::move(reason), rejoin_after](TimePoint now) { member_->leave(now, reason, rejoin_after); });
  }
  void owner_alive() override {
    post([this](TimePoint now) { member_->owner_alive(now); });
  }

  void stop(TimePoint deadline) override {
    if (!thread_.joinable()) return;
    post([this](TimePoint now) { member_->stop(now); });
    {
      std::unique_lock lock(mutex_);
      stopped_.wait_until(lock, deadline, [this] { return has_left_; });
    }
    loop_->stop();
    thread_.join();
    tokens_.reset();
    client_->drop();
  }

 private:
  base::Status check() const {
    if (options_.bootstrap_servers.empty())
      return base::config_error("No resolvable bootstrap urls given in bootstrap.servers");
    if (options_.group_id.empty()) return base::config_error("group.id must not be empty");
    if (options_.heartbeat_interval >= options_.session_timeout)
      return base::config_error("heartbeat.interval.ms ({}) must be lower than session.timeout.ms ({})",
                                options_.heartbeat_interval.count(), options_.session_timeout.count());
    if (options_.sasl && options_.sasl->mechanism == SaslOptions::Mechanism::kOauthBearer && !options_.sasl->token)
      return base::config_error("SASL mechanism OAUTHBEARER needs a source of tokens");
    return {};
  }

  template <typename F>
  void post(F work) {
    if (!loop_) return;
    loop_->post([this, work = std::move(work)] { work(loop_->now()); });
  }

  void run() {
    pthread_setname_np(pthread_self(), "sluice-group");
    loop_->run([this] {
      const TimePoint now = loop_->now();
      client_->tick();
      member_->tick(now);
      if (member_->stopped()) {
        const std::lock_guard lock(mutex_);
        has_left_ = true;
        stopped_.notify_all();
      }
      TimePoint at = member_->wake_at(now);
      if (const auto due = client_->wake_at()) at = std::min(at, *due);
      loop_->wake_at(at);
    });
  }

  const MembershipOptions options_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<TokenFetcher> tokens_;
  std::unique_ptr<CoordinatorClient> client_;
  std::unique_ptr<GroupMember> member_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool has_left_ = false;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<Membership> make_broker_membership(MembershipOptions options) {
  return std::make_unique<BrokerMembership>(std::move(options));
}

}  // namespace sluice::group
