#pragma once
// What `sluice doctor` says: findings, how they look, and what must not be seen in them.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config_map.h"

namespace sluice::cmd {

enum class Level { kOk, kWarning, kError };

// One thing that was looked at. `cause` and `fix` are empty where all is well.
struct Finding {
  Level level = Level::kOk;
  std::string check;  // "family.what": what scripts go by
  std::string found;  // what is so
  std::string cause;  // why that is bad, or where it comes from
  std::string fix;    // what to do
};
using Findings = std::vector<Finding>;

inline void append(Findings& all, Findings more) {
  for (auto& finding : more) all.push_back(std::move(finding));
}

// The time that is left for everything that waits.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds total) : end_(std::chrono::steady_clock::now() + total) {}
  bool passed() const { return left() <= std::chrono::milliseconds(0); }
  std::chrono::milliseconds left() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  }
  // What is left, but no more than `most`, and never less than a millisecond.
  std::chrono::milliseconds at_most(std::chrono::milliseconds most) const {
    return std::max(std::chrono::milliseconds(1), std::min(left(), most));
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

// The secrets of a worker's properties: values of PASSWORD keys, of keys whose names say so, and the passwords within
// JAAS texts. Other people's texts (librdkafka's, OpenSSL's, a broker's) may quote them.
class Secrets {
 public:
  void add(const config::ConfigMap& properties);
  std::string hide(std::string text) const;
  void hide(Findings& findings) const;

 private:
  std::vector<std::string> texts_;  // longest first
};

struct Report {
  std::string file;
  std::string mode;  // "distributed" or "standalone"; empty if the file could not be read
  Findings findings;

  std::size_t count(Level level) const;
};
std::string to_text(const Report& report);
std::string to_json(const Report& report);

}  // namespace sluice::cmd
