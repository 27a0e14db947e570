// sluice-bench-loops: one measured run of one side, or one question to the destination. Prints a line of JSON.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
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

namespace {

constexpr const char* kUsage =
    R"(usage: sluice-bench-loops MODE --bootstrap HOST:PORT --topic T [--OPTION VALUE]...
  bare-produce   --records N, and what: --samples FILE | --file LINES | --shape S --size N --converter C
                 --set KEY=VALUE (a client's key, Java's name) --clients N --transaction RECORDS --rate N --stamp 1
  bare-consume   --records N --set KEY=VALUE --clients N --out FILE (a line for each value)
  task-source, task-sink   --records N --shape bytes|string|row|envelope --size N
                 --converter bytes|string|json|json-schemas --transforms CLASS,... --file LINES
  watch          --records N --seconds-max S: until the topic holds them
  follow         the same, reading them: --stamp 1 --skip N --committed 1
  count          --committed 1: records, bytes and digest of the topic
  capture        --out FILE --samples-max N: the topic's first records, for bare-produce
  topic-create   --partitions N
  topic-delete
)";

using Mode = std::function<std::string(const Options&)>;

Mode measured(std::string_view name, Figures (*run)(const Options&)) {
  return [name, run](const Options& options) {
    const Figures figures = run(options);
    return fmt::format(
        R"({{"mode":"{}","records":{},"value_bytes":{},"seconds":{:.4f},"cpu_seconds":{:.4f},"rss_max_kb":{},"first_at":{:.6f},"last_at":{:.6f}}})",
        name, figures.records, figures.value_bytes, figures.seconds, figures.cpu_seconds, process_rss_max_kb(),
        figures.first_at, figures.last_at);
  };
}

const std::map<std::string_view, Mode>& modes() {
  static const std::map<std::string_view, Mode> kModes{{"bare-produce", measured("bare-produce", bare_produce)},
                                                       {"bare-consume", measured("bare-consume", bare_consume)},
                                                       {"task-source", measured("task-source", task_source)},
                                                       {"task-sink", measured("task-sink", task_sink)},
                                                       {"watch", watch},
                                                       {"follow", follow},
                                                       {"count", count},
                                                       {"capture", capture},
                                                       {"topic-create", topic_create},
                                                       {"topic-delete", topic_delete}};
  return kModes;
}

using Setter = std::function<void(Options&, const std::string&)>;

template <typename T>
Setter to(T Options::*member) {
  return [member](Options& options, const std::string& value) {
    if constexpr (std::is_same_v<T, std::string>)
      options.*member = value;
    else if constexpr (std::is_floating_point_v<T>)
      options.*member = std::strtod(value.c_str(), nullptr);
    else
      options.*member = static_cast<T>(std::strtoll(value.c_str(), nullptr, 10));
  };
}

void set_client_key(Options& options, const std::string& value) {
  const std::size_t equals = value.find('=');
  options.settings[value.substr(0, equals)] = equals == std::string::npos ? "" : value.substr(equals + 1);
}

const std::map<std::string_view, Setter>& setters() {
  static const std::map<std::string_view, Setter> kSetters{{"--bootstrap", to(&Options::bootstrap)},
                                                           {"--topic", to(&Options::topic)},
                                                           {"--records", to(&Options::records)},
                                                           {"--shape", to(&Options::shape)},
                                                           {"--size", to(&Options::size)},
                                                           {"--converter", to(&Options::converter)},
                                                           {"--transforms", to(&Options::transforms)},
                                                           {"--file", to(&Options::file)},
                                                           {"--samples", to(&Options::samples)},
                                                           {"--out", to(&Options::out)},
                                                           {"--set", set_client_key},
                                                           {"--clients", to(&Options::clients)},
                                                           {"--transaction", to(&Options::transaction)},
                                                           {"--rate", to(&Options::rate)},
                                                           {"--stamp", to(&Options::stamp)},
                                                           {"--partitions", to(&Options::partitions)},
                                                           {"--skip", to(&Options::skip)},
                                                           {"--committed", to(&Options::committed)},
                                                           {"--seconds-max", to(&Options::seconds_max)},
                                                           {"--samples-max", to(&Options::samples_max)}};
  return kSetters;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  using namespace sluice::bench;
  const auto mode = argc < 2 ? modes().end() : modes().find(argv[1]);
  if (mode == modes().end()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  Options options;
  for (int i = 2; i < argc; i += 2) {
    const auto setter = setters().find(argv[i]);
    if (setter == setters().end() || i + 1 == argc) {
      std::fprintf(stderr, "sluice-bench-loops: %s %s\n", argv[i], i + 1 == argc ? "needs a value" : "is no option");
      return 2;
    }
    setter->second(options, argv[i + 1]);
  }
  sluice::base::init_logging({.json = false, .file = "", .level = sluice::base::LogLevel::kWarn});
  std::puts(mode->second(options).c_str());
  return 0;
}
