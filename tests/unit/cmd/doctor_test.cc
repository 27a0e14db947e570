// The parts of `sluice doctor` that need no server: what is made of facts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/cmd/doctor_broker.h"
#include "runtime/cmd/doctor_config.h"
#include "runtime/cmd/doctor_findings.h"
#include "runtime/cmd/doctor_group.h"
#include "runtime/cmd/doctor_host.h"
#include "runtime/cmd/doctor_listeners.h"
#include "runtime/cmd/doctor_network.h"
#include "runtime/cmd/doctor_plugins.h"
#include "runtime/cmd/doctor_tls.h"
#include "runtime/cmd/doctor_topics.h"
#include "runtime/group/connect_protocol.h"
#include "runtime/kafka/errors.h"

namespace sluice::cmd {
namespace {

using config::ConfigMap;
using config::WorkerMode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

const KnownProviders kProviders = config::builtin_config_providers();

// "level check" of each finding.
std::vector<std::string> summary(const Findings& findings) {
  std::vector<std::string> lines;
  for (const auto& finding : findings) {
    lines.push_back((finding.level == Level::kOk        ? "ok "
                     : finding.level == Level::kWarning ? "warn "
                                                        : "error ") +
                    finding.check);
    EXPECT_TRUE(finding.level == Level::kOk || !(finding.cause.empty() || finding.fix.empty())) << finding.found;
  }
  return lines;
}

const ConfigMap kDistributed = {{"bootstrap.servers", "b:1"},           {"key.converter", "StringConverter"},
                                {"value.converter", "StringConverter"}, {"group.id", "g"},
                                {"config.storage.topic", "c"},          {"offset.storage.topic", "o"},
                                {"status.storage.topic", "s"}};

ConfigMap with(std::initializer_list<ConfigMap::Entry> more) {
  ConfigMap map = kDistributed;
  for (const auto& [key, text] : more) map.set(key, text);
  return map;
}

TEST(DoctorFindings, HidesSecretsWhereverTheyStand) {
  Secrets secrets;
  secrets.add({{"sasl.jaas.config", "x.PlainLoginModule required username=\"worker\" password=\"hunter22\";"},
               {"ssl.key.password", "key-word"},
               {"producer.ssl.keystore.password", "store-word"},
               {"my.app.secret", "own-word"},
               {"group.id", "plain"},
               {"ssl.truststore.password", "ab"}});
  EXPECT_EQ(secrets.hide("worker plain hunter22 key-word store-word own-word abc"),
            "worker plain [hidden] [hidden] [hidden] [hidden] abc");
  Findings findings = {{Level::kError, "x.y", "hunter22", "a key-word", "own-word!"}};
  secrets.hide(findings);
  EXPECT_EQ(findings[0].found + findings[0].cause + findings[0].fix, "[hidden]a [hidden][hidden]!");
}

TEST(DoctorFindings, PrintsTextAndOneDocument) {
  const Report report{
      "w.properties",
      "distributed",
      {{Level::kOk, "a.b", "good", {}, {}}, {Level::kError, "c.d", "bad \"thing\"", "because\nso", "mend"}}};
  EXPECT_EQ(to_text(report),
            "w.properties (distributed worker)\n\n"
            "ok       a.b: good\n"
            "ERROR    c.d: bad \"thing\"\n"
            "         cause: because\n"
            "                so\n"
            "         fix:   mend\n"
            "\n1 error, 0 warnings, 1 ok\n");
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["errors"], 1);
  EXPECT_EQ(json["mode"], "distributed");
  EXPECT_EQ(json["findings"][1]["level"], "error");
  EXPECT_EQ(json["findings"][1]["found"], "bad \"thing\"");
  EXPECT_EQ(json["findings"][1]["fix"], "mend");
}

TEST(DoctorConfig, KnowsWhichKindOfWorker) {
  EXPECT_EQ(mode_of(kDistributed), WorkerMode::kDistributed);
  EXPECT_EQ(mode_of({{"offset.storage.file.filename", "/o"}}), WorkerMode::kStandalone);
  EXPECT_EQ(mode_of({{"bootstrap.servers", "b:1"}}), std::nullopt);
}

TEST(DoctorConfig, TellsAllThatIsWrongWithTheKeys) {
  EXPECT_EQ(summary(check_config(WorkerMode::kDistributed, kDistributed, kProviders)),
            std::vector<std::string>{"ok config.keys"});
  const auto findings = check_config(WorkerMode::kDistributed,
                                     with({{"session.timeout.ms", "soon"},
                                           {"rest.extension.classes", "org.example.Auth"},
                                           {"producer.interceptor.classes", "org.example.Spy"},
                                           {"no.such.key", "1"},
                                           {"config.storage.cleanup.policy", "delete"}}),
                                     kProviders);
  EXPECT_THAT(summary(findings), ::testing::IsSupersetOf({"error config.keys", "error config.keys",
                                                          "warn config.unknown", "warn config.ignored"}));
  std::string all;
  for (const auto& finding : findings) all += finding.found + "\n";
  for (const char* key : {"session.timeout.ms", "rest.extension.classes", "no.such.key",
                          "config.storage.cleanup.policy", "interceptor.classes"})
    EXPECT_THAT(all, HasSubstr(key));
  EXPECT_THAT(summary(check_config(WorkerMode::kDistributed, with({{"heartbeat.interval.ms", "10000"}}), kProviders)),
              Contains("error config.timing"));
  EXPECT_THAT(summary(check_config(WorkerMode::kDistributed, with({{"heartbeat.interval.ms", "5000"}}), kProviders)),
              Contains("warn config.timing"));
}

TEST(DoctorConfig, GoesOnWithWhatIsUsable) {
  ConfigMap broken = with({{"session.timeout.ms", "soon"}, {"listeners", "ftp://x:1"}, {"connect.protocol", "?"}});
  broken.erase("group.id");
  broken.erase("bootstrap.servers");
  const auto config = usable_config(WorkerMode::kDistributed, broken, kProviders);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->group_id(), "");
  EXPECT_EQ(config->bootstrap_servers(), kNoBootstrap);
  EXPECT_EQ(config->parsed().int32("session.timeout.ms"), 10000);
  EXPECT_EQ(config->parsed().string("config.storage.topic"), "c");
  EXPECT_TRUE(check_brokers(*config, Deadline(1s)).findings.empty()) << "its absence is told by check_config";
}

TEST(DoctorNetwork, ReadsServers) {
  EXPECT_EQ(parse_host_port("a:1")->host, "a");
  EXPECT_EQ(parse_host_port("SSL://[::1]:9092")->host, "::1");
  EXPECT_EQ(parse_host_port("SSL://[::1]:9092")->port, 9092);
  for (const char* bad : {"", "a", ":1", "a:", "a:0", "a:65536", "a:1x", "[]:1"})
    EXPECT_FALSE(parse_host_port(bad)) << bad;
}

TEST(DoctorNetwork, ResolvesConnectsAndBinds) {
  const auto local = resolve("127.0.0.1", 1, 5s);
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->front().loopback);
  EXPECT_EQ(local->front().text, "127.0.0.1");
  EXPECT_FALSE(try_connect(local->front(), 1s));
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(server, 4), 0);
  ASSERT_EQ(::getsockname(server, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto taken = resolve("127.0.0.1", ntohs(address.sin_port), 5s);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(try_connect(taken->front(), 1s));
  EXPECT_EQ(first_answer(taken->front(), 50ms), FirstAnswer::kSilence);
  EXPECT_EQ(try_bind(taken->front()), BindOutcome::kInUse);
  ::close(server);
  EXPECT_EQ(try_bind(taken->front()), BindOutcome::kFree);
  EXPECT_EQ(try_bind(resolve("192.0.2.1", 1, 5s)->front()), BindOutcome::kNotOurs);
}

TEST(DoctorBroker, ExplainsWhyThereIsNoAnswer) {
  const auto check = [](const char* text, const char* protocol, const char* exception = base::exceptions::kKafka) {
    return explain_no_answer("b:1", base::Error(base::Code::kFatal, exception, text), protocol);
  };
  constexpr const char* kSsl = "org.apache.kafka.common.errors.SslAuthenticationException";
  EXPECT_THAT(check("SSL handshake failed: certificate verify failed: unable to get local issuer", "SSL", kSsl).fix,
              HasSubstr("ssl.truststore.location"));
  EXPECT_THAT(check("SSL handshake failed: certificate verify failed: hostname mismatch", "SSL", kSsl).cause,
              HasSubstr("another host name"));
  EXPECT_EQ(check("SSL handshake failed: wrong version number", "SASL_SSL", kSsl).check, "broker.protocol");
  EXPECT_THAT(check("SSL handshake failed: sslv3 alert bad certificate", "SSL", kSsl).fix, HasSubstr("ssl.keystore"));
  EXPECT_EQ(check("SASL authentication error: Authentication failed", "SASL_PLAINTEXT").check, "broker.sasl");
  EXPECT_EQ(check("Disconnected", "PLAINTEXT").check, "broker.protocol");
  EXPECT_EQ(check("the server answers with HTTP", "PLAINTEXT").check, "broker.protocol");
  EXPECT_EQ(check("timed out", "PLAINTEXT").check, "broker.kafka");
}

TopicFacts config_topic() {
  TopicFacts facts;
  facts.key = "config.storage.topic";
  facts.name = "c";
  facts.brokers = 3;
  facts.description = std::optional(kafka::TopicDescription{"c", {{0, 1, 3, 3}}});
  facts.configs = std::map<std::string, std::string>{{"cleanup.policy", "compact"}, {"min.insync.replicas", "2"}};
  facts.read = base::Status();
  facts.write = base::Status();
  return facts;
}

base::Error denied() {
  return kafka::make_error(29, "asking", "Broker: Topic authorization failed");
}

TEST(DoctorTopics, JudgesATopicThatIsThere) {
  EXPECT_EQ(summary(judge_topic(config_topic())), std::vector<std::string>{"ok topic.config"});
  auto facts = config_topic();
  facts.description = std::optional(kafka::TopicDescription{"c", {{0, 1, 3, 3}, {1, -1, 3, 3}}});
  EXPECT_EQ(summary(judge_topic(facts)),
            (std::vector<std::string>{"error topic.partitions.config", "error topic.leader.config"}));
  EXPECT_EQ(
      judge_topic(facts)[0].found,
      "Topic 'c' supplied via the 'config.storage.topic' property is required to have a single partition in order "
      "to guarantee consistency of connector configurations, but found 2 partitions.");
  facts = config_topic();
  facts.configs = std::map<std::string, std::string>{{"cleanup.policy", "compact,delete"}};
  EXPECT_THAT(judge_topic(facts)[0].found, HasSubstr("found the topic currently has 'cleanup.policy=compact,delete'."));
  facts = config_topic();
  facts.configs = base::fail(denied());
  EXPECT_EQ(summary(judge_topic(facts)), std::vector<std::string>{"warn topic.policy.config"});
}

TEST(DoctorTopics, JudgesReplicas) {
  auto facts = config_topic();
  const auto replicas = [&](int count, int in_sync) {
    facts.description = std::optional(kafka::TopicDescription{"c", {{0, 1, count, in_sync}}});
    return summary(judge_topic(facts));
  };
  EXPECT_EQ(replicas(1, 1), std::vector<std::string>{"error topic.replicas.config"});
  EXPECT_EQ(replicas(2, 2), std::vector<std::string>{"warn topic.replicas.config"});
  EXPECT_EQ(replicas(3, 1), std::vector<std::string>{"error topic.in_sync.config"});
  facts.configs = std::map<std::string, std::string>{{"cleanup.policy", "compact"}, {"min.insync.replicas", "1"}};
  EXPECT_EQ(replicas(1, 1), std::vector<std::string>{"warn topic.replicas.config"});
  facts.brokers = 1;
  EXPECT_EQ(replicas(1, 1), std::vector<std::string>{"ok topic.config"});
}

TEST(DoctorTopics, JudgesRightsAndTopicsThatAreMissing) {
  auto facts = config_topic();
  facts.read = base::fail(denied());
  facts.write = base::fail(denied());
  EXPECT_EQ(summary(judge_topic(facts)), (std::vector<std::string>{"error rights.config", "error rights.config"}));
  facts = config_topic();
  facts.description = base::fail(denied());
  EXPECT_EQ(summary(judge_topic(facts)), std::vector<std::string>{"error rights.config"});
  facts = config_topic();
  facts.description = std::optional<kafka::TopicDescription>();
  facts.creation = base::Status();
  EXPECT_EQ(summary(judge_topic(facts)), std::vector<std::string>{"ok topic.config"});
  facts.creation = base::fail(denied());
  EXPECT_EQ(summary(judge_topic(facts)), std::vector<std::string>{"error rights.config"});
  facts.creation = base::fail(kafka::make_error(38, "creating topic c"));
  EXPECT_EQ(summary(judge_topic(facts)), std::vector<std::string>{"error topic.replicas.config"});
  EXPECT_THAT(judge_topic(facts)[0].fix, HasSubstr("config.storage.replication.factor=3"));
  auto other = facts;
  other.key = "offset.storage.topic";
  EXPECT_EQ(summary(judge_names({facts, other})), std::vector<std::string>{"error topic.names"});
}

GroupFacts group_of(std::string type, std::string protocol, std::vector<kafka::GroupDescription::Member> members) {
  return {"g", "sessioned", "http://me:8083/",
          std::optional(kafka::GroupDescription{"Stable", std::move(type), std::move(protocol), std::move(members)}),
          base::fail(kafka::make_error(kafka::error_code::kUnknownTopicOrPartition, "trying"))};
}

TEST(DoctorGroup, JudgesTypeProtocolAndMembers) {
  EXPECT_EQ(summary(judge_group(group_of("consumer", "range", {{"c", "/1.2.3.4", ""}}))),
            std::vector<std::string>{"error group.type"});
  EXPECT_EQ(summary(judge_group(group_of("consumer", "", {}))), std::vector<std::string>{"warn group.type"});
  EXPECT_EQ(summary(judge_group(group_of("connect", "", {}))), std::vector<std::string>{"ok group.state"});
  const std::string other = group::encode(group::MemberMetadata{2, "http://other:8083/", 7, std::nullopt});
  const std::string same = group::encode(group::MemberMetadata{2, "http://me:8083/", 7, std::nullopt});
  auto facts = group_of("connect", "sessioned", {{"a", "/1.2.3.4", other}});
  EXPECT_EQ(summary(judge_group(facts)), std::vector<std::string>{"ok group.members"});
  EXPECT_THAT(judge_group(facts)[0].found, HasSubstr("http://other:8083/"));
  facts.protocol = "eager";
  EXPECT_THAT(summary(judge_group(facts)), Contains("warn group.protocol"));
  EXPECT_THAT(summary(judge_group(group_of("connect", "default", {{"a", "h", other}}))), Contains("ok group.protocol"));
  EXPECT_THAT(summary(judge_group(group_of("connect", "sessioned", {{"a", "h", same}}))), Contains("warn group.url"));
  facts.group = std::optional<kafka::GroupDescription>();
  EXPECT_EQ(summary(judge_group(facts)), std::vector<std::string>{"ok group.state"});
  facts.group = base::fail(kafka::make_error(30, "describing group g"));
  EXPECT_EQ(summary(judge_group(facts)), std::vector<std::string>{"error rights.group"});
  facts = group_of("connect", "", {});
  facts.use = base::fail(kafka::make_error(30, "trying"));
  EXPECT_EQ(summary(judge_group(facts)), std::vector<std::string>{"error rights.group"});
}

TEST(DoctorPlugins, LooksAtThePathAndWhatIsOnIt) {
  const auto folder = std::filesystem::temp_directory_path();
  EXPECT_TRUE(check_plugin_path({folder.string()}).empty());
  EXPECT_EQ(summary(check_plugin_path({})), std::vector<std::string>{"warn plugins.path"});
  EXPECT_EQ(summary(check_plugin_path({"/no/such/folder", "."})),
            (std::vector<std::string>{"error plugins.path", "warn plugins.path"}));
  EXPECT_EQ(summary(judge_plugins({{"/p/a.so", "manifest", {}}}, {{"/p/b.so", "is cut off"}})),
            (std::vector<std::string>{"ok plugins.library", "warn plugins.quarantined"}));
}

TEST(DoctorListeners, JudgesTheAdvertisedUrl) {
  const auto level = [](std::initializer_list<ConfigMap::Entry> more) {
    return summary(check_advertised(*usable_config(WorkerMode::kDistributed, with(more), kProviders), Deadline(10s)))
        .front();
  };
  EXPECT_EQ(level({{"listeners", "http://127.0.0.1:0"}}), "warn listener.advertised");
  EXPECT_EQ(level({{"rest.advertised.host.name", "0.0.0.0"}}), "warn listener.advertised");
  EXPECT_EQ(level({{"rest.advertised.host.name", "192.0.2.7"}}), "ok listener.advertised");
}

TEST(DoctorTls, JudgesDates) {
  EXPECT_EQ(judge_certificate("x", "CN=a", 10, 100).level, Level::kOk);
  EXPECT_EQ(judge_certificate("x", "CN=a", 10, 5).level, Level::kWarning);
  EXPECT_EQ(judge_certificate("x", "CN=a", 400, -1).level, Level::kError);
  EXPECT_EQ(judge_certificate("x", "CN=a", -3, 100).level, Level::kError);
  EXPECT_EQ(summary(check_tls_settings("x", {{"ssl.keystore.type", "PEM"}, {"ssl.keystore.location", "/no/such"}}, true,
                                       false)),
            std::vector<std::string>{"error tls.keystore"});
  EXPECT_EQ(summary(check_tls_settings(
                "x", {{"ssl.truststore.type", "PEM"}, {"ssl.truststore.certificates", "nothing"}}, false, true)),
            std::vector<std::string>{"error tls.truststore"});
}

TEST(DoctorHost, JudgesFoldersLimitsAndClock) {
  const auto folder = std::filesystem::temp_directory_path() / ("doctor-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  EXPECT_EQ(judge_folder("k", folder).level, Level::kOk);
  EXPECT_THAT(judge_folder("k", folder / "a" / "b").found, HasSubstr("does not exist yet"));
  std::ofstream(folder / "file") << "x";
  EXPECT_EQ(judge_folder("k", folder / "file" / "b").level, Level::kError);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(judge_file_limit(1024, 1 << 20).level, Level::kWarning);
  EXPECT_EQ(judge_file_limit(65536, 1 << 20).level, Level::kOk);
  EXPECT_EQ(judge_clock(1'800'000'000'000, true).level, Level::kOk);
  EXPECT_EQ(judge_clock(0, true).level, Level::kError);
}

}  // namespace
}  // namespace sluice::cmd
