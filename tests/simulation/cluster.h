#pragma once
// Workers with the real herder in a simulated world: what they share, what befalls them, and what must be true of them.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/worker_config.h"
#include "runtime/herder/distributed_herder.h"
#include "tests/simulation/coordinator.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/network.h"
#include "tests/simulation/runners.h"
#include "tests/simulation/stores.h"
#include "tests/simulation/world.h"
#include "tests/unit/herder/fakes.h"

namespace sluice::simulation {

struct ClusterOptions {
  std::vector<std::string> protocols{"sessioned"};  // connect.protocol of each worker, in turn
  Ms rebalance_delay{0};                            // scheduled.rebalance.max.delay.ms
};

class Cluster {
 public:
  Cluster(World& world, ClusterOptions options);
  ~Cluster();

  struct Worker;
  // Of a place ("w0", "w1", ...), which is its address: one worker runs there at a time.
  void start(int place);
  void kill(int place);             // as kill -9
  void stop(int place);             // in an orderly way; from a fiber: returns when it has ended
  void freeze(int place, Ms time);  // SIGSTOP, SIGCONT
  void cut(int place, Ms time);     // from the brokers
  void brokers_down(Ms time);
  bool lives(int place) const;
  std::vector<int> places() const;  // where a worker lives
  // All faults end, frozen workers go on, somebody lives.
  void end_faults();
  // From a fiber: everyone stops, the dead and the frozen too.
  void stop_all();

  // From a fiber. A request of a client to the worker at `place`, sent on to the worker that it names, as rest/ does.
  template <typename T>
  base::Result<T> request(int place, const std::function<base::Result<T>(herder::Herder&, herder::Deadline)>& fn);

  // The first thing that is not as it should be once all is quiet; nothing: all is well.
  std::optional<std::string> problem() const;
  // What the config topic says.
  std::shared_ptr<const store::ConfigSnapshot> truth() const;

  World& world;
  Network network;
  Coordinator coordinator;
  Outside outside;
  Ledger ledger;

 private:
  struct Client;
  template <typename T>
  base::Result<T> call(Worker& to, const std::function<base::Result<T>(herder::Herder&, herder::Deadline)>& fn,
                       Ms timeout);
  Worker* at(const std::string& url) const;
  std::optional<std::string> problem_of(const std::string& name, const store::ConnectorConfigState& state) const;
  std::optional<std::string> wrong_run(const base::TaskId& id, const std::string& version, bool paused, bool failed,
                                       std::string& worker_id) const;
  std::optional<std::string> wrong_status(const std::string& name, const store::ConnectorConfigState& state,
                                          const std::map<int, std::string>& owners, const std::string& owner) const;

  const ClusterOptions options_;
  ConfigLog configs_;
  StatusLog statuses_;
  mutable store::ConfigTable truth_;
  mutable std::size_t truth_position_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;  // all that ever lived
  std::map<int, Worker*> places_;
  herder::FakeCatalog catalog_;
  herder::FakeProbe probe_;
};

struct Cluster::Worker {
  Worker(Cluster& cluster, ProcessId its_process, int its_place, const config::WorkerConfig& config);
  const ProcessId process;
  const int place;
  const std::string id, url;
  SimulatedConfigStore configs;
  SimulatedStatusStore statuses;
  SimulatedMembership membership;
  std::unique_ptr<Client> client;
  task::WorkerContext context;
  std::unique_ptr<herder::DistributedHerder> herder;
  bool stopping = false, dead = false, stopped = false;
  Ms frozen{0};  // in all, until the freeze that goes on
  std::optional<base::SteadyTime> frozen_since;
};

// Asks another worker's herder, as the HTTP client does.
struct Cluster::Client final : herder::LeaderClient {
  explicit Client(Cluster& its_cluster) : cluster(its_cluster) {}
  base::Status put_task_configs(const std::string& leader_url, const std::string& connector,
                                const std::vector<config::ConfigMap>& configs,
                                const std::optional<store::SessionKey>& key, Deadline deadline) override;
  base::Status fence_zombies(const std::string& leader_url, const std::string& connector,
                             const std::optional<store::SessionKey>& key, Deadline deadline) override;
  Cluster& cluster;
};

template <typename T>
base::Result<T> Cluster::call(Worker& to, const std::function<base::Result<T>(herder::Herder&, herder::Deadline)>& fn,
                              Ms timeout) {
  struct Answer {
    std::mutex mutex;
    base::Condition changed;
    std::optional<base::Result<T>> result;
  };
  base::sleep_for(network.latency());
  if (to.dead || to.stopped)
    return base::fail(base::Code::kRetry, base::exceptions::kConnect, "connection refused by {}", to.url);
  const auto answer = std::make_shared<Answer>();
  const herder::Deadline deadline = base::steady_now() + timeout;
  world.spawn_in(to.process, "rest", [answer, fn, deadline, herder = to.herder.get()] {
    answer->result = fn(*herder, deadline);
    answer->changed.notify_all();
  });
  std::unique_lock lock(answer->mutex);
  if (!answer->changed.wait_until(lock, deadline + Ms(1000), [&] { return answer->result.has_value(); }))
    return base::fail(base::Code::kTimeout, base::exceptions::kTimeout, "no answer from {}", to.url);
  lock.unlock();
  base::sleep_for(network.latency());
  return std::move(*answer->result);
}

template <typename T>
base::Result<T> Cluster::request(int place,
                                 const std::function<base::Result<T>(herder::Herder&, herder::Deadline)>& fn) {
  constexpr Ms kRequestTimeout{90'000};
  constexpr int kHopsMax = 2;
  Worker* to = places_.at(place);
  for (int hop = 0;; ++hop) {
    base::Result<T> result = call<T>(*to, fn, kRequestTimeout);
    if (result || hop == kHopsMax) return result;
    const std::string* redirect = result.error().redirect();
    if (redirect == nullptr || redirect->empty()) return result;
    Worker* other = at(*redirect);
    if (other == nullptr)
      return base::fail(base::Code::kRetry, base::exceptions::kConnectRest, "cannot connect to {}", *redirect);
    to = other;
  }
}

}  // namespace sluice::simulation
