/* The ELF note that tells a worker, by the bytes of the file alone, that a library is a plugin and of which ABI.
 * Written once per library by SLUICE_PLUGIN and SLUICE_C_PLUGIN. It survives strip. */
#ifndef SLUICE_ABI_NOTE_H_
#define SLUICE_ABI_NOTE_H_

#include <sluice/abi.h>

#define SLUICE_NOTE_TEXT_(x) #x
#define SLUICE_NOTE_TEXT(x) SLUICE_NOTE_TEXT_(x)

#define SLUICE_ABI_NOTE \
  __asm__(".pushsection .note.sluice, \"a\", %note\n"                                                                 \
          ".balign 4\n"                                                                                               \
          ".long 7, 8, " SLUICE_NOTE_TEXT(SLUICE_NOTE_TYPE) "\n"                                                      \
          ".asciz \"Sluice\"\n"                                                                                       \
          ".balign 4\n"                                                                                               \
          ".long " SLUICE_NOTE_TEXT(SLUICE_ABI_MAJOR) ", " SLUICE_NOTE_TEXT(SLUICE_ABI_MINOR) "\n"                    \
          ".popsection\n");

#endif /* SLUICE_ABI_NOTE_H_ */
