/* Files and folders that are nobody's scan: what systems and programs leave beside a person's files, and copies
 * that are not finished. Known by their names alone, the same for folders given to gppi and watch folders. */
#ifndef BASE_LEFTOVER_H
#define BASE_LEFTOVER_H

#include <stdbool.h>

/* `name` is one of a folder, without the path. Upper and lower case are the same. */
bool leftover_name(const char *name);

#endif
