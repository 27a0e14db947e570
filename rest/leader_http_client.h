#pragma once
// What a follower asks the leader for: POST /connectors/{c}/tasks and PUT /connectors/{c}/fence over RestClient, signed
// with the session key where there is one (spec connect-runtime.md section 1.5).

#include <string>

#include "rest/rest_client.h"
#include "runtime/herder/leader_client.h"

namespace sluice::rest {

class LeaderHttpClient final : public herder::LeaderClient {
 public:
  // `tls`: as RestClient takes it (RestOptions::tls). `signature_algorithm`: inter.worker.signature.algorithm.
  LeaderHttpClient(config::ConfigMap tls, std::string signature_algorithm);

  // Errors, beside those of the interface: kConnectRest with 500 and Connect's text where the leader cannot be reached
  // or speaks no HTTP (code kTimeout where it was too slow); kConnect where its URL is empty; kStopping after stop().
  base::Status put_task_configs(const std::string& leader_url, const std::string& connector,
                                const std::vector<config::ConfigMap>& configs,
                                const std::optional<store::SessionKey>& key, Deadline deadline) override;
  base::Status fence_zombies(const std::string& leader_url, const std::string& connector,
                             const std::optional<store::SessionKey>& key, Deadline deadline) override;

  // [any] Calls under way and to come fail at once.
  void stop() { client_.stop(); }

 private:
  base::Status ask(const std::string& leader_url, ClientRequest request, const std::optional<store::SessionKey>& key,
                   Deadline deadline);

  RestClient client_;
  const std::string algorithm_;
};

}  // namespace sluice::rest
