#include "runtime/store/file_offset_store.h"

#include "runtime/base/log.h"
#include "runtime/store/file_replace.h"
#include "runtime/store/java_serialization.h"

namespace sluice::store {
namespace {

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.storage.FileOffsetBackingStore"};
  return log;
}

std::size_t byte_count(const std::vector<OffsetRecord>& records) {
  std::size_t bytes = 0;
  for (const auto& record : records)
    bytes += sizeof(OffsetRecord) + record.key.size() + (record.value ? record.value->size() : 0);
  return bytes;
}

}  // namespace

FileOffsetStore::FileOffsetStore(std::filesystem::path file) : file_(std::move(file)) {}

FileOffsetStore::~FileOffsetStore() {
  stop();
}

base::Status FileOffsetStore::start() {
  SLUICE_TRY(load());
  std::lock_guard lock(mutex_);
  stopping_ = false;
  writer_ = std::thread([this] { run(); });
  return {};
}

base::Status FileOffsetStore::load() {
  auto content = read_whole_file(file_, kFileBytesMax);
  if (!content)
    return base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                  fmt::format("Cannot read the offsets file '{}' (offset.storage.file.filename). Give "
                                              "this user the right to read and "
                                              "write it, or name another file: {}",
                                              file_.native(), content.error().message()))
                          .with_cause(std::move(content).error()));
  if (!*content || (*content)->empty()) {
    const auto folder = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
      logger().warn(
          "The folder of the offsets file '{}' does not exist: offsets of sources cannot be stored until it is created",
          file_.native());
    return {};
  }
  auto map = read_java_byte_map(**content);
  if (!map)
    return base::fail(
        base::Error(base::Code::kFatal, base::exceptions::kConnect,
                    fmt::format("The offsets file '{}' is damaged or is no offsets file of a standalone worker: {}. It "
                                "was left as it is. "
                                "Restore it from a copy, or move it away to let every source begin without offsets",
                                file_.native(), map.error().message()))
            .with_cause(std::move(map).error()));
  for (auto& [key, value] : *map) {
    if (!key) continue;  // Connect writes none
    table_.apply({std::move(*key), std::move(value)});
  }
  return {};
}

void FileOffsetStore::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (writer_.joinable()) writer_.join();
}

base::Result<std::vector<std::optional<std::string>>> FileOffsetStore::get(const std::vector<std::string>& keys,
                                                                           Deadline) {
  std::lock_guard lock(mutex_);
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const auto& key : keys) {
    const std::string* value = table_.find(key);
    values.push_back(value != nullptr ? std::optional<std::string>(*value) : std::nullopt);
  }
  return values;
}

base::Result<std::vector<OffsetRecord>> FileOffsetStore::all_of(std::string_view connector, Deadline) {
  return known_of(connector);
}

std::vector<OffsetRecord> FileOffsetStore::known_of(std::string_view connector) {
  std::lock_guard lock(mutex_);
  return table_.of_connector(connector);
}

void FileOffsetStore::put(std::vector<OffsetRecord> records, Callback done) {
  const std::size_t bytes = byte_count(records);
  const char* refusal = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) {
      refusal = "the offset store is stopped";
    } else if (!pending_.empty() && pending_bytes_ + bytes > kPendingBytesMax) {
      refusal = "too many offsets are waiting to be written";
    } else {
      pending_bytes_ += bytes;
      pending_.push_back({std::move(records), std::move(done)});
      wake_.notify_one();
    }
  }
  if (refusal != nullptr)
    done(base::fail(base::Code::kRetry, base::exceptions::kRetriable, "Failed to write offsets to '{}': {}",
                    file_.native(), refusal));
}

void FileOffsetStore::run() {
  for (;;) {
    std::vector<Pending> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
      if (pending_.empty()) return;
      batch.swap(pending_);
      pending_bytes_ = 0;
    }
    const base::Status outcome = write(batch);
    for (auto& put : batch) put.done(outcome);
  }
}

base::Status FileOffsetStore::write(const std::vector<Pending>& batch) {
  OffsetTable next = table_;  // the writer alone changes table_, so that reading it here needs no lock
  for (const auto& put : batch)
    for (const auto& record : put.records) next.apply(record);
  JavaByteMap map;
  for (auto& record : next.all()) map.emplace_back(std::move(record.key), std::move(record.value));
  if (auto status = replace_file(file_, write_java_byte_map(map)); !status) {
    logger().error("Failed to write the offsets file '{}'; it is as it was, and the offsets will be tried again: {}",
                   file_.native(), status.error().message());
    return base::fail(
        base::Error(base::Code::kRetry, base::exceptions::kRetriable,
                    fmt::format("Failed to write the offsets file '{}': {}", file_.native(), status.error().message()))
            .with_cause(std::move(status).error()));
  }
  std::lock_guard lock(mutex_);
  table_ = std::move(next);
  return {};
}

}  // namespace sluice::store
