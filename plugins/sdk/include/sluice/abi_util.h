/* Helpers for plugins written in C11: texts, errors, values, records, configuration, and the entry. All static inline;
 * no other library than libc is needed. The rules that they keep are in docs/abi.md. */
#ifndef SLUICE_ABI_UTIL_H_
#define SLUICE_ABI_UTIL_H_

#include <stdlib.h>
#include <string.h>

#include <sluice/abi.h>
#include <sluice/abi_note.h>

/* ---- texts and errors
 * --------------------------------------------------------------------------------------------------- */

#define SLUICE_STR_INIT(literal) \
  { literal, sizeof(literal) - 1 } /* in initializers of static data */
#define SLUICE_STR(literal) ((sluice_str)SLUICE_STR_INIT(literal))

static inline sluice_str sluice_str_of(const char* text) {
  sluice_str s = {text, text != NULL ? strlen(text) : 0};
  return s;
}
static inline int sluice_str_equal(sluice_str a, sluice_str b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, (size_t)a.size) == 0);
}

/* Fills `err` and returns `status`:  return sluice_fail(err, SLUICE_FATAL, "cannot open the file"); */
static inline sluice_status sluice_fail(sluice_error* err, sluice_status status, const char* message) {
  if (err != NULL && err->struct_size >= sizeof *err) {
    size_t size = strlen(message);
    if (size > SLUICE_ERROR_MESSAGE_MAX) size = SLUICE_ERROR_MESSAGE_MAX;
    err->status = status;
    err->retry_after_ms = 0;
    err->message_size = (uint32_t)size;
    memcpy(err->message, message, size);
  }
  return status;
}

/* ---- configuration
 * ------------------------------------------------------------------------------------------------------ */

/* The text of a key; data == NULL: not given. */
static inline sluice_str sluice_config_get(const sluice_kv* config, uint32_t count, const char* key) {
  sluice_str none = {NULL, 0};
  sluice_str name = sluice_str_of(key);
  for (uint32_t i = 0; i < count; ++i)
    if (sluice_str_equal(config[i].key, name)) return config[i].value;
  return none;
}

/* A whole number, or `fallback` if the key is not given or not a number. The worker has checked keys of numeric type
 * before. */
static inline int64_t sluice_config_i64(const sluice_kv* config, uint32_t count, const char* key, int64_t fallback) {
  sluice_str text = sluice_config_get(config, count, key);
  char digits[24];
  char* end = NULL;
  long long number;
  if (text.data == NULL || text.size == 0 || text.size >= sizeof digits) return fallback;
  memcpy(digits, text.data, (size_t)text.size);
  digits[text.size] = 0;
  number = strtoll(digits, &end, 10);
  return *end == 0 ? (int64_t)number : fallback;
}

/* ---- values
 * ------------------------------------------------------------------------------------------------------------- */

static inline sluice_value sluice_null(void) {
  sluice_value v;
  memset(&v, 0, sizeof v);
  return v;
}
static inline sluice_value sluice_i64(int64_t number) {
  sluice_value v;
  memset(&v, 0, sizeof v);
  v.kind = SLUICE_INT64;
  v.as.i64 = number;
  return v;
}
static inline sluice_value sluice_f64(double number) {
  sluice_value v;
  memset(&v, 0, sizeof v);
  v.kind = SLUICE_FLOAT64;
  v.as.f64 = number;
  return v;
}
static inline sluice_value sluice_bool(int truth) {
  sluice_value v;
  memset(&v, 0, sizeof v);
  v.kind = SLUICE_BOOLEAN;
  v.as.i64 = truth ? 1 : 0;
  return v;
}
/* A view: the bytes must live as long as the batch (its arena, or static storage). */
static inline sluice_value sluice_string(sluice_str text) {
  sluice_value v;
  memset(&v, 0, sizeof v);
  v.kind = SLUICE_STRING;
  v.size = (uint32_t)text.size;
  v.as.bytes = (const uint8_t*)(text.data != NULL ? text.data : "");
  return v;
}

/* Memory of the batch; NULL: its budget is spent. */
static inline void* sluice_alloc(sluice_batch* batch, uint64_t size, uint32_t align) {
  sluice_arena* arena = batch->arena;
  uintptr_t at = ((uintptr_t)arena->cursor + align - 1) & ~(uintptr_t)(align - 1);
  uintptr_t limit = (uintptr_t)arena->limit;
  if (at <= limit && size <= limit - at) {
    arena->cursor = (uint8_t*)at + size;
    return (void*)at;
  }
  return arena->alloc(arena, size, align);
}

/* A copy of a text in the batch. A null value (kind SLUICE_NULL) where there is no memory. */
static inline sluice_value sluice_string_copy(sluice_batch* batch, sluice_str text) {
  char* copy = (char*)sluice_alloc(batch, text.size + 1, 1);
  sluice_str made = {copy, text.size};
  if (copy == NULL) return sluice_null();
  if (text.size > 0) memcpy(copy, text.data, (size_t)text.size);
  return sluice_string(made);
}

/* ---- batches
 * ------------------------------------------------------------------------------------------------------------ */

/* Arrays of a batch double when their size is a power of two of at least `first`: no capacity has to be kept. */
static inline void* sluice_grow_(sluice_batch* batch, const void* items, uint32_t count, uint32_t first,
                                 size_t item_size) {
  void* copy;
  if (count != 0 && (count < first || (count & (count - 1)) != 0)) return (void*)(uintptr_t)items;
  copy = sluice_alloc(batch, (uint64_t)item_size * (count < first ? first : (uint64_t)count * 2), 16);
  if (copy != NULL && count > 0) memcpy(copy, items, item_size * count);
  return copy;
}

/* Index of a topic in the batch, added if new; UINT32_MAX: no memory. */
static inline uint32_t sluice_batch_topic(sluice_batch* batch, sluice_str topic) {
  sluice_str* topics;
  sluice_value name;
  for (uint32_t i = batch->topic_count; i-- > 0;)
    if (sluice_str_equal(batch->topics[i], topic)) return i;
  topics = (sluice_str*)sluice_grow_(batch, batch->topics, batch->topic_count, 8, sizeof *topics);
  name = sluice_string_copy(batch, topic);
  if (topics == NULL || name.kind == SLUICE_NULL) return UINT32_MAX;
  batch->topics = topics;
  topics[batch->topic_count].data = (const char*)name.as.bytes;
  topics[batch->topic_count].size = topic.size;
  return batch->topic_count++;
}

/* A new record at the end of the batch, empty but for its topic; NULL: no memory. The pointer holds until the next
 * call. */
static inline sluice_record* sluice_batch_add(sluice_batch* batch, sluice_str topic) {
  uint32_t index = sluice_batch_topic(batch, topic);
  sluice_record* records =
      (sluice_record*)sluice_grow_(batch, batch->records, batch->record_count, 64, sizeof *records);
  sluice_record* record;
  if (index == UINT32_MAX || records == NULL) return NULL;
  batch->records = records;
  batch->record_stride = sizeof *records;
  record = &records[batch->record_count++];
  memset(record, 0, sizeof *record);
  record->topic = index;
  record->partition = SLUICE_NO_PARTITION;
  record->timestamp_ms = SLUICE_NO_TIMESTAMP;
  record->key_schema = record->value_schema = SLUICE_NO_SCHEMA;
  record->source_partition = UINT32_MAX;
  return record;
}

/* A map of one pair in the batch, {key: value}; kind SLUICE_NULL: no memory. */
static inline sluice_value sluice_map1(sluice_batch* batch, const char* key, sluice_value value) {
  sluice_value* pair = (sluice_value*)sluice_alloc(batch, 2 * sizeof *pair, 16);
  sluice_value map = sluice_null();
  if (pair == NULL) return map;
  pair[0] = sluice_string_copy(batch, sluice_str_of(key));
  pair[1] = value;
  if (pair[0].kind == SLUICE_NULL) return map;
  map.kind = SLUICE_MAP;
  map.size = 1;
  map.as.items = pair;
  return map;
}

/* Says where a record comes from: source partition {"partition": name}, and the offset {key: number} to resume after
 * it. The C++ SDK writes named partitions the same way. */
static inline sluice_status sluice_record_source(sluice_batch* batch, sluice_record* record, const char* name,
                                                 const char* key, int64_t number) {
  uint32_t i;
  for (i = batch->source_partition_count; i-- > 0;) {
    sluice_value known = batch->source_partitions[i].as.items[1];
    if (known.size == strlen(name) && memcmp(known.as.bytes, name, known.size) == 0) break;
  }
  if (i == UINT32_MAX) {
    sluice_value* partitions = (sluice_value*)sluice_grow_(batch, batch->source_partitions,
                                                           batch->source_partition_count, 8, sizeof *partitions);
    sluice_value text = sluice_string_copy(batch, sluice_str_of(name));
    sluice_value map = text.kind == SLUICE_NULL ? text : sluice_map1(batch, "partition", text);
    if (partitions == NULL || map.kind == SLUICE_NULL) return SLUICE_NO_MEMORY;
    i = batch->source_partition_count;
    partitions[i] = map;
    batch->source_partitions = partitions;
    batch->source_partition_count = i + 1;
  }
  record->source_partition = i;
  record->source_offset = sluice_map1(batch, key, sluice_i64(number));
  return record->source_offset.kind == SLUICE_NULL ? SLUICE_NO_MEMORY : SLUICE_OK;
}

/* The number stored as {key: number} for the source partition {"partition": name}, or `fallback`. */
static inline int64_t sluice_stored_i64(const sluice_offset_reader* reader, void* ctx, const char* name,
                                        const char* key, int64_t fallback) {
  sluice_value pair[2];
  sluice_value partition = sluice_null();
  sluice_value offset = sluice_null();
  sluice_error err;
  if (reader == NULL) return fallback;
  memset(&err, 0, sizeof err);
  err.struct_size = sizeof err;
  pair[0] = sluice_string(SLUICE_STR("partition"));
  pair[1] = sluice_string(sluice_str_of(name));
  partition.kind = SLUICE_MAP;
  partition.size = 1;
  partition.as.items = pair;
  if (reader->read(ctx, &partition, 1, &offset, &err) != SLUICE_OK || offset.kind != SLUICE_MAP) return fallback;
  for (uint32_t i = 0; i < offset.size; ++i) {
    sluice_value known = offset.as.items[2 * i];
    sluice_value value = offset.as.items[2 * i + 1];
    if (known.kind == SLUICE_STRING && known.size == strlen(key) && memcmp(known.as.bytes, key, known.size) == 0 &&
        value.kind >= SLUICE_INT8 && value.kind <= SLUICE_INT64)
      return value.as.i64;
  }
  return fallback;
}

/* ---- tasks without a connector of their own
 * ----------------------------------------------------------------------------- */

static inline sluice_status sluice_start_noop(void* self, const sluice_kv* config, uint32_t count, sluice_error* err) {
  (void)self, (void)config, (void)count, (void)err;
  return SLUICE_OK;
}
static inline void sluice_stop_noop(void* self) {
  (void)self;
}

typedef struct sluice_kept_config_ {
  sluice_kv* entries;
  uint32_t count;
} sluice_kept_config_;

static inline void sluice_forget_config_(sluice_kept_config_* kept) {
  for (uint32_t i = 0; i < kept->count; ++i) {
    free((char*)(uintptr_t)kept->entries[i].key.data);
    free((char*)(uintptr_t)kept->entries[i].value.data);
  }
  free(kept->entries);
  kept->entries = NULL;
  kept->count = 0;
}
static inline sluice_status sluice_simple_create_(const sluice_host* host, void* ctx, void** self, sluice_error* err) {
  (void)host, (void)ctx;
  *self = calloc(1, sizeof(sluice_kept_config_));
  return *self != NULL ? SLUICE_OK : sluice_fail(err, SLUICE_NO_MEMORY, "out of memory");
}
static inline void sluice_simple_destroy_(void* self) {
  sluice_forget_config_((sluice_kept_config_*)self);
  free(self);
}
static inline sluice_str sluice_str_keep_(sluice_str text) {
  sluice_str kept = {NULL, text.size};
  char* copy = (char*)malloc((size_t)text.size + 1);
  if (copy != NULL && text.size > 0) memcpy(copy, text.data, (size_t)text.size);
  kept.data = copy;
  return kept;
}
static inline sluice_status sluice_simple_start_(void* self, const sluice_kv* config, uint32_t count,
                                                 sluice_error* err) {
  sluice_kept_config_* kept = (sluice_kept_config_*)self;
  kept->entries = (sluice_kv*)calloc(count + 1u, sizeof *kept->entries);
  if (kept->entries == NULL) return sluice_fail(err, SLUICE_NO_MEMORY, "out of memory");
  for (uint32_t i = 0; i < count; ++i) {
    sluice_kv* entry = &kept->entries[kept->count++];
    entry->key = sluice_str_keep_(config[i].key);
    entry->value = sluice_str_keep_(config[i].value);
    if (entry->key.data == NULL || entry->value.data == NULL) {
      sluice_forget_config_(kept);
      return sluice_fail(err, SLUICE_NO_MEMORY, "out of memory");
    }
  }
  return SLUICE_OK;
}
static inline void sluice_simple_stop_(void* self) {
  sluice_forget_config_((sluice_kept_config_*)self);
}
static inline sluice_status sluice_one_task_(void* self, uint32_t tasks_max, sluice_emit_config emit, void* ectx,
                                             sluice_error* err) {
  sluice_kept_config_* kept = (sluice_kept_config_*)self;
  (void)tasks_max, (void)err;
  emit(ectx, kept->entries, kept->count);
  return SLUICE_OK;
}
static inline sluice_status sluice_all_tasks_(void* self, uint32_t tasks_max, sluice_emit_config emit, void* ectx,
                                              sluice_error* err) {
  sluice_kept_config_* kept = (sluice_kept_config_*)self;
  (void)err;
  for (uint32_t i = 0; i < tasks_max; ++i) emit(ectx, kept->entries, kept->count);
  return SLUICE_OK;
}

#define SLUICE_CONNECTOR_(configs, task)                                            \
  (&(const sluice_connector_vtable){.struct_size = sizeof(sluice_connector_vtable), \
                                    .create = sluice_simple_create_,                \
                                    .destroy = sluice_simple_destroy_,              \
                                    .start = sluice_simple_start_,                  \
                                    .stop = sluice_simple_stop_,                    \
                                    .task_configs = configs,                        \
                                    .task_vtable = task})
#define SLUICE_COMPONENT_(the_kind, the_name, the_vtable, keys, key_count)   \
  (&(const sluice_component){.struct_size = sizeof(sluice_component),        \
                             .kind = the_kind,                               \
                             .name = SLUICE_STR_INIT(the_name),              \
                             .config_keys = keys,                            \
                             .config_key_count = key_count,                  \
                             .config_key_stride = sizeof(sluice_config_key), \
                             .vtable = the_vtable})

/* ---- components: arguments of SLUICE_C_PLUGIN. `keys` is an array of sluice_config_key in static storage
 * ------------------ */

#define SLUICE_KEYS_COUNT_(keys) (uint32_t)(sizeof(keys) / sizeof((keys)[0]))
/* A source with one task, which gets the connector's configuration. */
#define sluice_simple_source(name, task) \
  SLUICE_COMPONENT_(SLUICE_KIND_SOURCE, name, SLUICE_CONNECTOR_(sluice_one_task_, task), NULL, 0)
#define sluice_simple_source_with(name, task, keys) \
  SLUICE_COMPONENT_(SLUICE_KIND_SOURCE, name, SLUICE_CONNECTOR_(sluice_one_task_, task), keys, SLUICE_KEYS_COUNT_(keys))
/* A sink with tasks.max tasks, which all get the connector's configuration. */
#define sluice_simple_sink(name, task) \
  SLUICE_COMPONENT_(SLUICE_KIND_SINK, name, SLUICE_CONNECTOR_(sluice_all_tasks_, task), NULL, 0)
#define sluice_simple_sink_with(name, task, keys) \
  SLUICE_COMPONENT_(SLUICE_KIND_SINK, name, SLUICE_CONNECTOR_(sluice_all_tasks_, task), keys, SLUICE_KEYS_COUNT_(keys))
#define sluice_transform_component(name, table) SLUICE_COMPONENT_(SLUICE_KIND_TRANSFORM, name, table, NULL, 0)
#define sluice_transform_component_with(name, table, keys) \
  SLUICE_COMPONENT_(SLUICE_KIND_TRANSFORM, name, table, keys, SLUICE_KEYS_COUNT_(keys))

/* The entry of a plugin; once in one source file. `required`: ids of extensions without which it cannot run, ending
 * with NULL, or NULL itself. */
#define SLUICE_C_PLUGIN_REQUIRING(plugin_name, plugin_version, required, ...)       \
  SLUICE_ABI_NOTE                                                                   \
  static const sluice_component* const sluice_components_[] = {__VA_ARGS__};        \
  static const sluice_plugin sluice_plugin_ = {                                     \
      .struct_size = sizeof(sluice_plugin),                                         \
      .abi_major = SLUICE_ABI_MAJOR,                                                \
      .abi_minor = SLUICE_ABI_MINOR,                                                \
      .name = SLUICE_STR_INIT(plugin_name),                                         \
      .version = SLUICE_STR_INIT(plugin_version),                                   \
      .required_extensions = required,                                              \
      .components = sluice_components_,                                             \
      .component_count = sizeof sluice_components_ / sizeof sluice_components_[0]}; \
  SLUICE_EXPORT const sluice_plugin* sluice_plugin_entry_v1(void) {                 \
    return &sluice_plugin_;                                                         \
  }                                                                                 \
  _Static_assert(1, "a semicolon may follow")
#define SLUICE_C_PLUGIN(plugin_name, plugin_version, ...) \
  SLUICE_C_PLUGIN_REQUIRING(plugin_name, plugin_version, NULL, __VA_ARGS__)

#endif /* SLUICE_ABI_UTIL_H_ */
