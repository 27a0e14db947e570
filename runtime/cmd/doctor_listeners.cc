#include "runtime/cmd/doctor_listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "runtime/cmd/doctor_network.h"
#include "runtime/cmd/host_address.h"

namespace sluice::cmd {
namespace {

using namespace std::chrono_literals;

Finding bind_finding(const config::Listener& listener, BindOutcome outcome, const std::string& address) {
  const std::string what = listener.to_string();
  Finding finding{Level::kError, "listener.port", {}, {}, {}};
  switch (outcome) {
    case BindOutcome::kInUse:
      finding.found = fmt::format("{}: port {} is in use", what, listener.port);
      finding.cause = "another process listens there, perhaps this worker itself, already running";
      finding.fix = "stop that process, or choose another port in listeners";
      break;
    case BindOutcome::kForbidden:
      finding.found = fmt::format("{}: this user may not listen on port {}", what, listener.port);
      finding.cause = "ports below 1024 need a privilege";
      finding.fix = "choose a port above 1023, or give the process CAP_NET_BIND_SERVICE";
      break;
    case BindOutcome::kNotOurs:
      finding.found = fmt::format("{}: {} is not an address of this machine", what, address);
      finding.cause = "a listener's host is the address to listen on, not the one that others use";
      finding.fix = "leave the host out (all interfaces), and name the public one in rest.advertised.host.name";
      break;
    case BindOutcome::kFree:
    case BindOutcome::kFailed:
      finding.found = fmt::format("{}: cannot listen on {}", what, address);
      finding.cause = "the system refused for a reason of its own";
      finding.fix = "choose another address or port in listeners";
      break;
  }
  return finding;
}

}  // namespace

std::string advertised_url(const config::WorkerConfig& config) {
  return config.advertised_url(0, local_host_address());
}

Findings check_ports(const config::WorkerConfig& config, const Deadline& deadline) {
  Findings findings;
  auto listeners = config.listeners();
  if (config.admin_listeners()) {
    for (const auto& listener : *config.admin_listeners()) {
      const auto same = [&](const config::Listener& other) { return other.to_string() == listener.to_string(); };
      if (std::none_of(listeners.begin(), listeners.end(), same)) listeners.push_back(listener);
    }
  }
  for (const auto& listener : listeners) {
    const auto addresses = resolve(listener.host, listener.port, deadline.at_most(5'000ms));
    if (!addresses) {
      findings.push_back({Level::kError, "listener.host",
                          fmt::format("{}: the name '{}' cannot be resolved: {}", listener.to_string(), listener.host,
                                      addresses.error().message()),
                          "a listener's host must be a name or an address of this machine",
                          "correct it, or leave it out to listen on all interfaces"});
      continue;
    }
    std::optional<Finding> problem;
    for (const auto& address : *addresses) {
      const auto outcome = try_bind(address);
      // Of all interfaces, a machine may lack a family.
      if (outcome == BindOutcome::kFree || (listener.host.empty() && outcome == BindOutcome::kFailed)) continue;
      if (!problem) problem = bind_finding(listener, outcome, address.text);
    }
    findings.push_back(
        problem
            ? std::move(*problem)
            : Finding{Level::kOk, "listener.port", fmt::format("{}: the port is free", listener.to_string()), {}, {}});
  }
  return findings;
}

Findings check_advertised(const config::WorkerConfig& config, const Deadline& deadline) {
  const std::string url = advertised_url(config);
  const auto end = url.rfind('/');
  const std::string authority = url.substr(0, end);
  std::string scheme_less = authority.substr(authority.find("://") + 3);
  if (scheme_less.ends_with(":0")) scheme_less += "1";  // any port: only the name counts here
  const auto place = parse_host_port(scheme_less);
  if (!place)
    return {{Level::kError, "listener.advertised", fmt::format("{}: {}", url, place.error().message()),
             "other workers could not send requests on to this one",
             "correct rest.advertised.host.name and rest.advertised.port"}};
  const bool alone = config.mode() == config::WorkerMode::kStandalone;
  const auto addresses = resolve(place->host, place->port, deadline.at_most(5'000ms));
  if (!addresses)
    return {{alone ? Level::kWarning : Level::kError, "listener.advertised",
             fmt::format("the advertised URL is {}, and '{}' cannot be resolved: {}", url, place->host,
                         addresses.error().message()),
             "other workers send requests for the leader, or for connectors that run here, to that URL",
             "set rest.advertised.host.name to a name or an address that the other workers can reach"}};
  const bool loopback = std::all_of(addresses->begin(), addresses->end(), [](const Address& a) { return a.loopback; });
  const bool any = place->host == "0.0.0.0" || place->host == "::";
  if (!alone && (loopback || any))
    return {{Level::kWarning, "listener.advertised",
             fmt::format("the advertised URL is {}, which means {}", url, any ? "no machine" : "this machine only"),
             "workers on other machines cannot reach it",
             "set rest.advertised.host.name, unless all workers run here"}};
  return {{Level::kOk,
           "listener.advertised",
           fmt::format("other workers reach this one at {} ({})", url, addresses->front().text),
           {},
           {}}};
}

}  // namespace sluice::cmd
