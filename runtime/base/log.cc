#include "runtime/base/log.h"

#include <fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>

#include "runtime/base/json_text.h"
#include "runtime/base/secrets.h"
#include "runtime/base/strings.h"

namespace sluice::base {

// One named logger. Nodes live for ever: a Logger holds a bare pointer.
struct Logger::Node {
  std::string name;
  std::atomic<int> effective{static_cast<int>(LogLevel::kInfo)};
  std::optional<LogLevel> own;                   // guarded by Tree::mutex
  std::optional<std::int64_t> last_modified_ms;  // guarded by Tree::mutex
};

namespace {

thread_local LogContext::Subject t_subject;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kFatal:
      return spdlog::level::critical;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::string utc_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

// What a message says before the trace that callers put on the lines below it, and the parts of that trace.
struct Split {
  std::string_view message;
  std::string_view exception;  // empty: no trace
  std::string_view exception_message;
  std::string_view trace;
};

bool is_class_name(std::string_view text) {
  bool dotted = false;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!plain && c != '.' && c != '$') return false;
    dotted = dotted || c == '.';
  }
  return dotted;
}

Split split_trace(std::string_view text) {
  const auto line = text.find('\n');
  if (line == std::string_view::npos) return {text, {}, {}, {}};
  const std::string_view trace = text.substr(line + 1);
  const std::string_view head = trace.substr(0, trace.find("\n\tat "));
  const auto colon = head.find(": ");
  const std::string_view exception = head.substr(0, colon);
  if (head.size() == trace.size() || !is_class_name(exception)) return {text, {}, {}, {}};
  return {text.substr(0, line), exception, colon == std::string_view::npos ? "" : head.substr(colon + 2), trace};
}

void append_member(std::string_view name, std::string_view text, std::string& out) {
  out.append(",\"").append(name).append("\":");
  append_json_string(text, out);
}

std::string json_line(std::string_view logger, LogLevel level, std::string_view text,
                      const LogContext::Subject& subject) {
  const Split split = split_trace(text);
  std::string line = fmt::format(R"({{"time":"{}","level":"{}")", utc_time(), log_level_name(level));
  append_member("logger", logger, line);
  if (!subject.connector.empty()) append_member("connector", subject.connector, line);
  if (subject.task) line += fmt::format(",\"task\":{}", *subject.task);
  append_member("message", split.message, line);
  if (!split.exception.empty()) {
    line += R"(,"error":{"class":)";
    append_json_string(split.exception, line);
    append_member("message", split.exception_message, line);
    append_member("trace", split.trace, line);
    line += '}';
  }
  return line + '}';
}

// The tree of loggers and the one spdlog logger that all of them write to.
class Tree {
 public:
  using Node = Logger::Node;

  static Tree& instance() {
    static Tree* tree = new Tree;  // tidy: allow(new): never destroyed, threads may log while the process exits
    return *tree;
  }

  void init(const LogOptions& options) {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (options.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    auto backend = std::make_shared<spdlog::logger>("sluice", std::move(sink));
    backend->set_level(spdlog::level::trace);
    backend->flush_on(spdlog::level::warn);
    backend->set_pattern(options.json ? "%v" : "[%Y-%m-%d %H:%M:%S,%e] %v", spdlog::pattern_time_type::utc);
    std::lock_guard lock(mutex_);
    json_ = options.json;
    nodes_.at("root")->own = options.level;
    refresh();
    backend_ = std::move(backend);
  }

  Node* find_or_create(std::string_view name) {
    std::lock_guard lock(mutex_);
    return find_or_create_locked(name);
  }

  void write(const Node& node, LogLevel level, std::string_view message) {
    std::shared_ptr<spdlog::logger> backend;
    bool json = false;
    {
      std::lock_guard lock(mutex_);
      backend = backend_;
      json = json_;
    }
    const std::string text = without_secrets(std::string(message));
    const std::string& about = t_subject.text;
    backend->log(to_spdlog(level), json ? json_line(node.name, level, text, t_subject)
                                        : fmt::format("{} {}{}{} ({})", log_level_name(level), about,
                                                      about.empty() ? "" : " ", text, node.name));
  }

  void flush() {
    std::lock_guard lock(mutex_);
    backend_->flush();
  }

  std::vector<LoggerLevel> levels() {
    std::lock_guard lock(mutex_);
    std::vector<LoggerLevel> result;
    for (const auto& [name, node] : nodes_)
      result.push_back({name, static_cast<LogLevel>(node->effective.load()), node->last_modified_ms});
    return result;
  }

  std::optional<LoggerLevel> level(std::string_view name) {
    std::lock_guard lock(mutex_);
    const auto it = nodes_.find(name);
    if (it == nodes_.end()) return std::nullopt;
    return LoggerLevel{it->first, static_cast<LogLevel>(it->second->effective.load()), it->second->last_modified_ms};
  }

  // Connect's Loggers.setLevel: the namespace itself and every existing logger whose name starts with it.
  std::vector<std::string> set_level(std::string_view name, LogLevel level, std::int64_t now_ms) {
    std::lock_guard lock(mutex_);
    std::vector<std::string> changed;
    find_or_create_locked(name);
    for (auto& [node_name, node] : nodes_) {
      const bool affected = name == "root" || node_name.starts_with(name);
      if (!affected || static_cast<LogLevel>(node->effective.load()) == level) {
        if (affected && node_name == name && !node->own) node->own = level;
        continue;
      }
      node->own = level;
      node->last_modified_ms = now_ms;
      changed.push_back(node_name);
    }
    refresh();
    return changed;
  }

 private:
  Tree() {
    auto root = std::make_unique<Node>();
    root->name = "root";
    root->own = LogLevel::kInfo;
    nodes_.emplace("root", std::move(root));
    backend_ = std::make_shared<spdlog::logger>("sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    backend_->set_level(spdlog::level::trace);
    backend_->set_pattern("[%Y-%m-%d %H:%M:%S,%e] %v", spdlog::pattern_time_type::utc);
  }

  Node* find_or_create_locked(std::string_view name) {
    if (name.empty()) name = "root";
    const auto it = nodes_.find(name);
    if (it != nodes_.end()) return it->second.get();
    auto node = std::make_unique<Node>();
    node->name = std::string(name);
    node->effective = static_cast<int>(inherited(name));
    Node* result = node.get();
    nodes_.emplace(node->name, std::move(node));
    return result;
  }

  LogLevel inherited(std::string_view name) const {
    for (;;) {
      if (const auto it = nodes_.find(name); it != nodes_.end() && it->second->own) return *it->second->own;
      const auto dot = name.rfind('.');
      if (dot == std::string_view::npos) return nodes_.at("root")->own.value_or(LogLevel::kInfo);
      name = name.substr(0, dot);
    }
  }

  void refresh() {
    for (auto& [name, node] : nodes_) node->effective = static_cast<int>(inherited(name));
  }

  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> nodes_;
  std::shared_ptr<spdlog::logger> backend_;
  bool json_ = false;
};

}  // namespace

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return "TRACE";
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      return "ERROR";
    case LogLevel::kFatal:
      return "FATAL";
    case LogLevel::kOff:
      return "OFF";
  }
  return "INFO";
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  if (equals_ignore_case_ascii(name, "ALL")) return LogLevel::kTrace;
  for (const LogLevel level : {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError,
                               LogLevel::kFatal, LogLevel::kOff}) {
    if (equals_ignore_case_ascii(name, log_level_name(level))) return level;
  }
  return std::nullopt;
}

void init_logging(const LogOptions& options) {
  Tree::instance().init(options);
}
void flush_logging() {
  Tree::instance().flush();
}
std::vector<LoggerLevel> logger_levels() {
  return Tree::instance().levels();
}
std::optional<LoggerLevel> logger_level(std::string_view name) {
  return Tree::instance().level(name);
}
std::vector<std::string> set_logger_level(std::string_view name, LogLevel level, std::int64_t now_ms) {
  return Tree::instance().set_level(name, level, now_ms);
}

Logger::Logger(std::string_view name) : node_(Tree::instance().find_or_create(name)) {}
bool Logger::enabled(LogLevel level) const {
  return static_cast<int>(level) >= node_->effective.load(std::memory_order_relaxed);
}
void Logger::write(LogLevel level, std::string_view message) const {
  Tree::instance().write(*node_, level, message);
}

LogContext::LogContext(std::string connector, std::optional<int> task) {
  Subject subject;
  subject.text = task ? fmt::format("[{}|task-{}]", connector, *task) : fmt::format("[{}|worker]", connector);
  subject.connector = std::move(connector);
  subject.task = task;
  previous_ = std::exchange(t_subject, std::move(subject));
}
LogContext::~LogContext() {
  t_subject = std::move(previous_);
}

}  // namespace sluice::base
