/* The boundary between a Sluice worker and a plugin: C11, only <stddef.h> and <stdint.h>. docs/abi.md holds the rules.
 *
 * A plugin is one shared library that exports one function, sluice_plugin_entry_v1, which returns static data: what the
 * library is, which components it has, and for each component a table of functions. The worker hands each instance a
 * context and a host table, from which the instance fetches the services it needs by id.
 *
 * Conventions
 *  - Structs that may grow begin with struct_size; new members are only ever appended. A reader uses
 *    min(writer's size, its own size) and takes the rest as zero. Arrays of such structs carry a stride.
 *  - `const T *` borrows for the duration of the call. A struct with `release` is transferred: its consumer releases it
 * once.
 *  - Text is sluice_str: UTF-8 (a lone UTF-16 surrogate is kept as its three WTF-8 bytes), not NUL-terminated. data ==
 * NULL means absent, size == 0 empty.
 *  - Every call that can fail returns a sluice_status and may fill the caller's sluice_error.
 *  - Nothing unwinds (C++ exception, panic, longjmp) across the boundary.
 *  - Thread tags: [scan] before any instance exists; [control] the connector's own thread; [task] the task's own
 * thread, from create to destroy; [any] any thread, must not block.
 *
 * Version 0.x: until the freeze a worker loads only plugins of its own major and minor.
 */
#ifndef SLUICE_ABI_H_
#define SLUICE_ABI_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_ABI_MAJOR 0
#define SLUICE_ABI_MINOR 1

#if defined(__GNUC__)
#define SLUICE_EXPORT __attribute__((visibility("default")))
#else
#define SLUICE_EXPORT
#endif

/* ---- status and errors
 * ------------------------------------------------------------------------------------------------- */

typedef int32_t sluice_status; /* the code names the reaction it asks for */
#define SLUICE_OK 0
#define SLUICE_RETRY 1          /* transient: call again later (Connect's RetriableException) */
#define SLUICE_BAD_RECORD 2     /* this record only: errors.tolerance decides */
#define SLUICE_INVALID_CONFIG 3 /* the user must change a value; the message names key, value and fix */
#define SLUICE_STOPPING 4       /* request_stop was seen: unwind quietly */
#define SLUICE_UNSUPPORTED 5    /* this component cannot do that */
#define SLUICE_NO_MEMORY 6
#define SLUICE_FATAL 7 /* the task or connector fails (Connect's ConnectException) */
#define SLUICE_BUG 8   /* a contract was broken, or an exception reached a thunk */

typedef struct sluice_str {
  const char* data;
  uint64_t size;
} sluice_str;

typedef struct sluice_kv {
  sluice_str key, value;
} sluice_kv;

#define SLUICE_ERROR_MESSAGE_MAX 1008
typedef struct sluice_error { /* 1024 bytes, owned by the caller, never allocated by the callee */
  uint32_t struct_size;
  int32_t status;
  uint32_t retry_after_ms; /* with SLUICE_RETRY: 0 lets the host choose */
  uint32_t message_size;
  char message[SLUICE_ERROR_MESSAGE_MAX];
} sluice_error;

/* ---- data
 * -------------------------------------------------------------------------------------------------------------- */

/* Kinds of values. 1 to 12 are also the types of schemas, in Connect's order. */
#define SLUICE_NULL 0
#define SLUICE_INT8 1
#define SLUICE_INT16 2
#define SLUICE_INT32 3
#define SLUICE_INT64 4
#define SLUICE_FLOAT32 5
#define SLUICE_FLOAT64 6
#define SLUICE_BOOLEAN 7
#define SLUICE_STRING 8
#define SLUICE_BYTES 9
#define SLUICE_ARRAY 10
#define SLUICE_MAP 11
#define SLUICE_STRUCT 12
#define SLUICE_DECIMAL 13 /* a BigDecimal: the value of logical type org.apache.kafka.connect.data.Decimal */
#define SLUICE_INSTANT \
  14 /* a java.util.Date: the value of logical types Date, Time and Timestamp, in ms since the epoch */

#define SLUICE_VALUE_BUFFER 1  /* BYTES that Java would hold in a ByteBuffer; equal to plain bytes */
#define SLUICE_VALUE_INTEGER 2 /* DECIMAL of scale 0 that Java would hold in a BigInteger */

struct sluice_value;
struct sluice_struct;
struct sluice_decimal;
struct sluice_schema;

typedef struct sluice_value { /* 16 bytes; the payload is immutable once published */
  uint8_t kind;               /* SLUICE_NULL .. SLUICE_INSTANT */
  uint8_t flags;
  uint16_t reserved; /* 0 */
  uint32_t size; /* STRING, BYTES: bytes. ARRAY: elements. MAP: pairs. STRUCT: fields. DECIMAL: bytes of the unscaled
                    value */
  union {
    int64_t i64;                        /* INT8..INT64 (sign-extended), BOOLEAN (0 or 1), INSTANT (ms) */
    double f64;                         /* FLOAT64 */
    float f32;                          /* FLOAT32 */
    const uint8_t* bytes;               /* STRING, BYTES */
    const struct sluice_value* items;   /* ARRAY: size values. MAP: key, value, key, value, ... */
    const struct sluice_struct* record; /* STRUCT */
    const struct sluice_decimal* decimal;
  } as;
} sluice_value;

typedef struct sluice_struct { /* a Connect Struct: it knows its own schema */
  const struct sluice_schema* schema;
  uint64_t reserved;     /* 0 */
  sluice_value fields[]; /* in schema order; SLUICE_NULL where nothing was set, also if the field has a default */
} sluice_struct;

typedef struct sluice_decimal {
  int32_t scale;
  uint32_t size;      /* bytes of the unscaled value, at least 1 */
  uint8_t unscaled[]; /* two's complement, big-endian, shortest form */
} sluice_decimal;

typedef struct sluice_field {
  sluice_str name;
  const struct sluice_schema* schema;
} sluice_field;

#define SLUICE_SCHEMA_OPTIONAL 1u
#define SLUICE_SCHEMA_HAS_VERSION 2u
#define SLUICE_SCHEMA_HAS_PARAMETERS 4u /* {} is not the same as none */
#define SLUICE_SCHEMA_HAS_DEFAULT 8u

/* An interned, immutable schema: equal schemas of one task are one pointer. A plugin describes one in a struct of its
 * own, with children that are already interned, and gets the handle from sluice.schema/1. */
typedef struct sluice_schema {
  uint32_t struct_size;
  uint8_t type; /* SLUICE_INT8 .. SLUICE_STRUCT */
  uint8_t reserved8;
  uint16_t flags;
  int32_t version; /* with HAS_VERSION */
  uint32_t field_count;
  uint32_t parameter_count;
  uint32_t id;          /* set by the host: dense per task, for side tables indexed by schema */
  sluice_str name, doc; /* data == NULL: none */
  const sluice_kv* parameters;
  const sluice_field* fields;               /* STRUCT */
  const struct sluice_schema* key_schema;   /* MAP; NULL where the type is unknown (header parser) */
  const struct sluice_schema* value_schema; /* MAP and ARRAY */
  const sluice_value* default_value;        /* with HAS_DEFAULT */
  const void* host_data;                    /* the host's own; zero in a description */
} sluice_schema;

typedef struct sluice_header {
  sluice_str key;
  const sluice_schema* schema; /* NULL: schemaless */
  sluice_value value;
} sluice_header;

#define SLUICE_NO_SCHEMA UINT32_MAX
#define SLUICE_NO_PARTITION (-1)
#define SLUICE_NO_TIMESTAMP INT64_MIN

#define SLUICE_RECORD_DROP 1u      /* a transform filtered it: not produced, not put */
#define SLUICE_RECORD_FAILED 2u    /* marked by sluice.record_error/1 */
#define SLUICE_RECORD_TS_CREATE 4u /* sinks: timestamp type CreateTime */
#define SLUICE_RECORD_TS_APPEND 8u /* sinks: timestamp type LogAppendTime */

typedef struct sluice_record {       /* 112 bytes on LP64; iterate with batch->record_stride */
  uint32_t topic;                    /* index into batch->topics */
  int32_t partition;                 /* SLUICE_NO_PARTITION: the partitioner decides */
  int64_t timestamp_ms;              /* SLUICE_NO_TIMESTAMP: none */
  uint32_t key_schema, value_schema; /* index into batch->schemas, or SLUICE_NO_SCHEMA */
  sluice_value key, value;
  const sluice_header* headers;
  uint32_t header_count, flags;
  uint64_t cookie;            /* the producer's own, given back in acks */
  int64_t kafka_offset;       /* sinks: offset of the message */
  uint32_t source_partition;  /* sources: index into batch->source_partitions */
  uint32_t origin;            /* the host's own: index of the record in the batch as it was polled or consumed */
  sluice_value source_offset; /* sources: MAP with STRING keys, or NULL for none */
} sluice_record;

typedef struct sluice_arena { /* memory of one batch, recycled between polls: no malloc in the steady state */
  uint32_t struct_size, reserved;
  void* (*alloc)(struct sluice_arena* arena, uint64_t size, uint32_t align); /* NULL: the task's byte budget is spent */
  void* host_data;
  uint8_t *cursor,
      *limit; /* the free part of the current block: an allocation that fits may be taken from here directly */
} sluice_arena;

typedef struct sluice_batch {
  uint32_t struct_size, record_stride, record_count, flags;
  sluice_record* records;
  const sluice_str* topics;
  const sluice_schema* const* schemas;
  const sluice_value* source_partitions; /* MAP with STRING keys each */
  uint32_t topic_count, schema_count, source_partition_count, reserved;
  sluice_arena* arena; /* set by the host before poll; only the current owner of the batch allocates */
  void (*release)(struct sluice_batch* batch); /* [any] NULL: nothing beyond the arena to give back */
  void* owner_data;
} sluice_batch;

typedef struct sluice_topic_partition {
  sluice_str topic;
  int32_t partition;
  int32_t reserved;
} sluice_topic_partition;

typedef struct sluice_topic_offset {
  sluice_str topic;
  int32_t partition;
  int32_t flags; /* pre_commit: SLUICE_OFFSET_SKIP set by the task leaves this partition uncommitted */
  int64_t offset;
} sluice_topic_offset;
#define SLUICE_OFFSET_SKIP 1

typedef struct sluice_ack { /* one record that will not be sent again */
  uint64_t cookie;
  sluice_str topic;
  int32_t partition; /* -1: the record was filtered or skipped and never reached Kafka */
  uint32_t record;   /* index in the batch as polled */
  int64_t offset;
  int64_t timestamp_ms;
} sluice_ack;

typedef struct sluice_offset_entry { /* alter_offsets */
  sluice_value partition;            /* sources: MAP or NULL. sinks: MAP with kafka_topic, kafka_partition */
  sluice_value offset;               /* MAP, INT64 (sinks), or NULL for "forget" */
} sluice_offset_entry;

/* ---- configuration
 * ----------------------------------------------------------------------------------------------------- */

#define SLUICE_TYPE_BOOLEAN 1
#define SLUICE_TYPE_STRING 2
#define SLUICE_TYPE_INT 3
#define SLUICE_TYPE_SHORT 4
#define SLUICE_TYPE_LONG 5
#define SLUICE_TYPE_DOUBLE 6
#define SLUICE_TYPE_LIST 7
#define SLUICE_TYPE_CLASS 8
#define SLUICE_TYPE_PASSWORD 9

#define SLUICE_IMPORTANCE_HIGH 1
#define SLUICE_IMPORTANCE_MEDIUM 2
#define SLUICE_IMPORTANCE_LOW 3

#define SLUICE_WIDTH_NONE 0
#define SLUICE_WIDTH_SHORT 1
#define SLUICE_WIDTH_MEDIUM 2
#define SLUICE_WIDTH_LONG 3

#define SLUICE_KEY_REQUIRED 1u /* no default; default_value is ignored */
#define SLUICE_KEY_INTERNAL 2u /* not shown to users */

#define SLUICE_VALIDATOR_NONE 0
#define SLUICE_VALIDATOR_RANGE 1          /* number_min .. number_max */
#define SLUICE_VALIDATOR_AT_LEAST 2       /* number_min */
#define SLUICE_VALIDATOR_ONE_OF 3         /* items; case-sensitive */
#define SLUICE_VALIDATOR_ONE_OF_NOCASE 4  /* items; case-insensitive */
#define SLUICE_VALIDATOR_NON_EMPTY 5      /* text that is not empty */
#define SLUICE_VALIDATOR_REGEX 6          /* items[0]: the whole value must match */
#define SLUICE_VALIDATOR_VALID_REGEX 7    /* the value must itself be a regular expression */
#define SLUICE_VALIDATOR_NON_EMPTY_LIST 8 /* a list with at least one item */

typedef struct sluice_config_key {
  uint32_t struct_size;
  int32_t type, importance, width, order_in_group;
  uint32_t flags;
  sluice_str name, doc, default_value, group, display_name; /* absent default_value without REQUIRED: null */
  int32_t validator;
  uint32_t item_count;
  double number_min, number_max;
  const sluice_str* items;
  const sluice_str* dependents;
  uint32_t dependent_count, reserved;
} sluice_config_key;

/* ---- host
 * -------------------------------------------------------------------------------------------------------------- */

typedef struct sluice_host {
  uint32_t struct_size, abi_major, abi_minor, reserved;
  sluice_str name, version;
  const void* (*get_extension)(const struct sluice_host* host, const char* id); /* [any] NULL: not served */
} sluice_host;

#define SLUICE_LOG_TRACE 0
#define SLUICE_LOG_DEBUG 1
#define SLUICE_LOG_INFO 2
#define SLUICE_LOG_WARN 3
#define SLUICE_LOG_ERROR 4

#define SLUICE_EXT_LOG "sluice.log/1"
typedef struct sluice_log {
  uint32_t struct_size, reserved;
  int32_t (*enabled)(void* ctx, int32_t level); /* [any] */
  void (*write)(void* ctx, int32_t level, sluice_str message, const sluice_kv* fields,
                uint32_t field_count); /* [any] */
} sluice_log;

#define SLUICE_EXT_METRICS "sluice.metrics/1"
typedef struct sluice_metrics { /* define_* during start; ids are then valid until destroy; 0 is never an id */
  uint32_t struct_size, reserved;
  uint32_t (*define_counter)(void* ctx, sluice_str name, sluice_str unit, sluice_str help);   /* [task] [control] */
  uint32_t (*define_gauge)(void* ctx, sluice_str name, sluice_str unit, sluice_str help);     /* [task] [control] */
  uint32_t (*define_histogram)(void* ctx, sluice_str name, sluice_str unit, sluice_str help); /* [task] [control] */
  void (*add)(void* ctx, uint32_t id, double value);                                          /* [any] */
  void (*set)(void* ctx, uint32_t id, double value);                                          /* [any] */
  void (*observe)(void* ctx, uint32_t id, double value);                                      /* [any] */
} sluice_metrics;

#define SLUICE_EXT_SCHEMA "sluice.schema/1"
typedef struct sluice_schema_host {
  uint32_t struct_size, reserved;
  /* Copies `description` and returns the one handle of all equal schemas, valid until destroy. NULL with err filled:
   * the description is not a schema, or the task's limit of schemas is reached. [task] */
  const sluice_schema* (*intern)(void* ctx, const sluice_schema* description, sluice_error* err);
} sluice_schema_host;

#define SLUICE_EXT_TEXT "sluice.text/1"
typedef struct sluice_text {
  uint32_t struct_size, reserved;
  /* The value as Java's toString prints it ("Struct{id=1,name=x}", "{k=v}", "[1, 2]"), in `arena` or a view of the
   * value. data == NULL: no memory. [task] */
  sluice_str (*to_string)(void* ctx, const sluice_value* value, sluice_arena* arena);
} sluice_text;

#define SLUICE_EXT_OFFSET_READER "sluice.offset_reader/1"
typedef struct sluice_offset_reader {
  uint32_t struct_size, reserved;
  /* offsets[i] becomes the stored offset (a MAP) of partitions[i], or SLUICE_NULL. Values live until the next read by
   * this instance, or its destroy. [task] [control] */
  sluice_status (*read)(void* ctx, const sluice_value* partitions, uint32_t count, sluice_value* offsets,
                        sluice_error* err);
} sluice_offset_reader;

#define SLUICE_EXT_CONNECTOR_CONTEXT "sluice.connector_context/1"
typedef struct sluice_connector_context {
  uint32_t struct_size, reserved;
  void (*request_task_reconfiguration)(void* ctx);         /* [any] */
  void (*raise_error)(void* ctx, const sluice_error* err); /* [any] the connector becomes FAILED */
} sluice_connector_context;

#define SLUICE_EXT_SINK_CONTEXT "sluice.sink_context/1"
typedef struct sluice_sink_context { /* all [task] */
  uint32_t struct_size, reserved;
  uint32_t (*assignment)(void* ctx, const sluice_topic_partition** out); /* valid until the next open or close */
  sluice_status (*pause)(void* ctx, const sluice_topic_partition* partitions, uint32_t count, sluice_error* err);
  sluice_status (*resume)(void* ctx, const sluice_topic_partition* partitions, uint32_t count, sluice_error* err);
  sluice_status (*rewind)(void* ctx, const sluice_topic_offset* offsets, uint32_t count, sluice_error* err);
  void (*set_timeout)(void* ctx, int64_t timeout_ms); /* one-shot: the longest wait before the next put; -1: none */
  void (*request_commit)(void* ctx);
} sluice_sink_context;

#define SLUICE_EXT_ERRANT "sluice.errant/1"
typedef struct sluice_errant { /* Connect's ErrantRecordReporter; not served when the connector has no dead-letter queue
                                  and does not log errors either */
  uint32_t struct_size, reserved;
  /* The record is copied before return. *ticket is 0 when nothing is to be awaited. A status other than OK: tolerance
   * exceeded. [task] */
  sluice_status (*report)(void* ctx, const sluice_batch* batch, uint32_t index, const sluice_error* cause,
                          uint64_t* ticket, sluice_error* err);
  sluice_status (*await)(void* ctx, uint64_t ticket, int64_t timeout_ms, sluice_error* err); /* [task] */
} sluice_errant;

#define SLUICE_EXT_RECORD_ERROR "sluice.record_error/1"
typedef struct sluice_record_error { /* transforms and converters: this record failed, the rest of the batch goes on */
  uint32_t struct_size, reserved;
  void (*fail)(void* ctx, sluice_batch* batch, uint32_t index,
               const sluice_error* cause); /* [task] sets RECORD_FAILED */
} sluice_record_error;

#define SLUICE_EXT_TRANSACTION "sluice.transaction/1"
#define SLUICE_TRANSACTION_ALL UINT32_MAX
typedef struct sluice_transaction { /* exactly-once sources with transaction.boundary=connector; otherwise not served */
  uint32_t struct_size, reserved;
  void (*commit)(void* ctx,
                 uint32_t record); /* [task] after the record of that index in the batch being polled, or ALL */
  void (*abort)(void* ctx, uint32_t record); /* [task] */
} sluice_transaction;

#define SLUICE_EXT_STOP "sluice.stop/1"
typedef struct sluice_stop {
  uint32_t struct_size, reserved;
  int32_t (*is_stopping)(void* ctx); /* [any] */
  int32_t (*stop_fd)(void* ctx);     /* [any] readable once request_stop was called; never read from it */
  int32_t (*sleep_ms)(void* ctx, int64_t timeout_ms); /* [task] [control] nonzero: stopping */
} sluice_stop;

#define SLUICE_EXT_THREAD_CHECK "sluice.thread_check/1"
typedef struct sluice_thread_check {
  uint32_t struct_size, reserved;
  int32_t (*is_task_thread)(void* ctx);    /* [any] */
  int32_t (*is_control_thread)(void* ctx); /* [any] */
} sluice_thread_check;

/* ---- tables that plugins implement
 * ------------------------------------------------------------------------------------- */

/* Lifecycle: create -> start -> (poll | put | ...)* -> stop -> destroy. A failed start is followed by destroy only.
 * stop is called once for each successful start. After request_stop at most one further poll or put begins. */

typedef struct sluice_source_task_vtable {
  uint32_t struct_size, reserved;
  sluice_status (*create)(const sluice_host* host, void* ctx, void** self, sluice_error* err);    /* [task] */
  void (*destroy)(void* self);                                                                    /* [task] */
  sluice_status (*start)(void* self, const sluice_kv* config, uint32_t count, sluice_error* err); /* [task] */
  /* Fills `out` (its arena is set, everything else empty). OK with no records: nothing now. Blocks for about a second
   * at most, and returns promptly after request_stop. After OK the batch is the host's. RETRY: the host backs off and
   * polls again. */
  sluice_status (*poll)(void* self, sluice_batch* out, sluice_error* err); /* [task] */
  void (*delivered)(void* self, const sluice_ack* acks, uint32_t count);   /* [task] optional */
  sluice_status (*commit)(void* self, sluice_error* err);                  /* [task] optional: offsets are stored */
  void (*request_stop)(void* self);                                        /* [any] optional */
  void (*stop)(void* self);                                                /* [task] */
} sluice_source_task_vtable;

typedef struct sluice_sink_task_vtable {
  uint32_t struct_size, reserved;
  sluice_status (*create)(const sluice_host* host, void* ctx, void** self, sluice_error* err);    /* [task] */
  void (*destroy)(void* self);                                                                    /* [task] */
  sluice_status (*start)(void* self, const sluice_kv* config, uint32_t count, sluice_error* err); /* [task] */
  sluice_status (*open)(void* self, const sluice_topic_partition* partitions, uint32_t count,
                        sluice_error* err); /* [task] optional */
  /* Records with RECORD_DROP set are to be skipped. OK with `release` still set: the host releases. OK with `release`
   * moved out and nulled: the sink owns the batch and releases it later, on any thread. RETRY: the host backs off and
   * puts the same records again. The batch may be empty. */
  sluice_status (*put)(void* self, sluice_batch* in, sluice_error* err); /* [task] */
  /* In: the offsets consumed so far. Out: what may be committed. Absent: put is durable when it returns. */
  sluice_status (*pre_commit)(void* self, sluice_topic_offset* offsets, uint32_t count,
                              sluice_error* err); /* [task] optional */
  sluice_status (*close)(void* self, const sluice_topic_partition* partitions, uint32_t count,
                         sluice_error* err); /* [task] optional */
  void (*request_stop)(void* self);          /* [any] optional */
  void (*stop)(void* self);                  /* [task] */
} sluice_sink_task_vtable;

#define SLUICE_CAPABILITY_EXACTLY_ONCE_SUPPORTED 1u
#define SLUICE_CAPABILITY_EXACTLY_ONCE_UNSUPPORTED 2u
#define SLUICE_CAPABILITY_TRANSACTION_BOUNDARIES 4u
#define SLUICE_CAPABILITY_ALTER_OFFSETS 8u /* alter_offsets is meaningful for this configuration */

typedef void (*sluice_emit_config)(void* ectx, const sluice_kv* config, uint32_t count);
typedef void (*sluice_emit_text)(void* ectx, sluice_str text);
/* An issue with a key of the configuration: `message` in full, as it is to be shown. */
typedef void (*sluice_emit_issue)(void* ictx, sluice_str key, sluice_str message);

typedef struct sluice_connector_vtable { /* kinds SOURCE and SINK */
  uint32_t struct_size, reserved;
  sluice_status (*create)(const sluice_host* host, void* ctx, void** self, sluice_error* err);    /* [control] */
  void (*destroy)(void* self);                                                                    /* [control] */
  sluice_status (*start)(void* self, const sluice_kv* config, uint32_t count, sluice_error* err); /* [control] */
  void (*stop)(void* self);                                                                       /* [control] */
  sluice_status (*task_configs)(void* self, uint32_t tasks_max, sluice_emit_config emit, void* ectx,
                                sluice_error* err); /* [control] */
  /* The rest is optional, and may be called on an instance that was never started. */
  sluice_status (*validate)(void* self, const sluice_kv* config, uint32_t count, sluice_emit_issue issue, void* ictx,
                            sluice_error* err);
  sluice_status (*recommend)(void* self, sluice_str key, const sluice_kv* config, uint32_t count, sluice_emit_text emit,
                             void* ectx, sluice_error* err);
  uint64_t (*capabilities)(void* self, const sluice_kv* config, uint32_t count);
  /* OK: accepted. UNSUPPORTED: the connector does not support it. The host's own stored offsets change after OK.
   * *handled is set nonzero if the connector has altered offsets that it manages itself (Connect's alterOffsets
   * returning true). */
  sluice_status (*alter_offsets)(void* self, const sluice_kv* config, uint32_t count,
                                 const sluice_offset_entry* offsets, uint32_t offset_count, int32_t* handled,
                                 sluice_error* err);
  const void* task_vtable; /* sluice_source_task_vtable or sluice_sink_task_vtable */
} sluice_connector_vtable;

typedef struct sluice_transform_vtable { /* kind TRANSFORM; all [task] */
  uint32_t struct_size, reserved;
  sluice_status (*create)(const sluice_host* host, void* ctx, const sluice_kv* config, uint32_t count, void** self,
                          sluice_error* err);
  void (*destroy)(void* self);
  /* Edits, drops (RECORD_DROP) or fails (sluice.record_error/1) records of the whole batch. Records that are DROP or
   * FAILED already are to be left alone. Payload bytes are never edited: new bytes come from the arena. */
  sluice_status (*apply)(void* self, sluice_batch* batch, sluice_error* err);
} sluice_transform_vtable;

typedef struct sluice_predicate_vtable { /* kind PREDICATE; all [task] */
  uint32_t struct_size, reserved;
  sluice_status (*create)(const sluice_host* host, void* ctx, const sluice_kv* config, uint32_t count, void** self,
                          sluice_error* err);
  void (*destroy)(void* self);
  sluice_status (*test)(void* self, const sluice_batch* batch, uint64_t* bitmap,
                        sluice_error* err); /* bit i: record i; cleared by the host */
} sluice_predicate_vtable;

#define SLUICE_SIDE_KEY 1
#define SLUICE_SIDE_VALUE 2
typedef struct sluice_converter_vtable { /* kinds CONVERTER and HEADER_CONVERTER; all [task] */
  uint32_t struct_size, reserved;
  sluice_status (*create)(const sluice_host* host, void* ctx, const sluice_kv* config, uint32_t count, int32_t is_key,
                          void** self, sluice_error* err);
  void (*destroy)(void* self);
  /* One value. Results live in `arena`, or are views of the input. A null result has data == NULL, kind == SLUICE_NULL.
   */
  sluice_status (*from_connect)(void* self, sluice_str topic, sluice_str header, const sluice_schema* schema,
                                const sluice_value* value, sluice_arena* arena, sluice_str* bytes, sluice_error* err);
  sluice_status (*to_connect)(void* self, sluice_str topic, sluice_str header, sluice_str bytes, sluice_arena* arena,
                              const sluice_schema** schema, sluice_value* value, sluice_error* err);
} sluice_converter_vtable;

typedef void (*sluice_emit_secret)(void* ectx, sluice_str key, sluice_str value);
typedef struct sluice_config_provider_vtable { /* kind CONFIG_PROVIDER; all [control] */
  uint32_t struct_size, reserved;
  sluice_status (*create)(const sluice_host* host, void* ctx, const sluice_kv* config, uint32_t count, void** self,
                          sluice_error* err);
  void (*destroy)(void* self);
  /* Emits the values of the keys that exist. *ttl_ms: how long they may be used; -1: no limit. */
  sluice_status (*get)(void* self, sluice_str path, const sluice_str* keys, uint32_t count, sluice_emit_secret emit,
                       void* ectx, int64_t* ttl_ms, sluice_error* err);
} sluice_config_provider_vtable;

/* ---- entry and descriptors: static data, readable by the probe without a host
 * ------------------------------------------- */

#define SLUICE_KIND_SOURCE 1
#define SLUICE_KIND_SINK 2
#define SLUICE_KIND_TRANSFORM 3
#define SLUICE_KIND_PREDICATE 4
#define SLUICE_KIND_CONVERTER 5
#define SLUICE_KIND_HEADER_CONVERTER 6
#define SLUICE_KIND_CONFIG_PROVIDER 7

typedef struct sluice_component {
  uint32_t struct_size;
  int32_t kind;
  sluice_str name, version, summary; /* name: [A-Za-z][A-Za-z0-9._$-]*; version absent: the plugin's */
  const sluice_str* aliases; /* for instance the Java class names it answers to; the first Java name is shown by REST */
  uint32_t alias_count, config_key_stride;
  const sluice_config_key* config_keys;
  uint32_t config_key_count, reserved;
  const void* vtable; /* the type follows from kind */
} sluice_component;

typedef struct sluice_plugin {
  uint32_t struct_size, abi_major, abi_minor, flags;
  sluice_str name, version, vendor;
  const char* const* required_extensions; /* NULL-terminated, may be NULL */
  const sluice_component* const* components;
  uint32_t component_count, reserved;
  sluice_status (*init)(const sluice_host* host, sluice_error* err); /* [control] once per process, optional */
  void (*shutdown)(void);                                            /* [control] after the last destroy, optional */
  const void* (*get_extension)(const char* id);                      /* [any] optional */
} sluice_plugin;

#define SLUICE_ENTRY_SYMBOL "sluice_plugin_entry_v1"
typedef const sluice_plugin* (*sluice_plugin_entry)(void);

/* [scan] Pure: no threads, no I/O, no allocation; the same pointer every time. */
SLUICE_EXPORT const sluice_plugin* sluice_plugin_entry_v1(void);

/* The ELF note section .note.sluice: lets a worker refuse a foreign file by its bytes, without loading it. Written by
 * SLUICE_PLUGIN and SLUICE_C_PLUGIN. Owner name "Sluice", type SLUICE_NOTE_TYPE, content {major, minor} as uint32. */
#define SLUICE_NOTE_TYPE 1

/* ---- layout
 * ------------------------------------------------------------------------------------------------------------ */

#ifdef __cplusplus
#define SLUICE_STATIC_ASSERT static_assert
#else
#define SLUICE_STATIC_ASSERT _Static_assert
#endif
SLUICE_STATIC_ASSERT(sizeof(sluice_str) == 16, "layout");
SLUICE_STATIC_ASSERT(sizeof(sluice_value) == 16, "layout");
SLUICE_STATIC_ASSERT(sizeof(sluice_error) == 1024, "layout");
SLUICE_STATIC_ASSERT(sizeof(sluice_struct) == 16, "layout");
SLUICE_STATIC_ASSERT(sizeof(sluice_header) == 40, "layout");
SLUICE_STATIC_ASSERT(sizeof(sluice_record) == 112, "layout");
SLUICE_STATIC_ASSERT(offsetof(sluice_record, key) == 24, "layout");
SLUICE_STATIC_ASSERT(offsetof(sluice_record, headers) == 56, "layout");
SLUICE_STATIC_ASSERT(offsetof(sluice_record, source_offset) == 96, "layout");

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SLUICE_ABI_H_ */
