#pragma once
// Reads batches from images (batch_image.h).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/batch_image.h"

namespace sluice::data {

// Takes any bytes: they come from a process that may be broken. What it accepts is well formed: every pointer leads
// into the image or the arena, kinds and sizes are those of abi.h, structs have the fields of their schemas.
class BatchDecoder {
 public:
  using Intern = std::function<base::Result<const sluice_schema*>(const sluice_schema&)>;
  explicit BatchDecoder(Intern intern) : intern_(std::move(intern)) {}

  // Makes `batch` what was encoded, in place: `image` (aligned to 8) must live as long as the batch; what does not fit
  // in place comes from the batch's arena. Error (kBug): the bytes are no image; `batch` is then unchanged.
  base::Status decode(std::span<std::uint8_t> image, sluice_batch& batch);
  base::Result<std::span<const sluice_value>> decode_values(std::span<std::uint8_t> image);

 private:
  struct Cursor;
  base::Status read_definitions(Cursor& in, std::uint64_t count);
  base::Status read_definition(Cursor& in);
  bool read_batch(Cursor& in, sluice_batch& batch) const;
  bool read_record(Cursor& in, sluice_record& record) const;
  bool read_headers(Cursor& in, sluice_record& record) const;
  bool read_values(Cursor& in, sluice_value* values, std::size_t count, int depth) const;
  bool read_payload(Cursor& in, sluice_value& value, int depth) const;
  bool read_struct(Cursor& in, sluice_value& value, int depth) const;
  bool resolve(std::uint64_t number, const sluice_schema*& schema) const;  // 0: none

  Intern intern_;
  std::vector<const sluice_schema*> schemas_;  // by number - 1
};

}  // namespace sluice::data
