/* A source task that works, for plugins that are bad in one other place. */
#ifndef SLUICE_GOOD_PARTS_H_
#define SLUICE_GOOD_PARTS_H_

#include <sluice/abi_util.h>

typedef struct good_task {
  void* ctx;
  const sluice_stop* stop;
  const sluice_offset_reader* offsets;
  int64_t next;
} good_task;

static inline sluice_status good_create(const sluice_host* host, void* ctx, void** self, sluice_error* err) {
  good_task* task = (good_task*)calloc(1, sizeof *task);
  if (task == NULL) return sluice_fail(err, SLUICE_NO_MEMORY, "out of memory");
  task->ctx = ctx;
  task->stop = (const sluice_stop*)host->get_extension(host, SLUICE_EXT_STOP);
  task->offsets = (const sluice_offset_reader*)host->get_extension(host, SLUICE_EXT_OFFSET_READER);
  *self = task;
  return SLUICE_OK;
}
static inline sluice_status good_start(void* self, const sluice_kv* config, uint32_t count, sluice_error* err) {
  good_task* task = (good_task*)self;
  (void)config, (void)count, (void)err;
  task->next = sluice_stored_i64(task->offsets, task->ctx, "good", "n", 0);
  return SLUICE_OK;
}
static inline sluice_status good_poll(void* self, sluice_batch* out, sluice_error* err) {
  good_task* task = (good_task*)self;
  if (task->stop->sleep_ms(task->ctx, 1)) return SLUICE_STOPPING;
  sluice_record* record = sluice_batch_add(out, SLUICE_STR("good"));
  if (record == NULL) return sluice_fail(err, SLUICE_NO_MEMORY, "the batch is full");
  record->value = sluice_i64(task->next++);
  return sluice_record_source(out, record, "good", "n", task->next);
}

#define GOOD_TASK \
  .struct_size = sizeof(sluice_source_task_vtable), .create = good_create, .destroy = free, .start = good_start

#endif /* SLUICE_GOOD_PARTS_H_ */
