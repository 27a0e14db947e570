/* A sink that releases the batch and leaves it to the host to release it again. */
#include "good_parts.h"
static sluice_status put(void* self, sluice_batch* in, sluice_error* err) {
  (void)self, (void)err;
  if (in->release != NULL) in->release(in);
  return SLUICE_OK;
}
static const sluice_sink_task_vtable task = {
    .struct_size = sizeof task, .create = good_create, .destroy = free, .put = put, .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("double-release", "1.0.0", sluice_simple_sink("DoubleReleaseSink", &task));
