#pragma once
// Offsets that are gone at exit: for tests, and for workers that need none. put() calls back before it returns.

#include <mutex>
#include <string>
#include <vector>

#include "runtime/store/offset_store.h"
#include "runtime/store/offset_table.h"

namespace sluice::store {

class MemoryOffsetStore final : public OffsetStore {
 public:
  base::Status start() override { return {}; }
  void stop() override {}
  base::Result<std::vector<std::optional<std::string>>> get(const std::vector<std::string>& keys,
                                                            Deadline deadline) override;
  void put(std::vector<OffsetRecord> records, Callback done) override;
  base::Result<std::vector<OffsetRecord>> all_of(std::string_view connector, Deadline deadline) override;
  std::vector<OffsetRecord> known_of(std::string_view connector) override;

  // The next `count` puts fail with `error` and store nothing.
  void fail_puts(int count, base::Error error);
  // From now on all_of() fails; nothing: no longer.
  void fail_reads(std::optional<base::Error> error);

 private:
  std::mutex mutex_;
  OffsetTable table_;
  int failures_ = 0;
  std::optional<base::Error> failure_;
  std::optional<base::Error> read_failure_;
};

}  // namespace sluice::store
