/* One run at a time for a file: part_lock_posix.c, part_lock_windows.c. */
#ifndef BASE_PART_LOCK_H
#define BASE_PART_LOCK_H

#include <stdbool.h>
#include <stdio.h>

/* Takes a file, which is made if it is missing, until part_unlock(*lock) or the end of the process. Where the disk
 * knows no locks, everybody gets it. False: errno, EBUSY where another has it. */
bool part_lock(const char *path, int *lock);
/* The same for an open file, whatever name it gets, and beyond its fclose(). */
bool part_lock_stream(FILE *stream, int *lock);
/* -1: nothing. */
void part_unlock(int lock);

#endif
