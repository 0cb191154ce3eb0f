/* The weight files packed into the program, in the order of their file names. */
#ifndef NET_BUILTIN_H
#define NET_BUILTIN_H

#include <stddef.h>

int net_builtin_count(void); /* 0 when the program was built without weights */

/* Image and file name of weights i; NULL outside 0..count-1. Both live as long as the program. */
const void *net_builtin_data(int i, size_t *size);
const char *net_builtin_name(int i);

/* SHA-256 of the image (64 hexadecimal digits), made when the program was built; NULL where the
 * build had no tool for it. */
const char *net_builtin_hash(int i);

#endif
