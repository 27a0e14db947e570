#pragma once
// How connectors and tasks tell their herder what became of them. Calls come on the connector's control thread or the
// task's thread; implementations only enqueue.

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"

namespace sluice::task {

class ConnectorListener {
 public:
  virtual ~ConnectorListener() = default;
  virtual void on_connector_startup(std::string_view connector, std::string_view version) = 0;  // INIT -> RUNNING
  virtual void on_connector_pause(std::string_view connector) = 0;
  virtual void on_connector_stop(std::string_view connector) = 0;
  virtual void on_connector_resume(std::string_view connector) = 0;
  virtual void on_connector_failure(std::string_view connector, const base::Error& error) = 0;
  virtual void on_connector_shutdown(std::string_view connector) = 0;  // UNASSIGNED
  virtual void on_task_reconfiguration_requested(std::string_view connector) = 0;
};

class TaskListener {
 public:
  virtual ~TaskListener() = default;
  virtual void on_task_startup(const base::TaskId& task, std::string_view version) = 0;  // RUNNING
  virtual void on_task_pause(const base::TaskId& task) = 0;
  virtual void on_task_resume(const base::TaskId& task) = 0;
  virtual void on_task_failure(const base::TaskId& task, const base::Error& error) = 0;
  virtual void on_task_shutdown(const base::TaskId& task) = 0;  // UNASSIGNED
  // A record for (or from) a topic: the first one, the first after topics_generation() grew, and one now and then.
  virtual void on_topic_active(const base::TaskId& task, std::string_view topic) = 0;
  // Grows whenever active topics are forgotten: tasks tell again which ones they use. Asked once per batch: cheap.
  virtual std::uint64_t topics_generation() const { return 0; }
};

}  // namespace sluice::task
