/* Where the program that runs lies: program_posix.c and program_windows.c. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stddef.h>

/* Its folder, without a slash at the end; -1: it cannot be told. */
int program_folder(char *buf, size_t size);

#endif
