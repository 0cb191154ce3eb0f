#include "net/builtin.h"

#include <stdint.h>

/* Written by builtin.sh: one read-only block; places are counted from its start, so that no
 * address needs relocation. */
struct entry {
	uint64_t name, data, size, hash;
};
extern const uint8_t net_builtin_block[] __attribute__((visibility("hidden")));
extern const uint64_t net_builtin_entries __attribute__((visibility("hidden")));
extern const struct entry net_builtin_entry[] __attribute__((visibility("hidden")));

int net_builtin_count(void)
{
	return (int)net_builtin_entries;
}

const void *net_builtin_data(int i, size_t *size)
{
	if (i < 0 || i >= net_builtin_count())
		return NULL;
	*size = (size_t)net_builtin_entry[i].size;
	return net_builtin_block + net_builtin_entry[i].data;
}

const char *net_builtin_name(int i)
{
	if (i < 0 || i >= net_builtin_count())
		return NULL;
	return (const char *)net_builtin_block + net_builtin_entry[i].name;
}

const char *net_builtin_hash(int i)
{
	if (i < 0 || i >= net_builtin_count())
		return NULL;
	const char *hash = (const char *)net_builtin_block + net_builtin_entry[i].hash;
	return hash[0] ? hash : NULL;
}
