#include <sluice/abi_note.h>
SLUICE_ABI_NOTE
SLUICE_EXPORT const sluice_plugin* sluice_plugin_entry_v1(void) {
  __builtin_trap();
}
