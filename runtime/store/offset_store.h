#pragma once
// Where the offsets of source connectors live. Keys and values are bytes exactly as Connect stores them: key
// `["connector",{partition}]`, value `{offset}`, both compact JSON (spec connect-runtime.md section 4.3).

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::store {

struct OffsetRecord {
  std::string key;
  std::optional<std::string> value;  // nothing: forget this partition (a tombstone)
};

class OffsetStore {
 public:
  using Callback = std::function<void(base::Status)>;
  using Deadline = std::chrono::steady_clock::time_point;

  virtual ~OffsetStore() = default;
  virtual base::Status start() = 0;
  virtual void stop() = 0;  // writes what was accepted

  // [any] Values of the keys, in order; nothing where none is stored. Sees every put that was called back before.
  virtual base::Result<std::vector<std::optional<std::string>>> get(const std::vector<std::string>& keys,
                                                                    Deadline deadline) = 0;
  // [any] Stores all of them or none. `done` comes once, on the store's thread, when they are durable; it only
  // enqueues.
  virtual void put(std::vector<OffsetRecord> records, Callback done) = 0;
  // For records that a task writes in a transaction of its own instead of by put(). [any] Before it does: the keys
  // become the bytes under which they are stored already, if they are.
  virtual void use_stored_keys(std::vector<OffsetRecord>& /*records*/) {}
  // [any] After it has: copies that the store keeps follow.
  virtual void committed(std::vector<OffsetRecord> /*records*/) {}
  // [any] Everything stored for a connector, in the order of first storing.
  virtual base::Result<std::vector<OffsetRecord>> all_of(std::string_view connector, Deadline deadline) = 0;
  // [any] The same as this store has it now, without asking anybody.
  virtual std::vector<OffsetRecord> known_of(std::string_view connector) = 0;
};

}  // namespace sluice::store
