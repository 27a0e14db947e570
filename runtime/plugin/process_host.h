#pragma once
// The process that hosts one plugin instance: `sluice plugins host`, which only a worker starts (hosted_process.h). It
// loads the library that the worker names, makes the instance and calls it on its main thread; what the instance asks
// of its host goes back over the sockets.

namespace sluice::plugin {

// What run_process_host() ends with where memory ran out outside of the plugin's own functions.
inline constexpr int kHostExitNoMemory = 12;

// Serves the worker behind the descriptors 3 (calls), 4 (events) and 5 (batches) until it is told to end, or the worker
// is gone. Never returns.
[[noreturn]] void run_process_host();

}  // namespace sluice::plugin
