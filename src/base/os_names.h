/* Lists of names, for os_list() of every system. */
#ifndef BASE_OS_NAMES_H
#define BASE_OS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct os_names {
	char **name;
	size_t n, room;
};

/* Adds a copy; false: out of memory. */
bool os_names_add(struct os_names *names, const char *name);
/* Sorts the names by their bytes and hands them over; returns how many. */
int os_names_done(struct os_names *names, char ***out);

#endif
