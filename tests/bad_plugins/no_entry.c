/* Has the note of a plugin, but no entry. */
#include <sluice/abi_note.h>
SLUICE_ABI_NOTE
SLUICE_EXPORT int something_else(void);
int something_else(void) {
  return 1;
}
