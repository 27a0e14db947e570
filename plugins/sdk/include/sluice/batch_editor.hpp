#pragma once
// A batch as a transform sees it: its records may be changed, dropped, and pointed at new values made in the batch's
// arena.

#include <cstdint>
#include <span>
#include <string_view>

#include <sluice/abi.h>
#include <sluice/batch.hpp>

namespace sluice {

// ------------------------------------------------------------------------------------------------------------

class BatchEditor;

// One record that a transform may change. New payload comes from the editor's arena; existing payload is never written
// to.
class RecordEditor : public RecordView {
 public:
  RecordEditor(BatchEditor* editor, sluice_batch* batch, sluice_record* record, std::uint32_t index) noexcept
      : RecordView(batch, record, index), editor_(editor) {}

  void set_topic(std::string_view name) noexcept;
  void set_key(const Schema* schema, const Value& value) noexcept;
  void set_value(const Schema* schema, const Value& value) noexcept;
  void set_timestamp(std::int64_t epoch_ms) noexcept { edit()->timestamp_ms = epoch_ms; }
  void set_partition(std::int32_t partition) noexcept { edit()->partition = partition; }
  void set_headers(std::span<const sluice_header> headers) noexcept {  // the batch's own memory
    edit()->headers = headers.data();
    edit()->header_count = static_cast<std::uint32_t>(headers.size());
  }
  void drop() noexcept { edit()->flags |= SLUICE_RECORD_DROP; }
  BatchEditor& batch() noexcept { return *editor_; }

 private:
  sluice_record* edit() noexcept { return const_cast<sluice_record*>(record_); }
  BatchEditor* editor_;
};

class BatchEditor : public ArenaWriter {
 public:
  explicit BatchEditor(sluice_batch* batch) noexcept
      : ArenaWriter(batch->arena),
        batch_(batch),
        topics_(batch->topics, batch->topic_count),
        schemas_(batch->schemas, batch->schema_count) {}
  BatchEditor(const BatchEditor&) = delete;
  BatchEditor& operator=(const BatchEditor&) = delete;

  std::uint32_t size() const noexcept { return batch_->record_count; }
  RecordEditor operator[](std::uint32_t index) noexcept {
    auto* record = reinterpret_cast<sluice_record*>(reinterpret_cast<std::uint8_t*>(batch_->records) +
                                                    std::size_t{index} * batch_->record_stride);
    return {this, batch_, record, index};
  }
  sluice_batch* c() noexcept { return batch_; }

  std::uint32_t topic(std::string_view name) noexcept {
    for (std::uint32_t i = topics_.size(); i-- > 0;)
      if (view(topics_[i]) == name) return i;
    if (!topics_.add(arena_, str(copy(name)))) failed_ = true;
    batch_->topics = topics_.data();
    batch_->topic_count = topics_.size();
    return topics_.size() - (topics_.size() > 0 ? 1u : 0u);
  }
  std::uint32_t schema(const Schema* handle) noexcept {
    if (handle == nullptr) return SLUICE_NO_SCHEMA;
    for (std::uint32_t i = schemas_.size(); i-- > 0;)
      if (schemas_[i] == handle) return i;
    if (!schemas_.add(arena_, handle)) failed_ = true;
    batch_->schemas = schemas_.data();
    batch_->schema_count = schemas_.size();
    return schemas_.size() - (schemas_.size() > 0 ? 1u : 0u);
  }

 private:
  sluice_batch* batch_;
  detail::Table<sluice_str> topics_;
  detail::Table<const sluice_schema*> schemas_;
};

inline void RecordEditor::set_topic(std::string_view name) noexcept {
  edit()->topic = editor_->topic(name);
}
inline void RecordEditor::set_key(const Schema* schema, const Value& value) noexcept {
  edit()->key_schema = editor_->schema(schema);
  edit()->key = value;
}
inline void RecordEditor::set_value(const Schema* schema, const Value& value) noexcept {
  edit()->value_schema = editor_->schema(schema);
  edit()->value = value;
}

}  // namespace sluice
