/* A task's table that ends before poll. */
#include "good_parts.h"
static const sluice_source_task_vtable task = {.struct_size = 24, .create = good_create, .destroy = free};
SLUICE_C_PLUGIN("truncated-table", "1.0.0", sluice_simple_source("TruncatedTableSource", &task));
