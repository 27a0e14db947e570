/* Forgets three records at each restart. */
#include "good_parts.h"
static sluice_status start(void* self, const sluice_kv* config, uint32_t count, sluice_error* err) {
  good_task* task = (good_task*)self;
  sluice_status status = good_start(self, config, count, err);
  if (task->next > 0) task->next += 3;
  return status;
}
static const sluice_source_task_vtable task = {.struct_size = sizeof task,
                                               .create = good_create,
                                               .destroy = free,
                                               .start = start,
                                               .poll = good_poll,
                                               .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("skips-on-restart", "1.0.0", sluice_simple_source("SkipsOnRestartSource", &task));
