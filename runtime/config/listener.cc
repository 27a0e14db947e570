#include "runtime/config/listener.h"

#include <algorithm>

#include "runtime/base/java_number.h"
#include "runtime/base/strings.h"

namespace sluice::config {
namespace {

using base::config_error;
using base::Result;

constexpr std::string_view kBadFormat = "Listener doesn't have the right format (protocol://hostname:port).";

bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-%._:").find(c) != std::string_view::npos;
}

// Splits at commas outside of double quotes, drops the quotes, and trims.
std::vector<std::string> split_rules(std::string_view text) {
  std::vector<std::string> rules(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      rules.emplace_back();
    } else {
      rules.back() += c;
    }
  }
  for (auto& rule : rules) rule = std::string(base::java_trim(rule));
  if (rules.back().empty()) rules.pop_back();
  return rules;
}

Result<HeaderRule> parse_rule(const std::string& text) {
  const auto blank = text.find_first_of(" \t\n\v\f\r");
  if (blank == std::string::npos) {
    return config_error("Invalid format of header config '{}'. Expected: '[action] [header name]:[header value]'",
                        text);
  }
  const std::string action = text.substr(0, blank);
  const std::string pair(base::java_trim(std::string_view(text).substr(blank)));
  constexpr std::pair<std::string_view, HeaderRule::Action> kActions[] = {{"set", HeaderRule::Action::kSet},
                                                                          {"add", HeaderRule::Action::kAdd},
                                                                          {"setDate", HeaderRule::Action::kSetDate},
                                                                          {"addDate", HeaderRule::Action::kAddDate}};
  const auto known = std::find_if(std::begin(kActions), std::end(kActions), [&](const auto& candidate) {
    return base::equals_ignore_case_ascii(candidate.first, action);
  });
  if (known == std::end(kActions))
    return config_error("Invalid header config action: '{}'. Expected one of [set, add, setDate, addDate]", action);
  const auto colon = pair.find(':');
  if (colon == std::string::npos || pair.find(':', colon + 1) != std::string::npos) {
    return config_error(
        "Invalid format of header name and header value pair '{}'. Expected: '[header name]:[header value]'", pair);
  }
  HeaderRule rule;
  rule.action = known->second;
  rule.name = base::java_trim(std::string_view(pair).substr(0, colon));
  rule.value = base::java_trim(std::string_view(pair).substr(colon + 1));
  if (rule.name.empty() || rule.name.find_first_of(" \t\n\v\f\r") != std::string::npos)
    return config_error("Invalid header name '{}'. The '[header name]' cannot contain whitespace", rule.name);
  const bool date = rule.action == HeaderRule::Action::kSetDate || rule.action == HeaderRule::Action::kAddDate;
  // Connect finds out with the first answer; an answer is too late.
  if (date && !base::parse_java_integer(rule.value, INT64_MIN, INT64_MAX))
    return config_error("Invalid value '{}' for the header '{}': a number of milliseconds is expected", rule.value,
                        rule.name);
  return rule;
}

}  // namespace

std::string Listener::to_string() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", https ? "https" : "http", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
}

Result<Listener> parse_listener(std::string_view text) {
  const auto scheme_end = text.find("://");
  const auto port_start = text.rfind(':');
  if (scheme_end == std::string_view::npos || port_start == scheme_end) return config_error("{}", kBadFormat);
  const std::string protocol = base::to_lower_ascii(text.substr(0, scheme_end));
  std::string_view host = text.substr(scheme_end + 3, port_start - scheme_end - 3);
  if (host.starts_with('[')) host.remove_prefix(1);
  if (host.ends_with(']')) host.remove_suffix(1);
  const auto port = base::parse_java_integer(text.substr(port_start + 1), INT32_MIN, INT32_MAX);
  if (!port || text[port_start + 1] == '+' || !std::all_of(host.begin(), host.end(), is_host_char))
    return config_error("{}", kBadFormat);
  if (protocol != "http" && protocol != "https")
    return config_error("Listener protocol must be either \"http\" or \"https\".");
  if (*port < 0 || *port > 65535)
    return config_error("Invalid port {} in the listener '{}': 0 to 65535 is expected", *port, text);
  return Listener{protocol == "https", std::string(host), static_cast<int>(*port)};
}

Result<std::vector<Listener>> parse_listeners(const List& texts) {
  std::vector<Listener> listeners;
  for (const auto& text : texts) {
    SLUICE_TRY_ASSIGN(Listener listener, parse_listener(text));
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Result<std::vector<HeaderRule>> parse_header_rules(std::string_view text) {
  std::vector<HeaderRule> rules;
  for (const auto& item : split_rules(text)) {
    SLUICE_TRY_ASSIGN(HeaderRule rule, parse_rule(item));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace sluice::config
