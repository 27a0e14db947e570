/* Starts a thread that nobody ends. */
#include <pthread.h>
#include <unistd.h>

#include "good_parts.h"
static void* linger(void* unused) {
  while (pause() != 0) continue;
  return unused;
}
static sluice_status start(void* self, const sluice_kv* config, uint32_t count, sluice_error* err) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, linger, NULL) == 0) pthread_detach(thread);
  return good_start(self, config, count, err);
}
static const sluice_source_task_vtable task = {.struct_size = sizeof task,
                                               .create = good_create,
                                               .destroy = free,
                                               .start = start,
                                               .poll = good_poll,
                                               .stop = sluice_stop_noop};
SLUICE_C_PLUGIN("leaks-thread", "1.0.0", sluice_simple_source("LeaksThreadSource", &task));
