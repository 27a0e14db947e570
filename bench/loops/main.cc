// sluice-bench-loops: one measured run of one side. Prints one line of JSON.

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/loops/loops.h"
#include "runtime/base/log.h"

namespace sluice::bench {

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::int64_t process_rss_max_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace sluice::bench

int main(int argc, char** argv) {
  using namespace sluice::bench;
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: sluice-bench-loops bare-produce|bare-consume|task-source|task-sink --bootstrap HOST:PORT "
                 "--topic T [--records N]\n"
                 "       [--shape bytes|string|row|envelope] [--size N] [--converter bytes|string|json|json-schemas] "
                 "[--transforms CLASS,...] [--file F]\n");
    return 2;
  }
  Options options;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    const std::string value = argv[i + 1];
    if (key == "--bootstrap")
      options.bootstrap = value;
    else if (key == "--topic")
      options.topic = value;
    else if (key == "--records")
      options.records = std::atoll(value.c_str());
    else if (key == "--shape")
      options.shape = value;
    else if (key == "--size")
      options.size = std::atoi(value.c_str());
    else if (key == "--converter")
      options.converter = value;
    else if (key == "--transforms")
      options.transforms = value;
    else if (key == "--file")
      options.file = value;
    else {
      std::fprintf(stderr, "sluice-bench-loops: unknown option %s\n", argv[i]);
      return 2;
    }
  }
  sluice::base::init_logging({.json = false, .file = "", .level = sluice::base::LogLevel::kWarn});
  const std::string_view mode = argv[1];
  Figures figures;
  if (mode == "bare-produce")
    figures = bare_produce(options);
  else if (mode == "bare-consume")
    figures = bare_consume(options);
  else if (mode == "task-source")
    figures = task_source(options);
  else if (mode == "task-sink")
    figures = task_sink(options);
  else {
    std::fprintf(stderr, "sluice-bench-loops: unknown mode %s\n", argv[1]);
    return 2;
  }
  figures.rss_max_kb = process_rss_max_kb();
  std::printf(
      "{\"mode\":\"%s\",\"records\":%lld,\"value_bytes\":%lld,\"seconds\":%.4f,\"cpu_seconds\":%.4f,\"rss_max_kb\":%"
      "lld}\n",
      argv[1], static_cast<long long>(figures.records), static_cast<long long>(figures.value_bytes), figures.seconds,
      figures.cpu_seconds, static_cast<long long>(figures.rss_max_kb));
  return 0;
}
