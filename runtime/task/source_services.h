#pragma once
// What a source's plugin gets from its task, and what it may ask for while it polls.

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/task/plugin_services.h"
#include "runtime/task/source_transaction.h"

namespace sluice::task {

class SourceServices final : public PluginServices {
 public:
  using PluginServices::PluginServices;

  bool serves(Extension extension) const override {
    return extension == Extension::kTransaction ? own_boundaries : PluginServices::serves(extension);
  }
  void commit_transaction(std::uint32_t record) override { requests.commit(record); }
  void abort_transaction(std::uint32_t record) override { requests.abort(record); }
  // [any] What a plugin's own process says when it ends while nobody calls it.
  void raise_error(base::Error error) override {
    {
      std::lock_guard lock(raised_mutex_);
      if (!raised_) raised_ = std::move(error);
    }
    stop_.wake();
  }
  std::optional<base::Error> raised() {
    std::lock_guard lock(raised_mutex_);
    return raised_;
  }

  bool own_boundaries = false;  // transaction.boundary=connector
  TransactionRequests requests;

 private:
  std::mutex raised_mutex_;
  std::optional<base::Error> raised_;
};

}  // namespace sluice::task
