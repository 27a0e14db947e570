#include "good_parts.h"
static sluice_status crash(void* self, sluice_batch* out, sluice_error* err) {
  (void)self, (void)out, (void)err;
  __builtin_trap();
}
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = crash, .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("crash-in-poll", "1.0.0", sluice_simple_source("CrashInPollSource", &task));
