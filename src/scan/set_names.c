/* The names of the volumes of an input: safe, and each different from those before it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "base/stop.h"
#include "scan/set_parts.h"

#define BASE 112 /* bytes of a name that a number follows, with the zero byte */

/* Names are found by the bits of their hash, two for each level of a tree. */
struct set_name {
	struct set_name *child[4], *older;
	bool taken; /* by a volume; else it is only the beginning of others */
	int next;   /* number to be tried next where it is such a beginning */
	char text[128];
};

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037u;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211u;
	return hash ^ hash << 32; /* its high bits decide */
}

/* The name in the tree, or where it belongs there. */
static struct set_name **place_of(struct set_name **root, const char *text)
{
	struct set_name **at = root;

	for (uint64_t hash = hash_of(text); *at && strcmp((*at)->text, text) != 0; hash <<= 2)
		at = &(*at)->child[hash >> 62];
	return at;
}

/* The name in the tree, put there where it is new; NULL: no memory. */
static struct set_name *put(struct set_names *names, const char *text)
{
	struct set_name **at = place_of(&names->root, text), *name = *at;

	if (name)
		return name;
	name = calloc(1, sizeof *name);
	if (!name)
		return NULL;
	snprintf(name->text, sizeof name->text, "%s", text);
	name->next = 2;
	name->older = names->newest;
	names->newest = *at = name;
	return name;
}

void scan_safe_name(char name[128])
{
	printable(name); /* leaves '?' for what is replaced here */
	for (char *c = name; *c; c++)
		if (strchr("/\\:*?\"<>|^", *c))
			*c = '_';
	if (!name[0] || name[0] == '.')
		snprintf(name, 128, "scan");
}

int set_names_add(struct set_names *names, char name[128], const char *path, struct gppi_error *err)
{
	char text[BASE];
	int rc = 0;

	scan_safe_name(name);
	snprintf(text, sizeof text, "%.*s", BASE - 1, name);
	struct set_name *own = put(names, name), *base = own && own->taken ? put(names, text) : own;
	while (base && own && own->taken && (rc = stop_asked(err)) == 0) {
		snprintf(name, 128, "%s_%d", text, base->next++);
		own = put(names, name);
	}
	if (!base || !own)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	own->taken = own->taken || rc == 0;
	return rc;
}

bool set_names_has(const struct set_names *names, const char *name)
{
	struct set_name *root = names->root;
	const struct set_name *found = *place_of(&root, name);

	return found && found->taken;
}

void set_names_free(struct set_names *names)
{
	for (struct set_name *name = names->newest, *older; name; name = older) {
		older = name->older;
		free(name);
	}
}
