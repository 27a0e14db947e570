#pragma once
// The transform and predicate interfaces. A transform gets the whole batch and edits its live records: it changes
// fields of sluice_record, sets SLUICE_RECORD_DROP, or reports a record as failed. It prepares once per schema and then
// runs straight through. An instance belongs to one task and is used on its thread only.

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "runtime/base/status.h"
#include "runtime/data/batch.h"

namespace sluice::data {

class SchemaPool;

struct TransformContext {
  SchemaPool* schemas = nullptr;
  bool sink = false;  // Connect's record kind: source and sink records differ in what some transforms may do
};

// Collects the records of a batch that failed; the task applies the error policy to each.
class RecordErrors {
 public:
  virtual ~RecordErrors() = default;
  // Marks the record SLUICE_RECORD_FAILED and keeps `error` for it.
  virtual void fail(Batch& batch, std::uint32_t index, base::Error error) = 0;
};

class Transform {
 public:
  virtual ~Transform() = default;
  // An error status concerns the whole batch (a broken component); errors of one record go to `errors`.
  virtual base::Status apply(const TransformContext& context, Batch& batch, RecordErrors& errors) = 0;
};

class Predicate {
 public:
  virtual ~Predicate() = default;
  // Sets bit i of `matches` (size (n + 63) / 64, cleared by the caller) for each live record that matches.
  virtual base::Status test(const TransformContext& context, Batch& batch, std::span<std::uint64_t> matches,
                            RecordErrors& errors) = 0;
};

// Calls `change(record)`, which returns a Status, for each live record. The error of a record is its own.
template <typename Change>
void change_each(Batch& batch, RecordErrors& errors, Change&& change) {
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    Record& record = batch.record(i);
    if (!record.live()) continue;
    if (auto status = change(record); !status) [[unlikely]]
      errors.fail(batch, i, std::move(status).error());
  }
}

// A transform that looks at one record at a time: write apply_record.
class RecordTransform : public Transform {
 public:
  base::Status apply(const TransformContext& context, Batch& batch, RecordErrors& errors) final {
    change_each(batch, errors, [&](Record& record) { return apply_record(context, batch, record); });
    return {};
  }

 protected:
  // Edits `record` in place, or sets SLUICE_RECORD_DROP. On error the record must be as it was.
  virtual base::Status apply_record(const TransformContext& context, Batch& batch, Record& record) = 0;
};

class RecordPredicate : public Predicate {
 public:
  base::Status test(const TransformContext& context, Batch& batch, std::span<std::uint64_t> matches,
                    RecordErrors& errors) final {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      const Record& record = batch.record(i);
      if (!record.live()) continue;
      auto matched = test_record(context, batch, record);
      if (!matched)
        errors.fail(batch, i, std::move(matched).error());
      else if (*matched)
        matches[i / 64] |= std::uint64_t{1} << (i % 64);
    }
    return {};
  }

 protected:
  virtual base::Result<bool> test_record(const TransformContext& context, Batch& batch, const Record& record) = 0;
};

}  // namespace sluice::data
