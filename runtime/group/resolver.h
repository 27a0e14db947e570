#pragma once
// Inside the module: looks up a host name without blocking. The C library does the work on a thread of its own; the
// answer is polled for, and a look-up that nobody waits for any more costs nobody's time.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::group {

class Lookup {
 public:
  explicit Lookup(const std::string& host);
  ~Lookup();
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  // Numeric addresses in the order to try them, or why there are none (kRetry); nothing while it goes on.
  std::optional<base::Result<std::vector<std::string>>> poll() const;

 private:
  struct Job;
  std::unique_ptr<Job> job_;
};

}  // namespace sluice::group
