#pragma once
// The two sides that bench/run.sh compares: a plain loop over librdkafka, and one task of a worker, moving the same
// bytes through the same broker with the same client settings. Each is run in a process of its own, which measures its
// own CPU time. And the destination's side: how many records a topic holds, since when, and which.

#include <cstdint>
#include <map>
#include <string>

namespace sluice::bench {

struct Options {
  std::string bootstrap;
  std::string topic;
  std::int64_t records = 1'000'000;
  std::string shape = "bytes";  // of GeneratorSource
  int size = 100;
  std::string converter = "bytes";              // bytes, string, json, json-schemas
  std::string transforms;                       // a chain for the task: comma list of built-in class names
  std::string file;                             // a source's: lines to read
  std::string samples;                          // bare-produce: records to send, as capture wrote them
  std::string out;                              // bare-consume: file that gets a line for each value; capture: the file
  std::map<std::string, std::string> settings;  // of the plain loop's client, by their Java names
  int clients = 1;                              // of the plain loop, each with a thread of its own
  std::int64_t transaction = 0;                 // bare-produce: records of each transaction; 0 for none
  std::int64_t rate = 0;                        // bare-produce: records a second of each client; 0 for no limit
  bool stamp = false;                 // a value begins with the time of its making: 19 digits, nanoseconds since 1970
  int partitions = 1;                 // topic-create
  std::int64_t skip = 0;              // follow: records whose delay does not count, the first ones
  bool committed = false;             // follow, count: only what is committed
  double seconds_max = 600;           // watch, follow: give up after so long
  std::int64_t samples_max = 20'000;  // capture
};

struct Figures {
  double seconds = 0;      // from the first record on its way to the last one acknowledged or consumed
  double cpu_seconds = 0;  // user and system, of this process, in that time
  std::int64_t records = 0;
  std::int64_t value_bytes = 0;
  std::int64_t rss_max_kb = 0;
  double first_at = 0;  // steady clock, in seconds: first record acknowledged or consumed
  double last_at = 0;
};

// CPU of the process so far, in seconds.
double process_cpu_seconds();
std::int64_t process_rss_max_kb();

// Produces options.records records in a plain loop: the lines of a file, recorded samples, or what GeneratorSource and
// the converter would make, pre-rendered.
Figures bare_produce(const Options& options);
// Consumes options.records records from the beginning of the topic in a plain loop.
Figures bare_consume(const Options& options);
// The same through a source task (GeneratorSource or FileStreamSource) and a sink task (BlackholeSink).
Figures task_source(const Options& options);
Figures task_sink(const Options& options);

// The destination. Each returns a line of JSON.
//
// Prints "ready", then asks the broker for the topic's end until it holds options.records records: when the first and
// the last came. Reads none of them. Transaction markers count as records: follow is for these.
std::string watch(const Options& options);
// The same by reading them as they come; with options.stamp also how long each took from its making.
std::string follow(const Options& options);
// Reads what the topic holds now: records, bytes, and a digest that does not depend on their order.
std::string count(const Options& options);
// Writes its first options.samples_max records to options.out, for bare-produce.
std::string capture(const Options& options);
std::string topic_create(const Options& options);
std::string topic_delete(const Options& options);

}  // namespace sluice::bench
