#pragma once
// What ExtractNewRecordState and MongoDB's ExtractNewDocumentState share: options, a record in the making, and the
// headers made of an event.

#include <cstdint>
#include <string>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/data/batch.h"
#include "runtime/data/converter.h"
#include "runtime/data/schema.h"
#include "smt/debezium_field_reference.h"
#include "smt/debezium_fields.h"
#include "smt/per_schema.h"

namespace sluice::smt {

enum class Deletes { kDrop, kTombstone, kRewrite, kRewriteWithTombstone, kDeleteToTombstone };

struct UnwrapOptions {
  Deletes deletes = Deletes::kTombstone;
  std::string route_field;  // empty: none
  std::vector<FieldReference> fields;
  std::vector<FieldReference> headers;

  bool rewrites() const { return deletes == Deletes::kRewrite || deletes == Deletes::kRewriteWithTombstone; }
};

const DebeziumFields& unwrap_fields();
// Validates all of `fields`, which begin with unwrap_fields(), and reads those. Error: ConnectException "Unable to
// validate config.", exceptions of FieldReference.
base::Result<UnwrapOptions> parse_unwrap_options(const DebeziumFields& fields, const config::ConfigMap& config);

// A record as it will be, so that an error leaves the real one alone.
struct UnwrappedRecord {
  // Without a value yet.
  UnwrappedRecord(const data::Batch& batch, const data::Record& record);
  // Error: the batch's memory is spent; the record is as it was.
  base::Status commit(data::Batch& batch, data::Record& record) const;
  void commit_headers(data::Record& record) const;

  data::SchemaAndValue key;
  data::SchemaAndValue value;
  std::uint32_t topic;
  const sluice_header* headers;
  std::uint32_t header_count;
};

// What ExtractField gives for a field of an event. Owned by one transform, used on its task's thread.
class EventPart {
 public:
  explicit EventPart(std::string_view name) : name_(name) {}  // a literal

  // Error: IllegalArgumentException "Unknown field: X". `event` is a struct.
  base::Result<data::SchemaAndValue> of(const Value& event);

 private:
  std::string_view name_;
  PerSchema<std::size_t> places_;
};

// Owned by one transform, used on its task's thread.
class EventHeaders {
 public:
  explicit EventHeaders(std::vector<FieldReference> references) : references_(std::move(references)) {}

  // Adds to `record` the headers for an event; of a tombstone, which is a null, only the operation is known. Error:
  // ClassCastException, the event is no struct; a struct that it lacks; the batch's memory is spent.
  base::Status add(data::SchemaPool& pool, sluice_arena* arena, const Value& event, UnwrappedRecord& record);

 private:
  base::Status add_for_tombstone(const data::SchemaPool& pool, sluice_arena* arena, UnwrappedRecord& record) const;

  std::vector<FieldReference> references_;
  PerSchema<std::vector<FoundReference>> found_;
};

}  // namespace sluice::smt
