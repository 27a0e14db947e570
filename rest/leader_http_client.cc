#include "rest/leader_http_client.h"

#include "rest/entities.h"
#include "rest/forwarding.h"
#include "rest/location.h"
#include "runtime/herder/request_signature.h"

namespace sluice::rest {
namespace {

using base::Status;

std::string internal_target(const std::string& connector, std::string_view what) {
  return encode_path(fmt::format("/connectors/{}/{}", connector, what));
}

}  // namespace

LeaderHttpClient::LeaderHttpClient(config::ConfigMap tls, std::string signature_algorithm)
    : client_(std::move(tls)), algorithm_(std::move(signature_algorithm)) {}

Status LeaderHttpClient::put_task_configs(const std::string& leader_url, const std::string& connector,
                                          const std::vector<config::ConfigMap>& configs,
                                          const std::optional<store::SessionKey>& key, Deadline deadline) {
  if (leader_url.empty()) {
    return base::connect_error(
        "Request to leader to reconfigure connector tasks failed because the URL of the leader's REST interface is "
        "empty!");
  }
  return ask(leader_url, {"POST", internal_target(connector, "tasks"), to_json(configs), {}}, key, deadline);
}

Status LeaderHttpClient::fence_zombies(const std::string& leader_url, const std::string& connector,
                                       const std::optional<store::SessionKey>& key, Deadline deadline) {
  if (leader_url.empty()) {
    return base::connect_error(
        "Request to leader to fence zombie tasks failed because the URL of the leader's REST interface is empty!");
  }
  return ask(leader_url, {"PUT", internal_target(connector, "fence"), std::nullopt, {}}, key, deadline);
}

Status LeaderHttpClient::ask(const std::string& leader_url, ClientRequest request,
                             const std::optional<store::SessionKey>& key, Deadline deadline) {
  if (key) {
    herder::InternalRequest signed_request{std::nullopt, std::nullopt, request.body.value_or("")};
    SLUICE_TRY(herder::sign(signed_request, algorithm_, *key));
    request.headers.emplace_back("X-Connect-Authorization", *signed_request.authorization);
    request.headers.emplace_back("X-Connect-Request-Signature-Algorithm", *signed_request.signature_algorithm);
  }
  const auto answer = client_.exchange(leader_url, request, deadline);
  if (!answer) return base::fail(transport_error(answer.error()));
  const auto read = read_remote_answer(*answer);
  if (!read) return base::fail(read.error());
  return {};
}

}  // namespace sluice::rest
