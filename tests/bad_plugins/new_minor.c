/* Made for a newer host, and in need of something that only that host has. */
#include "good_parts.h"
#undef SLUICE_ABI_MINOR
#define SLUICE_ABI_MINOR 99
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = good_poll, .stop = sluice_stop_noop};
static const char* const needs[] = {SLUICE_EXT_LOG, "sluice.time_travel/1", NULL};
SLUICE_C_PLUGIN_REQUIRING("new-minor", "1.0.0", needs, sluice_simple_source("NewMinorSource", &task));
