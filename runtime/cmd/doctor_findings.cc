#include "runtime/cmd/doctor_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/base/strings.h"
#include "runtime/config/client_keys.h"
#include "runtime/config/value.h"
#include "runtime/config/worker_config.h"

namespace sluice::cmd {
namespace {

using config::ClientKind;

constexpr std::size_t kSecretBytesMin = 3;  // hiding shorter ones would blot out ordinary words

bool sounds_secret(std::string_view key) {
  const std::string lower = base::to_lower_ascii(key);
  for (const std::string_view word : {"password", "secret", "passphrase", "credential", "jaas"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

bool is_password(std::string_view key) {
  static const config::ConfigDef kWorker = config::distributed_config_def();
  for (const std::string_view prefix :
       {"producer.", "consumer.", "admin.", "listeners.https.", "admin.listeners.https."})
    if (key.starts_with(prefix)) key.remove_prefix(prefix.size());
  const auto* known = kWorker.find(key);
  for (const auto kind : {ClientKind::kProducer, ClientKind::kConsumer, ClientKind::kAdmin})
    if (known == nullptr) known = config::client_config_def(kind).find(key);
  return known != nullptr && known->type == config::Type::kPassword;
}

// The values of `option="value"` pairs whose name says that they are secret.
void add_options_of_jaas(std::string_view text, std::vector<std::string>& secrets) {
  for (auto open = text.find("=\""); open != std::string_view::npos; open = text.find("=\"", open + 2)) {
    const auto close = text.find('"', open + 2);
    if (close == std::string_view::npos) return;
    const auto blank = text.find_last_of(" \t\n", open);
    const auto name = text.substr(blank == std::string_view::npos ? 0 : blank + 1, open - blank - 1);
    if (sounds_secret(name)) secrets.emplace_back(text.substr(open + 2, close - open - 2));
    open = close - 1;
  }
}

std::string_view level_name(Level level) {
  return level == Level::kOk ? "ok" : level == Level::kWarning ? "warn" : "error";
}

std::string indented(std::string_view label, std::string_view text) {
  std::string out;
  for (const auto line : base::split(text, '\n')) {
    out += fmt::format("         {:<6} {}\n", label, line);
    label = "";
  }
  return out;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

void Secrets::add(const config::ConfigMap& properties) {
  for (const auto& [key, text] : properties) {
    if (!text || !(is_password(key) || sounds_secret(key))) continue;
    add_options_of_jaas(*text, texts_);
    texts_.push_back(*text);
  }
  std::erase_if(texts_, [](const std::string& text) { return text.size() < kSecretBytesMin; });
  std::sort(texts_.begin(), texts_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Secrets::hide(std::string text) const {
  for (const auto& secret : texts_)
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + config::kHidden.size()))
      text.replace(at, secret.size(), config::kHidden);
  return text;
}

void Secrets::hide(Findings& findings) const {
  for (auto& finding : findings)
    for (std::string* text : {&finding.found, &finding.cause, &finding.fix}) *text = hide(std::move(*text));
}

std::size_t Report::count(Level level) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.level == level; }));
}

std::string to_text(const Report& report) {
  std::string out =
      fmt::format("{}{}\n\n", report.file, report.mode.empty() ? "" : fmt::format(" ({} worker)", report.mode));
  for (const auto& finding : report.findings) {
    out += fmt::format("{:<7}  {}: {}\n",
                       finding.level == Level::kOk        ? "ok"
                       : finding.level == Level::kWarning ? "WARNING"
                                                          : "ERROR",
                       finding.check, finding.found);
    if (!finding.cause.empty()) out += indented("cause:", finding.cause);
    if (!finding.fix.empty()) out += indented("fix:", finding.fix);
  }
  out += fmt::format("\n{}, {}, {} ok\n", counted(report.count(Level::kError), "error"),
                     counted(report.count(Level::kWarning), "warning"), report.count(Level::kOk));
  return out;
}

std::string to_json(const Report& report) {
  nlohmann::ordered_json json{{"file", report.file},
                              {"mode", report.mode},
                              {"errors", report.count(Level::kError)},
                              {"warnings", report.count(Level::kWarning)},
                              {"findings", nlohmann::ordered_json::array()}};
  for (const auto& finding : report.findings)
    json["findings"].push_back({{"level", level_name(finding.level)},
                                {"check", finding.check},
                                {"found", finding.found},
                                {"cause", finding.cause},
                                {"fix", finding.fix}});
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::cmd
