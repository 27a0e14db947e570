#include "runtime/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>

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

thread_local std::string t_context;

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

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  out += '"';
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
    if (json) {
      const auto now =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
      std::string line = fmt::format(R"({{"ts_ms":{},"level":"{}","logger":)", now.count(), log_level_name(level));
      append_json_string(node.name, line);
      line += R"(,"context":)";
      append_json_string(t_context, line);
      line += R"(,"message":)";
      append_json_string(message, line);
      line += '}';
      backend->log(to_spdlog(level), line);
    } else {
      backend->log(to_spdlog(level), fmt::format("{} {}{}{} ({})", log_level_name(level), t_context,
                                                 t_context.empty() ? "" : " ", message, node.name));
    }
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

LogContext::LogContext(std::string context) : previous_(std::exchange(t_context, std::move(context))) {}
LogContext::~LogContext() {
  t_context = std::move(previous_);
}

}  // namespace sluice::base
