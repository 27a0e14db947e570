#include <unistd.h>

#include "good_parts.h"
static void hang(void* self) {
  (void)self;
  for (;;) pause();
}
static const sluice_source_task_vtable task = {GOOD_TASK, .poll = good_poll, .stop = hang};
SLUICE_C_PLUGIN("hang-in-stop", "1.0.0", sluice_simple_source("HangInStopSource", &task));
