#pragma once
// The two sides that bench/run.sh compares: a plain loop over librdkafka, and one task of a worker, moving the same
// bytes through the same broker with the same client settings. Each is run in a process of its own, which measures its
// own CPU time.

#include <cstdint>
#include <string>

namespace sluice::bench {

struct Options {
  std::string bootstrap;
  std::string topic;
  std::int64_t records = 1'000'000;
  std::string shape = "bytes";  // of GeneratorSource
  int size = 100;
  std::string converter = "bytes";  // bytes, string, json, json-schemas
  std::string transforms;           // a chain for the task: comma list of built-in class names
  std::string file;                 // file source: lines to read
};

struct Figures {
  double seconds = 0;      // from the first record on its way to the last one acknowledged or consumed
  double cpu_seconds = 0;  // user and system, of this process, in that time
  std::int64_t records = 0;
  std::int64_t value_bytes = 0;
  std::int64_t rss_max_kb = 0;
};

// CPU of the process so far, in seconds.
double process_cpu_seconds();
std::int64_t process_rss_max_kb();

// Produces the records that GeneratorSource and the converter would make, pre-rendered, in a plain loop.
Figures bare_produce(const Options& options);
// Consumes options.records records from the beginning of the topic in a plain loop.
Figures bare_consume(const Options& options);
// The same through a source task (GeneratorSource or FileStreamSource) and a sink task (BlackholeSink).
Figures task_source(const Options& options);
Figures task_sink(const Options& options);

}  // namespace sluice::bench
