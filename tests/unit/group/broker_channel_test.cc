// One connection's negotiation, authentication and deadlines, against a scripted broker and a clock by hand.

#include "runtime/group/broker_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/group/bytes.h"

namespace sluice::group {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ScriptedNetwork final : public Network {
 public:
  struct Request {
    Api api;
    std::int16_t version;
    std::int32_t id;
  };
  TimePoint now() const override { return time; }
  std::unique_ptr<Link> connect(const Endpoint&, LinkEvents& link_events) override {
    events = &link_events;
    return std::make_unique<ScriptedLink>(*this);
  }
  // The last request, answered by `body`.
  void answer(const std::string& body) {
    ByteWriter out;
    out.int32(last.id);
    out.tags(last.api != Api::kApiVersions && is_flexible(last.api, last.version));
    out.raw(body);
    events->on_frame(out.bytes());
  }
  void answer_versions(bool with_sasl = true) {
    ByteWriter out;
    std::vector<Api> all{Api::kFindCoordinator, Api::kJoinGroup, Api::kSyncGroup, Api::kHeartbeat, Api::kLeaveGroup};
    if (with_sasl) all.insert(all.end(), {Api::kSaslHandshake, Api::kSaslAuthenticate});
    out.int16(0);
    out.count(all.size(), last.version >= 3);
    for (const Api api : all) {
      out.int16(static_cast<std::int16_t>(api));
      out.int16(0);
      out.int16(api == Api::kSaslAuthenticate ? 1 : 2);
      out.tags(last.version >= 3);
    }
    if (last.version >= 1) out.int32(0);
    out.tags(last.version >= 3);
    answer(out.bytes());
  }
  void answer_handshake(std::int16_t error = 0) {
    ByteWriter out;
    out.int16(error);
    out.count(1);
    out.string("SCRAM-SHA-256");
    answer(out.bytes());
  }
  void answer_authenticate(std::int64_t lifetime_ms, std::int16_t error = 0) {
    ByteWriter out;
    out.int16(error);
    out.nullable_string(error == 0 ? std::nullopt : std::optional<std::string>("Authentication failed"));
    out.sized_bytes("");
    out.int64(lifetime_ms);
    answer(out.bytes());
  }

  TimePoint time{std::chrono::hours(1)};
  LinkEvents* events = nullptr;
  Request last{};
  std::vector<Api> asked;
  bool closed = false;

 private:
  class ScriptedLink final : public Link {
   public:
    explicit ScriptedLink(ScriptedNetwork& network) : network_(network) {}
    ~ScriptedLink() override { network_.closed = true; }
    void send(std::string frame) override {
      ByteReader in(frame);
      const Api api{in.int16()};
      const std::int16_t version = in.int16();
      network_.last = {api, version, in.int32()};
      network_.asked.push_back(api);
    }

   private:
    ScriptedNetwork& network_;
  };
};

class BrokerChannelTest : public ::testing::Test, public BrokerChannel::Owner {
 protected:
  void on_ready(BrokerChannel&) override { ++ready_; }
  void on_broken(BrokerChannel&, base::Error why) override {
    broken_ = std::move(why);
    channel_.reset();  // as owners do
  }
  void open() {
    channel_ = std::make_unique<BrokerChannel>(network_, options_, nullptr, Endpoint{"b", 9092}, *this);
    network_.events->on_open();
  }
  void use_plain() {
    options_.sasl.emplace();
    options_.sasl->username = "u";
    options_.sasl->password = "hidden";
  }
  void heartbeat() {
    channel_->request(
        Api::kHeartbeat,
        [](std::int16_t version) {
          return encode(HeartbeatRequest{"g", 1, "m"}, version);
        },
        3s,
        [this](std::string_view body, std::int16_t version) -> base::Status {
          SLUICE_TRY_ASSIGN(const std::int16_t error, decode_heartbeat(body, version));
          EXPECT_EQ(error, 0);
          ++answered_;
          return {};
        });
  }
  static std::string heartbeat_answer() { return std::string(6, '\0'); }  // throttle time, no error

  ScriptedNetwork network_;
  ChannelOptions options_;
  std::unique_ptr<BrokerChannel> channel_;
  int ready_ = 0;
  int answered_ = 0;
  std::optional<base::Error> broken_;
};

TEST_F(BrokerChannelTest, RequestsWaitForTheSetUpAndForEachOther) {
  open();
  heartbeat();
  heartbeat();
  EXPECT_EQ(network_.asked, std::vector{Api::kApiVersions});
  network_.answer_versions();
  EXPECT_EQ(ready_, 1);
  EXPECT_EQ(network_.asked.size(), 2u);
  network_.answer(heartbeat_answer());
  EXPECT_EQ(network_.asked.size(), 3u);
  network_.answer(heartbeat_answer());
  EXPECT_EQ(answered_, 2);
  EXPECT_FALSE(channel_->busy());
}

TEST_F(BrokerChannelTest, OldBrokerIsAskedInTheOldWay) {
  open();
  EXPECT_EQ(network_.last.version, 3);
  ByteWriter refusal;
  refusal.int16(errors::kUnsupportedVersion);
  refusal.count(0);
  network_.answer(refusal.bytes());
  EXPECT_EQ(network_.last.version, 0);
  network_.answer_versions();
  EXPECT_EQ(ready_, 1);
}

TEST_F(BrokerChannelTest, BrokerThatIsTooOldOrTooNew) {
  open();
  ByteWriter out;
  out.int16(0);
  out.count(0, true);
  out.int32(0);
  out.tags(true);
  network_.answer(out.bytes());
  ASSERT_TRUE(broken_);
  EXPECT_EQ(broken_->code(), base::Code::kInvalidConfig);
}

TEST_F(BrokerChannelTest, AuthenticatesAgainBeforeTheSessionEnds) {
  use_plain();
  open();
  network_.answer_versions();
  network_.answer_handshake();
  EXPECT_EQ(ready_, 0);
  network_.answer_authenticate(10'000);
  EXPECT_EQ(ready_, 1);
  network_.time += 8s;
  heartbeat();
  EXPECT_EQ(network_.last.api, Api::kHeartbeat);
  network_.answer(heartbeat_answer());
  network_.time += 1s;  // 9 of 10
  heartbeat();
  EXPECT_EQ(network_.last.api, Api::kSaslHandshake);
  network_.answer_handshake();
  network_.answer_authenticate(10'000);
  EXPECT_EQ(network_.last.api, Api::kHeartbeat);
  network_.answer(heartbeat_answer());
  EXPECT_EQ(answered_, 2);
  EXPECT_EQ(ready_, 1);
}

TEST_F(BrokerChannelTest, RefusedCredentialsAndMechanisms) {
  use_plain();
  open();
  network_.answer_versions();
  network_.answer_handshake(errors::kUnsupportedSaslMechanism);
  ASSERT_TRUE(broken_);
  EXPECT_THAT(broken_->message(), HasSubstr("it offers SCRAM-SHA-256"));
  EXPECT_EQ(broken_->code(), base::Code::kInvalidConfig);
  EXPECT_TRUE(network_.closed);

  broken_.reset();
  open();
  network_.answer_versions();
  network_.answer_handshake();
  network_.answer_authenticate(0, errors::kSaslAuthenticationFailed);
  ASSERT_TRUE(broken_);
  EXPECT_THAT(broken_->to_string(), HasSubstr("Authentication failed"));
  EXPECT_THAT(broken_->to_string(), ::testing::Not(HasSubstr("hidden")));

  broken_.reset();
  open();
  network_.answer_versions(false);
  ASSERT_TRUE(broken_);
  EXPECT_EQ(broken_->code(), base::Code::kInvalidConfig);
}

TEST_F(BrokerChannelTest, EveryWaitHasADeadline) {
  channel_ = std::make_unique<BrokerChannel>(network_, options_, nullptr, Endpoint{"b", 9092}, *this);
  EXPECT_EQ(*channel_->wake_at(), network_.time + options_.setup_timeout);
  network_.events->on_open();
  EXPECT_EQ(*channel_->wake_at(), network_.time + options_.request_timeout);
  network_.answer_versions();
  EXPECT_FALSE(channel_->wake_at());
  heartbeat();
  network_.time += 2999ms;
  channel_->tick();
  EXPECT_FALSE(broken_);
  network_.time += 1ms;
  channel_->tick();
  ASSERT_TRUE(broken_);
  EXPECT_EQ(broken_->code(), base::Code::kRetry);
  EXPECT_THAT(broken_->message(), HasSubstr("Heartbeat"));
}

TEST_F(BrokerChannelTest, NonsenseBreaksIt) {
  open();
  network_.answer_versions();
  network_.events->on_frame("not asked for");
  ASSERT_TRUE(broken_);

  broken_.reset();
  open();
  network_.answer_versions();
  heartbeat();
  ++network_.last.id;  // the answer to another request
  network_.answer(heartbeat_answer());
  ASSERT_TRUE(broken_);

  broken_.reset();
  open();
  network_.answer_versions();
  heartbeat();
  network_.answer("");
  ASSERT_TRUE(broken_);
  EXPECT_EQ(answered_, 0);
}

}  // namespace
}  // namespace sluice::group
