/* Points at a topic that its batch does not have. */
#include "good_parts.h"
static sluice_status poll(void* self, sluice_batch* out, sluice_error* err) {
  sluice_status status = good_poll(self, out, err);
  if (status == SLUICE_OK) out->records[0].topic = 7;
  return status;
}
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = poll, .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("bad-index", "1.0.0", sluice_simple_source("BadIndexSource", &task));
