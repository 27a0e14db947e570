#pragma once
// FileStreamSource: each complete line of a file (or of standard input) becomes a record.
//
// The offset is {"position": n}: characters read so far, as Java writes it. Java skips that many *bytes* after a
// restart, which repeats data where the text is not ASCII; here the bytes of those characters are counted, so nothing
// is repeated.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/source.hpp>

namespace file_stream {

inline constexpr auto kSourceKeys = sluice::config(
    sluice::string_key("file").high().doc("Source filename. If not specified, the standard input will be used"),
    sluice::string_key("topic").high().required().non_empty().doc("The topic to publish data to"),
    sluice::int_key("batch.size")
        .low()
        .default_value(2000)
        .doc("The maximum number of records the source task can read from the file each time it is polled"));

class FileStreamSourceConnector final : public sluice::SourceConnector {
 public:
  static constexpr auto kConfig = kSourceKeys;

  sluice::Status start(const sluice::Config& config) override;
  sluice::Status task_configs(std::uint32_t tasks_max, sluice::TaskConfigs& out) override;
  std::uint64_t capabilities(const sluice::Config& config) override;
  sluice::Status alter_offsets(const sluice::Config& config, std::span<const sluice_offset_entry> offsets,
                               bool* handled) override;

 private:
  sluice::StoredConfig config_;
};

class FileStreamSourceTask final : public sluice::SourceTask {
 public:
  ~FileStreamSourceTask() override;
  sluice::Status start(const sluice::Config& config) override;
  sluice::Status poll(sluice::BatchBuilder& out) override;
  void stop() override;

 private:
  bool open();              // false: the file is not there yet
  bool skip_to_position();  // finds the byte of position_
  sluice::Status poll_file(sluice::BatchBuilder& out);
  sluice::Status poll_stdin(sluice::BatchBuilder& out);
  // Adds the complete lines of `data`, which is the batch's own memory; returns the bytes they take.
  std::size_t add_lines(sluice::BatchBuilder& out, std::string_view data);
  void wait();

  std::string file_, topic_;
  bool use_stdin_ = false;
  std::size_t batch_size_ = 2000;
  int fd_ = -1;
  std::int64_t position_ = 0;      // characters
  std::uint64_t byte_ = 0;         // bytes
  std::size_t chunk_ = 64 * 1024;  // bytes to read at a time
  bool located_ = false;           // byte_ is that of position_
  bool shrunk_told_ = false;
  std::string carry_;  // standard input: what is not yet a line
};

}  // namespace file_stream
