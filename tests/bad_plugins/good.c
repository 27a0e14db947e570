/* Nothing is wrong with this one. VERSION and VALUE tell its builds apart. */
#include "good_parts.h"
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = good_poll, .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("good", GOOD_VERSION, sluice_simple_source("GoodSource", &task));
