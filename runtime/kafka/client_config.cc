#include "runtime/kafka/client_config.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "runtime/base/strings.h"
#include "runtime/kafka/client_translator.h"
#include "runtime/kafka/embedded_broker.h"

namespace sluice::kafka {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kLinger = 5;  // Java's defaults, where librdkafka's differ or where rules need them
constexpr std::int64_t kRequestTimeout = 30'000;
constexpr std::int64_t kDeliveryTimeout = 120'000;
constexpr std::int64_t kTransactionTimeout = 60'000;
constexpr std::int64_t kSessionTimeout = 45'000;
constexpr std::int64_t kMaxInFlight = 5;
// Ours: what a consumer may hold beside what the caller has. librdkafka's default is 64 MiB. Once the queue is full
// librdkafka 2.0 looks again only about a second later, so a small queue is a limit on throughput: 16 MiB was five
// times slower than this.
constexpr std::int64_t kConsumerQueueKib = 40 * 1024;

bool in_list(std::string_view list, std::string_view value) {
  if (list.empty()) return false;
  const auto items = base::split(list, ',');
  return std::find(items.begin(), items.end(), value) != items.end();
}

std::vector<std::string> list_items(std::string_view value) {
  std::vector<std::string> items;
  for (std::string_view item : base::split(value, ','))
    if (item = base::java_trim(item); !item.empty()) items.emplace_back(item);
  return items;
}

// "class org.apache.X" and "org.apache.X$Y" -> "X$Y": Java accepts the class or its name.
std::string_view simple_class_name(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::string_view client_kind_name(ClientKind kind) {
  switch (kind) {
    case ClientKind::kProducer:
      return "producer";
    case ClientKind::kConsumer:
      return "consumer";
    case ClientKind::kAdmin:
      return "admin";
  }
  return "client";
}

ClientTranslator::ClientTranslator(const ConfigMap& java, ClientKind kind) : java_(java) {
  out_.kind = kind;
}

void ClientTranslator::run() {
  security();
  common();
  if (out_.kind == ClientKind::kProducer) producer();
  if (out_.kind == ClientKind::kConsumer) consumer();
  apply_rules();  // last, so that librdkafka.* has the final word
}

std::optional<std::string> ClientTranslator::get(std::string_view key) const {
  const auto found = java_.find(std::string(key));
  if (found == java_.end()) return std::nullopt;
  return std::string(base::java_trim(found->second));
}

std::string ClientTranslator::get_or(std::string_view key, std::string_view otherwise) const {
  return get(key).value_or(std::string(otherwise));
}

std::optional<std::int64_t> ClientTranslator::number(std::string_view key) {
  const auto text = get(key);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* begin = text->data() + (text->starts_with('+') ? 1 : 0);
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || stop != end || begin == end) {
    problem(key, fmt::format("Invalid value {} for configuration {}: Not a number of type LONG", *text, key));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> ClientTranslator::boolean(std::string_view key) {
  const auto text = get(key);
  if (!text) return std::nullopt;
  if (base::equals_ignore_case_ascii(*text, "true")) return true;
  if (base::equals_ignore_case_ascii(*text, "false")) return false;
  problem(key,
          fmt::format("Invalid value {} for configuration {}: Expected value to be either true or false", *text, key));
  return std::nullopt;
}

std::int64_t ClientTranslator::clamped(std::string_view key, std::int64_t value, std::int64_t low, std::int64_t high) {
  const std::int64_t result = std::clamp(value, low, high);
  // -1 (the system's default) and Java's "for ever" are no surprise to anyone.
  if (result != value && value != -1 && value < kInt32Max)
    warn(fmt::format("{}={} is out of range here: {} is used", key, value, result));
  return result;
}

void ClientTranslator::problem(std::string_view key, std::string what) {
  problems_.emplace_back(key, std::move(what));
}
void ClientTranslator::warn(std::string text) {
  out_.warnings.push_back(std::move(text));
}

void ClientTranslator::set(std::string_view librdkafka_key, std::string value) {
  out_.librdkafka.emplace_back(librdkafka_key, std::move(value));
}
void ClientTranslator::set(std::string_view librdkafka_key, std::int64_t value) {
  set(librdkafka_key, std::to_string(value));
}

void ClientTranslator::apply_rules() {
  std::string unknown;
  for (const auto& [key, raw] : java_) {
    if ((key.starts_with("ssl.") && !tls_) || (key.starts_with("sasl.") && !sasl_)) continue;  // as Java: not looked at
    if (const Rule* rule = find_rule(key, out_.kind)) {
      apply_rule(*rule, std::string(base::java_trim(raw)));
    } else if (key.starts_with("librdkafka.")) {
      problem(key, fmt::format(
                       "{} cannot be set directly for a {}; docs/client-config.md lists the librdkafka.* keys that can",
                       key, client_kind_name(out_.kind)));
    } else {
      unknown += (unknown.empty() ? "" : ", ") + key;
    }
  }
  if (!unknown.empty())
    warn(fmt::format("these {} configurations were supplied but are not used: {}", client_kind_name(out_.kind),
                     unknown));
}

void ClientTranslator::apply_rule(const Rule& rule, const std::string& value) {
  const std::string_view key = rule.row.key;
  switch (rule.convert) {
    case Convert::kText:
      if (!value.empty()) set(rule.row.target, value);
      break;
    case Convert::kLower:
      set(rule.row.target, base::to_lower_ascii(value));
      break;
    case Convert::kBool:
      if (const auto flag = boolean(key)) set(rule.row.target, std::string(*flag ? "true" : "false"));
      break;
    case Convert::kNumber:
      if (const auto n = number(key)) set(rule.row.target, clamped(key, *n, rule.low, rule.high));
      break;
    case Convert::kSpecial:
    case Convert::kSilent:
      break;
    case Convert::kWarn:
      if (!value.empty() && !in_list(rule.harmless, value)) warn(fmt::format("{} is ignored: {}", key, rule.row.note));
      break;
    case Convert::kRefuse:
      for (const std::string& item : list_items(value))
        if (!in_list(rule.harmless, item))
          return problem(key, fmt::format("{} is not supported: {}", key, rule.row.note));
      break;
  }
}

void ClientTranslator::common() {
  bootstrap();
  request_timeout();
  auto& settings = out_.settings;
  settings.client_id = get_or("client.id", "");
  if (!settings.client_id.empty()) set("client.id", settings.client_id);
  if (auto ms = number("default.api.timeout.ms"))
    settings.default_api_timeout = std::chrono::milliseconds(std::max<std::int64_t>(*ms, 0));
  if (auto ms = number("metadata.max.age.ms"))
    settings.metadata_max_age = std::chrono::milliseconds(std::clamp<std::int64_t>(*ms, 1000, 3'600'000));
  else
    set("topic.metadata.refresh.interval.ms", settings.metadata_max_age.count());

  const auto backoff = number("reconnect.backoff.ms").value_or(50);
  const auto backoff_max = number("reconnect.backoff.max.ms").value_or(1000);
  if (!get("reconnect.backoff.ms")) set("reconnect.backoff.ms", backoff);
  if (!get("reconnect.backoff.max.ms") || backoff_max < backoff) {
    // Raised here, and kept from being lowered again by the rule of the same name: librdkafka refuses a maximum below
    // the start.
    set("reconnect.backoff.max.ms", std::clamp<std::int64_t>(std::max(backoff, backoff_max), 0, 3'600'000));
  }
}

void ClientTranslator::bootstrap() {
  const auto text = get_or("bootstrap.servers", "");
  if (text == kEmbeddedBootstrap) {
    out_.settings.embedded = true;
    return;
  }
  std::vector<std::string> servers;
  for (std::string server : list_items(text)) {
    if (const auto scheme = server.find("://"); scheme != std::string::npos) server.erase(0, scheme + 3);
    const auto colon = server.rfind(':');
    const std::string_view port =
        colon == std::string::npos ? std::string_view() : std::string_view(server).substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 &&
                        std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (colon == 0 || !digits || std::stoi(std::string(port)) > 65535)
      return problem("bootstrap.servers",
                     fmt::format("Invalid url in bootstrap.servers: {} (write host:port)", server));
    servers.push_back(std::move(server));
  }
  if (servers.empty())
    return problem("bootstrap.servers",
                   "bootstrap.servers is missing or empty: write the brokers as host:port,host:port");
  set("bootstrap.servers", base::join(servers, ","));
}

void ClientTranslator::request_timeout() {
  const auto ms = number("request.timeout.ms").value_or(kRequestTimeout);
  out_.settings.request_timeout = std::chrono::milliseconds(std::max<std::int64_t>(ms, 0));
  std::int64_t socket_max = 300'000;
  if (out_.kind == ClientKind::kProducer &&
      get("transactional.id"))  // librdkafka refuses a socket timeout beyond the transaction's
    socket_max =
        std::clamp<std::int64_t>(number("transaction.timeout.ms").value_or(kTransactionTimeout), 1000, 300'000);
  set("socket.timeout.ms", std::clamp<std::int64_t>(ms, 10, socket_max));
  if (out_.kind == ClientKind::kProducer) set("request.timeout.ms", std::clamp<std::int64_t>(ms, 1, 900'000));
}

void ClientTranslator::producer() {
  auto& settings = out_.settings;
  const std::int64_t memory =
      std::max<std::int64_t>(number("buffer.memory").value_or(settings.buffer_memory_bytes), 1024);
  settings.buffer_memory_bytes = memory;
  set("queue.buffering.max.kbytes", std::clamp<std::int64_t>((memory + 1023) / 1024, 1, kInt32Max));
  if (auto ms = number("max.block.ms")) settings.max_block = std::chrono::milliseconds(std::max<std::int64_t>(*ms, 0));
  const auto backoff = std::clamp<std::int64_t>(number("retry.backoff.ms").value_or(100), 1, 300'000);
  settings.retry_backoff = std::chrono::milliseconds(backoff);
  set("retry.backoff.ms", backoff);
  set("linger.ms", std::clamp<std::int64_t>(number("linger.ms").value_or(kLinger), 0, 900'000));
  if (!get("max.request.size")) set("message.max.bytes", std::int64_t{1'048'576});
  if (const auto retries = number("retries")) set("retries", std::clamp<std::int64_t>(*retries, 0, kInt32Max));
  if (const auto id = get("transactional.id")) {
    if (id->empty())
      problem("transactional.id", "Invalid value for configuration transactional.id: String must be non-empty");
    set("transactional.id", *id);
    set("transaction.timeout.ms",
        std::clamp<std::int64_t>(number("transaction.timeout.ms").value_or(kTransactionTimeout), 1000, kInt32Max));
    settings.transactional = true;
  }
  idempotence();
  delivery_timeout();
  compression();
  partitioner();
}

// Java turns idempotence off by itself where another key contradicts it, unless it was asked for by name.
void ClientTranslator::idempotence() {
  std::string acks = get_or("acks", "all");
  if (acks == "-1") acks = "all";
  if (acks != "all" && acks != "0" && acks != "1")
    return problem("acks",
                   fmt::format("Invalid value {} for configuration acks: String must be one of: all, -1, 0, 1", acks));
  set("acks", acks);
  const auto in_flight = number("max.in.flight.requests.per.connection").value_or(kMaxInFlight);
  if (in_flight < 1)
    return problem(
        "max.in.flight.requests.per.connection",
        fmt::format(
            "Invalid value {} for configuration max.in.flight.requests.per.connection: Value must be at least 1",
            in_flight));
  set("max.in.flight.requests.per.connection", std::min<std::int64_t>(in_flight, 1'000'000));

  const auto asked = boolean("enable.idempotence");
  const bool wanted = asked.value_or(true);
  std::string conflict;
  if (get("retries") && number("retries").value_or(1) == 0)
    conflict = "Must set retries to non-zero when using the idempotent producer.";
  else if (acks != "all")
    conflict =
        "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.";
  else if (in_flight > kMaxInFlight)
    conflict = "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.";
  const bool enabled = wanted && conflict.empty();
  if (asked.value_or(false) && !conflict.empty())
    problem("enable.idempotence", conflict);
  else if (!enabled && out_.settings.transactional)
    problem("transactional.id", "Cannot set a transactional.id without also enabling idempotence.");
  set("enable.idempotence", std::string(enabled ? "true" : "false"));
}

void ClientTranslator::delivery_timeout() {
  const auto linger = std::clamp<std::int64_t>(number("linger.ms").value_or(kLinger), 0, 900'000);
  const auto least = std::min(kInt32Max, linger + out_.settings.request_timeout.count());
  auto timeout = number("delivery.timeout.ms").value_or(kDeliveryTimeout);
  if (timeout < least) {
    if (get("delivery.timeout.ms"))
      return problem("delivery.timeout.ms",
                     "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms");
    timeout = least;
  }
  if (out_.settings.transactional)  // librdkafka's rule: a record must not outlive its transaction
    timeout = std::min(timeout, number("transaction.timeout.ms").value_or(kTransactionTimeout));
  set("delivery.timeout.ms", std::clamp<std::int64_t>(timeout, linger + 1, kInt32Max));
}

void ClientTranslator::compression() {
  const std::string type = get_or("compression.type", "none");
  if (!in_list("none,gzip,snappy,lz4,zstd", type))
    return problem(
        "compression.type",
        fmt::format(
            "Invalid value {} for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd",
            type));
  set("compression.type", type);
  for (const char* leveled : {"gzip", "lz4", "zstd"}) {
    const auto key = fmt::format("compression.{}.level", leveled);
    const auto level = number(key);
    if (!level || type != leveled || (*level == -1 && type == "gzip")) continue;
    set("compression.level", clamped(key, *level, 1, type == "gzip" ? 9 : 12));
  }
}

void ClientTranslator::partitioner() {
  const bool ignore_keys = boolean("partitioner.ignore.keys").value_or(false);
  const std::string name = get_or("partitioner.class", "");
  std::string choice = "murmur2_random";
  if (!name.empty()) {
    const auto simple = simple_class_name(name);
    if (simple == "RoundRobinPartitioner") {
      warn("partitioner.class: RoundRobinPartitioner is replaced by random distribution");
      choice = "random";
    } else if (simple != "DefaultPartitioner") {
      problem(
          "partitioner.class",
          fmt::format(
              "Java partitioner {} cannot run here: remove the key, and set the partition of records in a transform",
              name));
    }
  }
  set("partitioner", ignore_keys ? std::string("random") : choice);
}

void ClientTranslator::consumer() {
  auto& settings = out_.settings;
  settings.group_id = get_or("group.id", "");
  if (!settings.group_id.empty()) set("group.id", settings.group_id);
  if (auto ms = number("retry.backoff.ms"))
    settings.retry_backoff = std::chrono::milliseconds(std::max<std::int64_t>(*ms, 1));
  if (auto n = number("max.poll.records"))
    settings.max_poll_records = static_cast<int>(clamped("max.poll.records", *n, 1, 1'000'000));
  settings.auto_commit = boolean("enable.auto.commit").value_or(!settings.group_id.empty());
  set("enable.auto.commit", std::string(settings.auto_commit ? "true" : "false"));
  if (!settings.auto_commit) set("enable.auto.offset.store", std::string("false"));
  settings.exclude_internal_topics = boolean("exclude.internal.topics").value_or(true);

  const auto session = std::clamp<std::int64_t>(number("session.timeout.ms").value_or(kSessionTimeout), 1, 3'600'000);
  const auto poll_interval = number("max.poll.interval.ms").value_or(settings.max_poll_interval.count());
  const auto effective = std::clamp<std::int64_t>(std::max(poll_interval, session), 1, 86'400'000);
  if (effective > poll_interval)
    warn(fmt::format("max.poll.interval.ms={} is raised to session.timeout.ms={}", poll_interval, session));
  settings.max_poll_interval = std::chrono::milliseconds(effective);
  set("session.timeout.ms", session);
  set("max.poll.interval.ms", effective);

  const std::string isolation = base::to_lower_ascii(get_or("isolation.level", "read_uncommitted"));
  if (!in_list("read_uncommitted,read_committed", isolation))
    problem("isolation.level", fmt::format("Invalid value {} for configuration isolation.level: String must be one of: "
                                           "read_committed, read_uncommitted",
                                           isolation));
  else
    set("isolation.level", isolation);

  if (!get("allow.auto.create.topics")) set("allow.auto.create.topics", std::string("true"));
  if (!get("check.crcs")) set("check.crcs", std::string("true"));
  set("queued.max.messages.kbytes", kConsumerQueueKib);
  offset_reset();
  assignors();
}

void ClientTranslator::offset_reset() {
  const std::string reset = base::to_lower_ascii(get_or("auto.offset.reset", "latest"));
  if (reset == "earliest")
    out_.settings.offset_reset = OffsetReset::kEarliest;
  else if (reset == "latest")
    out_.settings.offset_reset = OffsetReset::kLatest;
  else if (reset == "none")
    out_.settings.offset_reset = OffsetReset::kNone;
  else if (reset.starts_with("by_duration:"))
    return problem("auto.offset.reset",
                   "auto.offset.reset=by_duration is not supported: write earliest, latest or none");
  else
    return problem(
        "auto.offset.reset",
        fmt::format("Invalid value {} for configuration auto.offset.reset: write earliest, latest or none", reset));
  set("auto.offset.reset", reset == "none" ? std::string("error") : reset);
}

void ClientTranslator::assignors() {
  std::vector<std::string> eager;
  bool cooperative = false;
  std::string foreign;
  for (const std::string& item : list_items(get_or("partition.assignment.strategy", "RangeAssignor"))) {
    const auto name = simple_class_name(item);
    if (name == "RangeAssignor")
      eager.emplace_back("range");
    else if (name == "RoundRobinAssignor")
      eager.emplace_back("roundrobin");
    else if (name == "CooperativeStickyAssignor")
      cooperative = true;
    else
      foreign = name;
  }
  if (eager.empty() && !cooperative)
    return problem("partition.assignment.strategy",
                   fmt::format("assignor {} is not available: write org.apache.kafka.clients.consumer.RangeAssignor, "
                               "RoundRobinAssignor or CooperativeStickyAssignor",
                               foreign));
  if (!foreign.empty()) warn(fmt::format("partition.assignment.strategy: {} is not available and left out", foreign));
  // librdkafka does not offer both rebalance protocols at once; a group of Java members with a mixed list still agrees
  // on an eager one.
  if (!eager.empty() && cooperative && get("partition.assignment.strategy"))
    warn("partition.assignment.strategy: of this mixed list only the eager assignors are offered to the group");
  set("partition.assignment.strategy", eager.empty() ? std::string("cooperative-sticky") : base::join(eager, ","));
}

base::Result<ClientConfig> translate_client_config(const ConfigMap& java, ClientKind kind) {
  ClientTranslator translator(java, kind);
  translator.run();
  if (translator.problems().empty()) return translator.take();
  std::string all;
  for (const auto& [key, what] : translator.problems()) all += (all.empty() ? "" : "\n") + what;
  return base::config_error("{}", all);
}

std::vector<std::pair<std::string, std::string>> check_client_config(const ConfigMap& java, ClientKind kind) {
  ClientTranslator translator(java, kind);
  translator.run();
  return translator.problems();
}

}  // namespace sluice::kafka
