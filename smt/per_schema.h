#pragma once
// What a transform prepares once for each schema that it meets: the schema it writes, positions of fields, patterns
// that matched. Records of one schema come in runs, so the last answer is looked at first.

#include <memory>
#include <unordered_map>
#include <utility>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::smt {

// Keyed by the schema's handle (null is a key too), owned by one transform, used on its task's thread. As many entries
// as the task has schemas. A `Plan` stays where it is until the cache goes; a failed preparation is not kept.
template <typename Plan>
class PerSchema {
 public:
  // `prepare` makes the plan: a callable without arguments that returns base::Result<Plan>.
  template <typename Prepare>
  base::Result<const Plan*> get(const Schema* schema, Prepare&& prepare) {
    if (schema == last_schema_ && last_ != nullptr) return last_;
    auto found = plans_.find(schema);
    if (found == plans_.end()) {
      auto made = std::forward<Prepare>(prepare)();
      if (!made) return base::fail(std::move(made).error());
      found = plans_.emplace(schema, std::make_unique<Plan>(std::move(*made))).first;
    }
    last_schema_ = schema;
    last_ = found->second.get();
    return last_;
  }

 private:
  std::unordered_map<const Schema*, std::unique_ptr<const Plan>> plans_;
  const Schema* last_schema_ = nullptr;
  const Plan* last_ = nullptr;
};

}  // namespace sluice::smt
