/* A description that ends in the middle of its struct. */
#include <sluice/abi_note.h>
SLUICE_ABI_NOTE
static const sluice_plugin plugin = {.struct_size = 20, .abi_major = SLUICE_ABI_MAJOR, .abi_minor = SLUICE_ABI_MINOR};
SLUICE_EXPORT const sluice_plugin* sluice_plugin_entry_v1(void) {
  return &plugin;
}
