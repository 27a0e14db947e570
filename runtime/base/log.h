#pragma once
// Structured logging for the worker: a level, a logger name, a message and a context (connector, task) that every line
// of a thread carries. The implementation (spdlog) stays in log.cc. Any thread may log. Known secrets (secrets.h) are
// masked on the way; whole configurations never reach a log call.

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::base {

enum class LogLevel : int { kTrace = 0, kDebug, kInfo, kWarn, kError, kFatal, kOff };

// "INFO" etc.; parse is case-insensitive and takes Connect's names (OFF FATAL ERROR WARN INFO DEBUG TRACE ALL).
std::string_view log_level_name(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view name);

struct LogOptions {
  bool json = false;  // one JSON object a line instead of text (docs/metrics.md)
  std::string file;   // empty: standard error
  LogLevel level = LogLevel::kInfo;
};
void init_logging(const LogOptions& options);
void flush_logging();

// Dotted logger names form a tree, as in log4j: a logger without a level of its own takes its nearest ancestor's.
// Thread-safe. Used by /admin/loggers.
struct LoggerLevel {
  std::string name;  // "root" for the root
  LogLevel level = LogLevel::kInfo;
  std::optional<std::int64_t> last_modified_ms;
};
std::vector<LoggerLevel> logger_levels();  // every logger there is, with its effective level; sorted by name
std::optional<LoggerLevel> logger_level(std::string_view name);  // effective level; nothing if no such logger exists
std::vector<std::string> set_logger_level(std::string_view name, LogLevel level,
                                          std::int64_t now_ms);  // names that changed, sorted

// A named logger. Construct once (static const) per file or module: `static const Logger
// kLog{"org.apache.kafka.connect.runtime.WorkerTask"}`.
class Logger {
 public:
  explicit Logger(std::string_view name);
  bool enabled(LogLevel level) const;
  void write(LogLevel level, std::string_view message) const;

  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kDebug, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kInfo, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kWarn, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kError, format, std::forward<Args>(args)...);
  }

 public:
  struct Node;

 private:
  template <typename... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
  Node* node_;
};

// Says on every line that this thread logs while in scope whom it is about: `[connector|task-0]` as Connect's MDC
// `connector.context` has it, `[connector|worker]` for the connector itself.
class LogContext {
 public:
  LogContext(std::string connector, std::optional<int> task);
  ~LogContext();
  LogContext(const LogContext&) = delete;
  LogContext& operator=(const LogContext&) = delete;

  struct Subject {
    std::string text;  // "[connector|task-0]"; empty: none
    std::string connector;
    std::optional<int> task;
  };

 private:
  Subject previous_;
};

}  // namespace sluice::base
