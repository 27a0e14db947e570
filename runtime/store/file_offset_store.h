#pragma once
// The offsets of a standalone worker, in a file that Java's standalone worker reads and writes too:
// `offset.storage.file.filename`.
//
// One thread writes. What is put while it writes goes into the next write together, so that many tasks share one fsync.
// A write replaces the whole file by renaming (file_replace.h): a crash at any byte leaves the last complete state. A
// write that fails (disk full) leaves file and memory as they were, and every put that was part of it is told; their
// callers keep the offsets and try again.

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/store/offset_store.h"
#include "runtime/store/offset_table.h"

namespace sluice::store {

class FileOffsetStore final : public OffsetStore {
 public:
  static constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;
  static constexpr std::size_t kPendingBytesMax = std::size_t{64}
                                                  << 20;  // put but not yet written; beyond it put() answers kRetry

  explicit FileOffsetStore(std::filesystem::path file);
  ~FileOffsetStore() override;
  FileOffsetStore(const FileOffsetStore&) = delete;
  FileOffsetStore& operator=(const FileOffsetStore&) = delete;

  // A missing or empty file means no offsets. Error: the file is unreadable or not an offsets file; it stays untouched.
  base::Status start() override;
  void stop() override;

  base::Result<std::vector<std::optional<std::string>>> get(const std::vector<std::string>& keys,
                                                            Deadline deadline) override;
  // Refusals (too much pending, stopped) call back on the caller's thread.
  void put(std::vector<OffsetRecord> records, Callback done) override;
  base::Result<std::vector<OffsetRecord>> all_of(std::string_view connector, Deadline deadline) override;
  std::vector<OffsetRecord> known_of(std::string_view connector) override;

 private:
  struct Pending {
    std::vector<OffsetRecord> records;
    Callback done;
  };
  base::Status load();
  void run();
  base::Status write(const std::vector<Pending>& batch);

  const std::filesystem::path file_;
  std::mutex mutex_;
  std::condition_variable wake_;
  OffsetTable table_;  // what the file holds; changed by the writer only
  std::vector<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  bool stopping_ = true;  // not started
  std::thread writer_;
};

}  // namespace sluice::store
