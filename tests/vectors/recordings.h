#pragma once
// Recordings with a notation of their own, turned into cases: histories of the assignor, and the files of the folder
// group-protocol.

#include <filesystem>
#include <optional>

#include "tests/vectors/notation.h"

namespace sluice::vectors {

// A .json file that holds an array of cases.
bool is_array_of_cases(const std::filesystem::path& file);

// The record as a case with `id`, `op`, and `ok` or `error`. `number` counts the file's records from 1. Nothing where
// the file is in another notation.
std::optional<Json> as_case(const std::filesystem::path& file, int number, Json record);

}  // namespace sluice::vectors
