#include "good_parts.h"
#undef SLUICE_ABI_MAJOR
#define SLUICE_ABI_MAJOR 99
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = good_poll, .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("wrong-major", "1.0.0", sluice_simple_source("WrongMajorSource", &task));
