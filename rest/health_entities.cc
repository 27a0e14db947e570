#include "rest/health_entities.h"

#include <algorithm>

#include "rest/json_writer.h"
#include "runtime/base/secrets.h"

namespace sluice::rest {
namespace {

const char* level_name(herder::HealthLevel level) {
  switch (level) {
    case herder::HealthLevel::kHealthy:
      return "HEALTHY";
    case herder::HealthLevel::kDegraded:
      return "DEGRADED";
    case herder::HealthLevel::kUnhealthy:
      break;
  }
  return "UNHEALTHY";
}

const char* phase_name(task::Phase phase) {
  switch (phase) {
    case task::Phase::kCreated:
      return "created";
    case task::Phase::kStarting:
      return "starting";
    case task::Phase::kRunning:
      return "running";
    case task::Phase::kPaused:
      return "paused";
    case task::Phase::kEnding:
      return "ending";
    case task::Phase::kEnded:
      break;
  }
  return "ended";
}

void write_age(JsonWriter& json, std::string_view key, std::int64_t then_ms, std::int64_t now_ms) {
  json.key(key);
  if (then_ms < 0)
    json.null();
  else
    json.number(std::max<std::int64_t>(now_ms - then_ms, 0));
}

void write_progress(JsonWriter& json, const herder::PartHealth& part, std::int64_t now_ms) {
  const task::ProgressSnapshot& progress = *part.progress;
  json.key("progress").begin_object();
  if (part.task >= 0) json.key("phase").text(phase_name(progress.phase));
  const std::string_view callback = plugin::callback_name(progress.callback);
  json.key("callback").text_or_null(callback.empty() ? std::nullopt : std::optional<std::string>(callback));
  write_age(json, "callback_age_ms", callback.empty() ? -1 : progress.callback_since_ms, now_ms);
  if (part.task >= 0) {
    write_age(json, "last_step_age_ms", std::max(progress.beat_ms, progress.callback_since_ms), now_ms);
    write_age(json, "last_call_age_ms", progress.done_ms, now_ms);
    write_age(json, "last_records_age_ms", progress.records_ms, now_ms);
    write_age(json, "last_ack_age_ms", progress.ack_ms, now_ms);
    write_age(json, "last_commit_age_ms", progress.commit_ms, now_ms);
    json.key("records").number(static_cast<std::int64_t>(progress.records));
    json.key("outstanding").number(static_cast<std::int64_t>(progress.outstanding));
    json.key("retries").number(static_cast<std::int64_t>(progress.retries));
  }
  json.end_object();
}

void write_reasons(JsonWriter& json, const std::vector<herder::HealthReason>& reasons) {
  json.key("reasons").begin_array();
  for (const herder::HealthReason& reason : reasons)
    json.begin_object().key("code").text(reason.code).key("text").text(base::without_secrets(reason.text)).end_object();
  json.end_array();
}

void write_part(JsonWriter& json, const herder::PartHealth& part, std::int64_t now_ms) {
  json.begin_object();
  if (part.task >= 0) json.key("id").number(part.task);
  json.key("health").text(level_name(part.level));
  json.key("state").text(part.state.state);
  json.key("worker_id").text(part.state.worker_id);
  write_reasons(json, part.reasons);
  if (part.progress) write_progress(json, part, now_ms);
  if (part.restart) {
    json.key("restarts").begin_object().key("count").number(static_cast<std::int64_t>(part.restart->count));
    json.key("next_at_ms");
    part.restart->next_at_ms ? json.number(*part.restart->next_at_ms) : json.null();
    json.end_object();
  }
  json.end_object();
}

}  // namespace

std::string to_json(const herder::ConnectorHealth& health) {
  JsonWriter json;
  json.begin_object().key("name").text(health.name).key("health").text(level_name(health.level)).key("connector");
  write_part(json, health.connector, health.at_ms);
  json.key("tasks").begin_array();
  for (const herder::PartHealth& task : health.tasks) write_part(json, task, health.at_ms);
  json.end_array().end_object();
  return std::move(json).take();
}

std::string to_json(const std::vector<herder::HealthEvent>& history) {
  JsonWriter json;
  json.begin_object().key("events").begin_array();
  for (const herder::HealthEvent& event : history) {
    json.begin_object().key("at_ms").number(event.at_ms).key("task");
    event.task < 0 ? json.null() : json.number(event.task);
    json.key("state").text(event.state).key("worker_id").text(event.worker_id);
    json.key("cause").text_or_null(event.cause.empty() ? std::nullopt
                                                       : std::optional(base::without_secrets(event.cause)));
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

}  // namespace sluice::rest
