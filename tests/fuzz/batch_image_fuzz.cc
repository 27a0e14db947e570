// Links: sluice::data
// Batches that come from a plugin's process, which may be broken: what the decoder accepts can be read to its last
// byte, and what was encoded comes back the same.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/data/batch_decoder.h"
#include "runtime/data/batch_encoder.h"
#include "runtime/data/check_value.h"
#include "runtime/data/value_ops.h"
#include "runtime/data/value_text.h"
#include "tests/fuzz/random_records.h"

namespace {

using sluice::Schema;
using sluice::Value;
using sluice::data::Batch;
using sluice::data::BatchDecoder;
using sluice::data::BatchEncoder;
using sluice::data::SchemaPool;
using sluice::fuzz::Choices;
using sluice::fuzz::Maker;

void fill(Batch& batch, Choices& choices, SchemaPool& pool) {
  Maker maker(choices, batch, pool);
  const auto count = static_cast<std::uint32_t>(choices.below(4));
  SLUICE_ASSERT(batch.allocate_records(count));
  for (std::uint32_t i = 0; i < count; ++i) {
    auto& record = batch.record(i);
    record.topic = batch.topic_index("t");
    const Schema* schema = choices.one_in(3) ? nullptr : maker.schema(0);
    record.value_schema = batch.schema_index(schema);
    record.value = schema == nullptr ? maker.loose(0) : maker.fitting(*schema, 0);
    record.key = maker.loose(3);
    auto* headers = batch.arena().alloc_array<sluice_header>(1);
    const Schema* typed = maker.schema(3);
    headers[0] = {sluice::str("h"), typed, maker.fitting(*typed, 3)};
    record.headers = headers;
    record.header_count = static_cast<std::uint32_t>(choices.below(2));
    record.source_offset = maker.loose(3);
  }
}

// Everything there is, as the worker would.
void read(const Batch& batch) {
  std::string text;
  const auto& raw = *batch.c();
  for (std::uint32_t i = 0; i < raw.topic_count; ++i) text.append(sluice::view(raw.topics[i]));
  for (std::uint32_t i = 0; i < raw.source_partition_count; ++i)
    sluice::data::append_value_text(raw.source_partitions[i], text);
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const auto& record = batch.record(i);
    for (const auto& value : {record.key, record.value, record.source_offset}) {
      text.clear();
      sluice::data::append_value_text(value, text);
      static_cast<void>(sluice::data::hash_value(value));
    }
    if (record.value_schema < raw.schema_count)
      static_cast<void>(sluice::data::check_value(*batch.value_schema(record), record.value_value()));
    for (std::uint32_t h = 0; h < record.header_count; ++h) {
      text.assign(sluice::view(record.headers[h].key));
      sluice::data::append_value_text(record.headers[h].value, text);
    }
  }
}

bool same(const Batch& a, const Batch& b) {
  if (a.size() != b.size()) return false;
  for (std::uint32_t i = 0; i < a.size(); ++i) {
    const auto& left = a.record(i);
    const auto& right = b.record(i);
    if (!sluice::data::values_equal(left.key_value(), right.key_value()) ||
        !sluice::data::values_equal(left.source_offset, right.source_offset) || left.header_count != right.header_count)
      return false;
    if (a.value_schema(left) != nullptr &&
        (b.value_schema(right) == nullptr || !sluice::data::schemas_equal(a.value_schema(left), b.value_schema(right))))
      return false;
  }
  return true;
}

struct Side {
  SchemaPool pool;
  BatchDecoder decoder{[this](const sluice_schema& description) -> sluice::base::Result<const sluice_schema*> {
    SLUICE_TRY_ASSIGN(const Schema* schema, pool.intern(description));
    return schema;
  }};
  Batch batch{16 * 1024 * 1024};

  bool take(const std::vector<std::uint8_t>& bytes) {
    batch.reset();
    auto* image = static_cast<std::uint8_t*>(batch.arena().alloc(bytes.size() + 8, 8));
    if (!bytes.empty()) std::memcpy(image, bytes.data(), bytes.size());
    return decoder.decode({image, bytes.size()}, *batch.c()).has_value();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  SchemaPool pool;
  Batch batch(16 * 1024 * 1024);
  BatchEncoder encoder;
  Side sound;
  Side broken;
  for (int round = 0; round < 3; ++round) {
    batch.reset();
    fill(batch, choices, pool);
    SLUICE_ASSERT(encoder.encode(*batch.c()).has_value());
    std::vector<std::uint8_t> bytes(encoder.bytes().begin(), encoder.bytes().end());
    SLUICE_ASSERT(sound.take(bytes));
    SLUICE_ASSERT(same(batch, sound.batch));
    read(sound.batch);
    for (std::size_t changes = choices.below(8); changes > 0; --changes) {
      const std::size_t at = (choices.below(256) * 256 + choices.below(256)) % bytes.size();
      bytes[at] = static_cast<std::uint8_t>(choices.below(256));
    }
    if (choices.one_in(8)) bytes.resize(choices.below(bytes.size() / 8) * 8);
    if (broken.take(bytes)) read(broken.batch);
  }
  // The input itself, as an image.
  if (broken.take({data, data + size})) read(broken.batch);
  return 0;
}
