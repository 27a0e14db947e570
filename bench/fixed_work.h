#pragma once
// So that bench/check can count instructions: with SLUICE_BENCH_ITERATIONS a benchmark runs so many iterations, once,
// whatever the clock says.

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace sluice::bench {

inline void fixed_work(benchmark::internal::Benchmark* benchmark) {
  if (const char* const iterations = std::getenv("SLUICE_BENCH_ITERATIONS"))
    benchmark->Iterations(std::strtoll(iterations, nullptr, 10));
}

}  // namespace sluice::bench
