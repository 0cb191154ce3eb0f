#define _POSIX_C_SOURCE 200809L
#include "base/os_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/size.h"

bool os_names_add(struct os_names *names, const char *name)
{
	if (names->n == names->room) {
		size_t room = names->room ? 2 * names->room : 64;
		char **grown = size_realloc(names->name, room, sizeof *grown);
		if (!grown)
			return false;
		names->name = grown;
		names->room = room;
	}
	names->name[names->n] = strdup(name);
	if (!names->name[names->n])
		return false;
	names->n++;
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b); /* the same order in every locale */
}

int os_names_done(struct os_names *names, char ***out)
{
	if (names->n)
		qsort(names->name, names->n, sizeof *names->name, by_bytes);
	*out = names->name;
	return (int)names->n;
}

void os_list_free(char **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}
