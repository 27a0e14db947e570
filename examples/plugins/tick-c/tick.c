/* A source in C11: one record every interval.ms, counted on from the stored offset after a restart. */
#include <stdio.h>
#include <stdlib.h>

#include <sluice/abi_util.h>

typedef struct tick {
  void* ctx;
  const sluice_stop* stop;
  const sluice_offset_reader* offsets;
  char topic[250];
  size_t topic_size;
  int64_t interval_ms;
  int64_t next;
} tick;

static sluice_status tick_create(const sluice_host* host, void* ctx, void** self, sluice_error* err) {
  tick* t = calloc(1, sizeof *t);
  if (t == NULL) return sluice_fail(err, SLUICE_NO_MEMORY, "no memory for the task");
  t->ctx = ctx;
  t->stop = host->get_extension(host, SLUICE_EXT_STOP);
  t->offsets = host->get_extension(host, SLUICE_EXT_OFFSET_READER);
  *self = t;
  return SLUICE_OK;
}

static sluice_status tick_start(void* self, const sluice_kv* config, uint32_t count, sluice_error* err) {
  tick* t = self;
  sluice_str topic = sluice_config_get(config, count, "topic");
  if (topic.size == 0 || topic.size >= sizeof t->topic)
    return sluice_fail(err, SLUICE_INVALID_CONFIG, "topic must be 1 to 249 characters long");
  memcpy(t->topic, topic.data, topic.size);
  t->topic_size = topic.size;
  t->interval_ms = sluice_config_i64(config, count, "interval.ms", 1000);
  t->next = sluice_stored_i64(t->offsets, t->ctx, "tick", "n", 0);
  return SLUICE_OK;
}

static sluice_status tick_poll(void* self, sluice_batch* out, sluice_error* err) {
  tick* t = self;
  if (t->stop->sleep_ms(t->ctx, t->interval_ms)) return SLUICE_STOPPING;
  sluice_record* record = sluice_batch_add(out, (sluice_str){t->topic, t->topic_size});
  if (record == NULL) return sluice_fail(err, SLUICE_NO_MEMORY, "the batch is full");
  char text[40];
  snprintf(text, sizeof text, "tick %lld", (long long)t->next);
  record->value = sluice_string_copy(out, sluice_str_of(text));
  return sluice_record_source(out, record, "tick", "n", ++t->next);
}

static const sluice_source_task_vtable tick_task = {.struct_size = sizeof tick_task,
                                                    .create = tick_create,
                                                    .destroy = free,
                                                    .start = tick_start,
                                                    .poll = tick_poll,
                                                    .stop = sluice_stop_noop};

static const sluice_config_key tick_keys[] = {
    {.struct_size = sizeof(sluice_config_key),
     .type = SLUICE_TYPE_STRING,
     .importance = SLUICE_IMPORTANCE_HIGH,
     .flags = SLUICE_KEY_REQUIRED,
     .order_in_group = -1,
     .name = SLUICE_STR_INIT("topic"),
     .doc = SLUICE_STR_INIT("Topic to write to.")},
    {.struct_size = sizeof(sluice_config_key),
     .type = SLUICE_TYPE_INT,
     .importance = SLUICE_IMPORTANCE_MEDIUM,
     .order_in_group = -1,
     .name = SLUICE_STR_INIT("interval.ms"),
     .doc = SLUICE_STR_INIT("Pause between ticks, in milliseconds."),
     .default_value = SLUICE_STR_INIT("1000"),
     .validator = SLUICE_VALIDATOR_RANGE,
     .number_min = 1,
     .number_max = 3600000},
};

static const char* const tick_needs[] = {SLUICE_EXT_STOP, NULL};

SLUICE_C_PLUGIN_REQUIRING("tick-c", "1.0.0", tick_needs,
                          sluice_simple_source_with("TickCSource", &tick_task, tick_keys));
