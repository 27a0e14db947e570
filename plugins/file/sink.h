#pragma once
// FileStreamSink: the text of each record's value, and a newline, appended to a file or written to standard output.

#include <string>
#include <string_view>

#include <sluice/sink.hpp>

namespace file_stream {

inline constexpr auto kSinkKeys = sluice::config(
    sluice::string_key("file").high().doc("Destination filename. If not specified, the standard output will be used"));

class FileStreamSinkConnector final : public sluice::SinkConnector {
 public:
  static constexpr auto kConfig = kSinkKeys;

  sluice::Status start(const sluice::Config& config) override;
  sluice::Status task_configs(std::uint32_t tasks_max, sluice::TaskConfigs& out) override;
  sluice::Status alter_offsets(const sluice::Config&, std::span<const sluice_offset_entry>, bool* handled) override;

 private:
  sluice::StoredConfig config_;
};

class FileStreamSinkTask final : public sluice::SinkTask {
 public:
  ~FileStreamSinkTask() override;
  sluice::Status start(const sluice::Config& config) override;
  sluice::Status put(sluice::SinkBatch& batch) override;
  sluice::Status pre_commit(std::span<sluice_topic_offset> offsets) override;
  void stop() override;

 private:
  std::string_view name() const;  // of the file, for messages

  std::string file_;
  int fd_ = -1;
  std::string lines_;  // of one call, kept for its memory
};

}  // namespace file_stream
