/* A transform that writes into the text of a record instead of making a new one. */
#include "good_parts.h"
static sluice_status create(const sluice_host* host, void* ctx, const sluice_kv* config, uint32_t count, void** self,
                            sluice_error* err) {
  (void)config, (void)count;
  return good_create(host, ctx, self, err);
}
static sluice_status apply(void* self, sluice_batch* batch, sluice_error* err) {
  (void)self, (void)err;
  for (uint32_t i = 0; i < batch->record_count; ++i)
    if (batch->records[i].value.kind == SLUICE_STRING && batch->records[i].value.size > 0)
      ((uint8_t*)(uintptr_t)batch->records[i].value.as.bytes)[0] = 'X';
  return SLUICE_OK;
}
static const sluice_transform_vtable table = {
    .struct_size = sizeof table, .create = create, .destroy = free, .apply = apply};
SLUICE_C_PLUGIN("edits-payload", "1.0.0", sluice_transform_component("EditsPayload", &table));
