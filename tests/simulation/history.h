#pragma once
// One random history: a cluster, clients that change its connectors, and faults; then quiet, and everything must come
// right. All of it follows from the seed.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"

namespace sluice::simulation {

class History {
 public:
  explicit History(std::uint64_t seed);
  ~History();

  // What was wrong; empty: nothing.
  std::vector<std::string> run();

  World world;
  // How long it took to come right after the last fault and command.
  Ms settled_after{0};

 private:
  // What a client has been told about one connector. Nothing is known for certain once a request had no clear answer.
  struct Wish {
    std::optional<std::string> version;  // nothing: it does not exist
    store::TargetState target = store::TargetState::kStarted;
    bool config_certain = true, target_certain = true;
  };
  enum class Effect { kDone, kNone, kUnknown };

  void plan();
  void fault();
  void live(const std::string& connector);  // a client's life
  void change(const std::string& connector, Wish& wish);
  void put(const std::string& connector, Wish& wish);
  void set_target(const std::string& connector, Wish& wish);
  void remove(const std::string& connector, Wish& wish);
  void restart(const std::string& connector);
  void restart_all();
  config::ConfigMap new_config(const std::string& connector);
  template <typename T>
  static Effect effect_of(const base::Result<T>& result);
  // Lets time pass, and looks after each step.
  bool pass(Ms time, const std::function<bool()>& until);
  bool settle();
  void check_wishes();
  bool good() const { return cluster_->ledger.complaints().empty(); }

  const std::uint64_t seed_;
  std::unique_ptr<Cluster> cluster_;
  ClusterOptions options_;
  int places_ = 1;
  bool faulty_ = false, hanging_ = false;
  base::SteadyTime commands_end_;
  int clients_ = 0;
  int last_version_ = 0;
  std::map<std::string, Wish> wishes_;
  bool stopped_ = false;
};

}  // namespace sluice::simulation
