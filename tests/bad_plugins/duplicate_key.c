/* Describes a key twice, and a default that is not of its type. */
#include "good_parts.h"
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = good_poll, .stop = sluice_stop_noop};
#define KEY(the_name, the_default)                                                                                     \
  {                                                                                                                    \
    .struct_size = sizeof(sluice_config_key), .type = SLUICE_TYPE_INT, .importance = SLUICE_IMPORTANCE_LOW,            \
    .name = SLUICE_STR_INIT(the_name), .doc = SLUICE_STR_INIT("A key."), .default_value = SLUICE_STR_INIT(the_default) \
  }
static const sluice_config_key keys[] = {KEY("same", "1"), KEY("same", "2")};
SLUICE_C_PLUGIN("duplicate-key", "1.0.0", sluice_simple_source_with("DuplicateKeySource", &task, keys));
