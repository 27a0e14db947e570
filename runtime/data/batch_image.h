#pragma once
// A batch as one run of bytes without pointers, to cross into another process: the structs of abi.h one after the
// other, each payload behind the struct that points to it, in the order of reading. What a pointer would be is
// implied by that order, so the reader trusts no offset of the writer's. Schemas cross once: a definition goes with
// the first image that uses it, and a number with the others.
//
//   BatchEncoder encoder;                   BatchDecoder decoder(intern);
//   encoder.encode(*batch.c());             std::uint8_t* image = arena_alloc(batch.arena, size, 8);  // and copied
//   send(encoder.bytes());                  decoder.decode({image, size}, *batch.c());                // in place
//
// One encoder and one decoder for each direction of a connection, every image in order. Not thread-safe.

#include <cstddef>
#include <cstdint>

#include "runtime/data/arena.h"

namespace sluice::data {

inline constexpr std::size_t kImageBytesMax = Arena::kLimitBytesDefault;
inline constexpr int kImageDepthMax = 2000;  // deeper than what the JSON reader gives

// How an image begins. Of a batch: topics, schemas' numbers, source partitions and records follow; else values.
inline constexpr std::uint32_t kImageMagic = 0x49424c53;  // "SLBI"

struct ImageHeader {
  std::uint32_t magic;
  std::uint32_t value_count;  // of an image of values
  std::uint32_t record_count, topic_count, schema_count, source_partition_count;
  std::uint64_t definitions_at;  // the definitions are the image's end
  std::uint64_t definition_count;
};

// What a definition begins with. Its texts, children and default value follow.
struct DefinitionHeader {
  std::uint8_t type;
  std::uint8_t reserved8;
  std::uint16_t flags;
  std::int32_t version;
  std::uint32_t parameter_count, field_count;
  std::uint64_t key_schema, value_schema;
};

constexpr std::size_t rounded_to_8(std::size_t size) {
  return (size + 7) & ~std::size_t{7};
}

}  // namespace sluice::data
