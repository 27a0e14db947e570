/* Exports functions that the rest of the process must not find here. */
#include "good_parts.h"
SLUICE_EXPORT void* malloc(size_t size) {
  (void)size;
  return NULL;
}
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = good_poll, .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("exports-malloc", "1.0.0", sluice_simple_source("ExportsMallocSource", &task));
