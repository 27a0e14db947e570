#include "runtime/cmd/doctor_broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runtime/base/strings.h"
#include "runtime/cmd/doctor_config.h"
#include "runtime/cmd/doctor_network.h"
#include "runtime/kafka/embedded_broker.h"

namespace sluice::cmd {
namespace {

using namespace std::chrono_literals;

constexpr auto kResolveMax = 5'000ms;
constexpr auto kConnectMax = 3'000ms;
constexpr auto kAnswerMax = 6'000ms;
constexpr auto kDisconnectsMax = 1'500ms;  // a broker that has just started may drop a connection or two
constexpr auto kSliceMax = 400ms;
constexpr auto kFirstAnswerMax = 1'000ms;
constexpr std::size_t kNodesMax = 20;  // of a large cluster, these many are tried

bool has(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// The name and the connection. Nothing: it can be connected to.
std::optional<Finding> cannot_connect(const std::string& what, const HostPort& place, const Deadline& deadline) {
  const auto addresses = resolve(place.host, place.port, deadline.at_most(kResolveMax));
  if (!addresses)
    return Finding{
        Level::kError, "broker.resolve",
        fmt::format("{}: the name '{}' cannot be resolved: {}", what, place.host, addresses.error().message()),
        "the name is wrong, or this machine's resolver (hosts file, DNS) does not know it",
        "correct the name, or make it known to this machine"};
  std::string reasons;
  bool refused = false;
  for (const auto& address : *addresses) {
    const auto connected = try_connect(address, deadline.at_most(kConnectMax));
    if (connected) return std::nullopt;
    refused = refused || connected.error().message().find("refused") != std::string::npos;
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", address.text, connected.error().message());
  }
  return Finding{Level::kError, "broker.connect",
                 fmt::format("{}: no connection to port {}: {}", what, place.port, reasons),
                 refused ? "nothing listens there: the broker is down, or listens on another address or port"
                         : "no answer from the machine: a firewall, a wrong address, or the machine is down",
                 "start the broker, or correct the address; check with the broker's `listeners` setting"};
}

void check_nodes(const kafka::ClusterDescription& cluster, const Deadline& deadline, Findings& findings) {
  std::size_t reached = 0;
  for (const auto& node : cluster.brokers) {
    if (&node - cluster.brokers.data() >= static_cast<std::ptrdiff_t>(kNodesMax) || deadline.passed()) break;
    auto problem = cannot_connect(fmt::format("broker {} ({}:{})", node.id, node.host, node.port),
                                  {node.host, node.port}, deadline);
    if (!problem) {
      ++reached;
      continue;
    }
    problem->check = "broker.advertised";
    problem->cause =
        fmt::format("the bootstrap server answers, but sends clients on to {}:{}, which this machine cannot reach ({})",
                    node.host, node.port, problem->cause);
    problem->fix = "correct advertised.listeners of that broker, or make its name and port reachable from here";
    findings.push_back(std::move(*problem));
  }
  if (reached == cluster.brokers.size())
    findings.push_back({Level::kOk,
                        "broker.advertised",
                        fmt::format("all {} brokers of cluster {} can be connected to", reached, cluster.cluster_id),
                        {},
                        {}});
}

// What the client keeps to itself: a connection that is closed without a word.
base::Error look_closer(const HostPort& place, const base::Error& error) {
  const auto addresses = resolve(place.host, place.port, kConnectMax);
  if (!addresses || addresses->empty()) return error;
  const auto said = [&](std::string_view text) {
    return base::Error(base::Code::kRetry, base::exceptions::kKafka, std::string(text));
  };
  switch (first_answer(addresses->front(), kFirstAnswerMax)) {
    case FirstAnswer::kClosed:
      return said("the server closes the connection at the first request");
    case FirstAnswer::kTls:
      return said("the server answers with TLS");
    case FirstAnswer::kHttp:
      return said("the server answers with HTTP");
    case FirstAnswer::kKafka:
      return said("the broker answers, and the connection is closed at the first request that needs a user");
    case FirstAnswer::kOther:
      return said("the server answers with something that is not Kafka's");
    case FirstAnswer::kSilence:
      break;
  }
  return error;
}

// Waits for an answer, but no longer than there is hope: the client itself would try again for ever.
base::Result<kafka::ClusterDescription> ask_cluster(kafka::Admin& admin, const Deadline& deadline,
                                                    std::optional<base::Error>& why) {
  const Deadline disconnects(kDisconnectsMax);
  while (true) {
    auto cluster = admin.describe_cluster(deadline.at_most(kSliceMax));
    if (cluster) return cluster;
    if (auto error = admin.take_connection_error()) why = std::move(error);
    const bool refused = why && why->code() == base::Code::kFatal;  // TLS and SASL say no for good
    if (refused || deadline.passed() || (why && disconnects.passed())) return cluster;
  }
}

// One bootstrap server: its findings, and the cluster it belongs to where it answers.
std::optional<kafka::ClusterDescription> check_server(const config::WorkerConfig& config, const std::string& server,
                                                      const Deadline& deadline, Findings& findings) {
  const auto place = parse_host_port(server);
  if (!place) {
    findings.push_back({Level::kError, "broker.address", place.error().message(), "bootstrap.servers is malformed",
                        "write host:port, several separated by commas"});
    return std::nullopt;
  }
  if (auto problem = cannot_connect(server, *place, deadline)) {
    findings.push_back(std::move(*problem));
    return std::nullopt;
  }
  const auto admin = make_admin(config, server);
  if (!admin) {
    findings.push_back({Level::kError, "broker.client", admin.error().message(), "the Kafka client cannot be set up",
                        "correct the keys that the message names"});
    return std::nullopt;
  }
  std::optional<base::Error> why;
  auto cluster = ask_cluster(**admin, Deadline(deadline.at_most(kAnswerMax)), why);
  if (!cluster) {
    const std::string protocol =
        base::to_upper_ascii(config.client_config(config::ClientKind::kAdmin).get_or("security.protocol", "PLAINTEXT"));
    const base::Error& error = why ? *why : cluster.error();
    const bool clear = error.code() == base::Code::kFatal || protocol.ends_with("SSL");
    findings.push_back(explain_no_answer(server, clear ? error : look_closer(*place, error), protocol));
    return std::nullopt;
  }
  findings.push_back({Level::kOk,
                      "broker.kafka",
                      fmt::format("{} answers: cluster {}, {} broker{}", server, cluster->cluster_id,
                                  cluster->brokers.size(), cluster->brokers.size() == 1 ? "" : "s"),
                      {},
                      {}});
  return std::move(*cluster);
}

}  // namespace

Finding explain_no_answer(const std::string& server, const base::Error& error, const std::string& protocol) {
  const std::string& text = error.message();
  const bool tls = protocol.ends_with("SSL");
  Finding finding{Level::kError, "broker.kafka", fmt::format("{}: {}", server, text), {}, {}};
  if (tls && has(text, {"certificate verify failed", "could not be verified", "unable to get local issuer"})) {
    finding.check = "broker.tls";
    const bool name = has(text, {"hostname", "host name", "IP address mismatch"});
    finding.cause = name ? "the broker's certificate is for another host name"
                         : "the broker's certificate is not signed by an authority that this worker trusts";
    finding.fix =
        name ? "use the name that the certificate holds in bootstrap.servers and in the broker's advertised.listeners"
             : "put the authority's certificate into ssl.truststore.location";
  } else if (tls && has(text, {"PLAINTEXT broker", "wrong version number", "unexpected message", "packet length",
                               "unexpected eof"})) {
    finding.check = "broker.protocol";
    finding.cause = fmt::format("the listener does not speak TLS, and security.protocol={} does", protocol);
    finding.fix = "use the port of the broker's TLS listener, or set security.protocol to what this one speaks";
  } else if (tls && has(text, {"certificate required", "bad certificate", "handshake failure", "unknown ca"})) {
    finding.check = "broker.tls";
    finding.cause = "the broker refuses this worker's certificate, or wants one and gets none";
    finding.fix = "set ssl.keystore.* to a certificate that the broker trusts";
  } else if (has(text, {"SSL handshake", "ssl://", "SSL_"}) && error.exception() != nullptr &&
             std::string_view(error.exception()).ends_with("SslAuthenticationException")) {
    finding.check = "broker.tls";
    finding.cause = "the TLS handshake failed";
    finding.fix = "compare ssl.enabled.protocols, ssl.cipher.suites and the certificates with the broker's";
  } else if (has(text, {"answers with TLS"})) {
    finding.check = "broker.protocol";
    finding.cause = fmt::format("the listener speaks TLS, and security.protocol={} does not", protocol);
    finding.fix = "set security.protocol=SSL (or SASL_SSL) and ssl.truststore.*, or use the port of a plain listener";
  } else if (has(text, {"answers with HTTP", "not Kafka's"})) {
    finding.check = "broker.protocol";
    finding.cause = "this is not a Kafka broker's port";
    finding.fix = "correct the host and the port in bootstrap.servers";
  } else if (has(text, {"SASL", "uthentication"})) {
    finding.check = "broker.sasl";
    const bool mechanism =
        has(text, {"not enabled", "mechanism not supported", "UnsupportedSaslMechanism", "handshake"});
    finding.cause =
        mechanism ? "the broker's listener does not offer this sasl.mechanism" : "the broker refuses the credentials";
    finding.fix = mechanism ? "set sasl.mechanism to one that the broker has in sasl.enabled.mechanisms"
                            : "correct the user name and the password in sasl.jaas.config";
  } else if (has(text, {"isconnect", "closes", "closed", "reset", "Broken pipe"})) {
    finding.check = "broker.protocol";
    finding.cause = fmt::format(
        "the server accepts the connection and closes it at the first request: its listener expects something other "
        "than security.protocol={}, or it is no Kafka broker",
        protocol);
    finding.fix = "set security.protocol (and sasl.mechanism) to what the broker's listener expects";
  } else {
    finding.cause = fmt::format(
        "the port is open, but nothing there answers as Kafka with security.protocol={}: another kind of server, a TLS "
        "listener, or a broker that is overloaded or still starting",
        protocol);
    finding.fix = "check host, port and security.protocol against the broker's `listeners`";
  }
  return finding;
}

base::Result<std::unique_ptr<kafka::Admin>> make_admin(const config::WorkerConfig& config,
                                                       const std::string& bootstrap_servers) {
  kafka::ConfigMap java;
  for (const auto& [key, value] : config.client_config(config::ClientKind::kAdmin))
    if (value) java[key] = *value;
  java["bootstrap.servers"] = bootstrap_servers;
  SLUICE_TRY_ASSIGN(const auto translated, kafka::translate_client_config(java, kafka::ClientKind::kAdmin));
  return kafka::Admin::create(translated);
}

BrokerReach check_brokers(const config::WorkerConfig& config, const Deadline& deadline) {
  BrokerReach reach;
  const auto& servers = config.parsed().list("bootstrap.servers");
  if (config.bootstrap_servers() == kNoBootstrap) return reach;
  if (config.bootstrap_servers() == kafka::kEmbeddedBootstrap) {
    reach.findings.push_back({Level::kWarning, "broker.embedded",
                              "bootstrap.servers=embedded: topics are in this process's memory, and gone at its end",
                              "the embedded broker is for trying things out",
                              "name a Kafka cluster for anything else"});
    return reach;
  }
  std::map<std::string, std::string> clusters;  // id -> a server of it
  std::string good;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (deadline.passed()) {
      reach.findings.push_back({Level::kWarning, "broker.kafka", fmt::format("{} was not tried", servers[i]),
                                "the time was up", "give more with --timeout SECONDS"});
      continue;
    }
    // Each server may take its share of what is left, so that a dead one does not use up the others' time.
    const Deadline share(deadline.left() / static_cast<long>(servers.size() - i + 1));
    auto cluster = check_server(config, servers[i], share, reach.findings);
    if (!cluster) continue;
    clusters.emplace(cluster->cluster_id, servers[i]);
    good += (good.empty() ? "" : ",") + servers[i];
    reach.cluster = std::move(*cluster);
  }
  if (good.empty()) return reach;
  // With one server left, Kafka's clients go on: the others are no obstacle to a start.
  for (auto& finding : reach.findings)
    if (finding.level == Level::kError && finding.check != "broker.address") finding.level = Level::kWarning;
  if (clusters.size() > 1)
    reach.findings.push_back({Level::kError, "broker.cluster",
                              fmt::format("{} belongs to cluster {}, {} to cluster {}", clusters.begin()->second,
                                          clusters.begin()->first, clusters.rbegin()->second, clusters.rbegin()->first),
                              "bootstrap.servers mixes brokers of several clusters",
                              "name servers of one cluster only"});
  if (auto admin = make_admin(config, good)) reach.admin = std::move(*admin);
  check_nodes(reach.cluster, Deadline(deadline.at_most(8'000ms)), reach.findings);
  return reach;
}

}  // namespace sluice::cmd
