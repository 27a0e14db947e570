/* Writes to standard output, which belongs to the worker's operator. */
#include <stdio.h>

#include "good_parts.h"
static sluice_status start(void* self, const sluice_kv* config, uint32_t count, sluice_error* err) {
  puts("starting");
  return good_start(self, config, count, err);
}
static const sluice_source_task_vtable task = {.struct_size = sizeof task,
                                               .create = good_create,
                                               .destroy = free,
                                               .start = start,
                                               .poll = good_poll,
                                               .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("prints", "1.0.0", sluice_simple_source("PrintsSource", &task));
