/* The part of a list that each of several runs takes. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/list.h"
#include "scan/need.h"
#include "scan/walk.h"

#define HEADER_MOST 65536 /* bytes of a file that may be only the header of another */

static int add_size(void *arg, const char *path, const struct stat *st, bool again, struct gppi_error *err)
{
	uint64_t *bytes = arg;

	(void)path;
	(void)err;
	*bytes += again ? 0 : (uint64_t)st->st_size;
	return 0;
}

static uint64_t size_of(const char *path)
{
	struct scan_need need;
	struct walk walk;
	uint64_t bytes = 0;
	struct stat st;

	if (stat(path, &st) != 0)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		(void)walk_folder(path, add_size, &bytes, &walk, NULL);
		return bytes;
	}
	if (st.st_size < HEADER_MOST && scan_need(path, &need) && need.has > (uint64_t)st.st_size)
		return need.has;
	return (uint64_t)st.st_size;
}

void list_measure(struct list *list)
{
	for (int i = 0; i < list->n; i++) {
		struct list_entry *e = &list->entry[i];
		if (!e->sized)
			e->bytes = size_of(e->path);
		e->sized = true;
	}
}

/* ---- the largest first, each to the shard that has least ---- */

struct load {
	uint64_t bytes;
	int count, shard;
};

static bool less(const struct load *a, const struct load *b)
{
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes;
	return a->count != b->count ? a->count < b->count : a->shard < b->shard;
}

/* Restores the heap after heap[0], the smallest shard, has grown. */
static void sink(struct load *heap, int n)
{
	for (int at = 0, next; (next = 2 * at + 1) < n; at = next) {
		if (next + 1 < n && less(&heap[next + 1], &heap[next]))
			next++;
		if (!less(&heap[next], &heap[at]))
			return;
		struct load held = heap[at];
		heap[at] = heap[next];
		heap[next] = held;
	}
}

static int larger_first(const void *va, const void *vb)
{
	const struct list_entry *a = *(struct list_entry *const *)va, *b = *(struct list_entry *const *)vb;

	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return (a->line > b->line) - (a->line < b->line);
}

int list_share(struct list *list, int shards, struct gppi_error *err)
{
	struct list_entry **sorted = malloc((size_t)list->n * sizeof(struct list_entry *));
	struct load *heap = calloc((size_t)shards, sizeof *heap);
	int rc = 0;

	if (!sorted || !heap) {
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for %d shards", shards);
		goto done;
	}
	for (int i = 0; i < shards; i++)
		heap[i].shard = i + 1;
	for (int i = 0; i < list->n; i++)
		sorted[i] = &list->entry[i];
	qsort(sorted, (size_t)list->n, sizeof(struct list_entry *), larger_first);
	for (int i = 0; i < list->n; i++) {
		sorted[i]->shard = heap[0].shard;
		heap[0].bytes += sorted[i]->bytes < UINT64_MAX / 2 - heap[0].bytes ? sorted[i]->bytes : 0;
		heap[0].count++;
		sink(heap, shards);
	}
done:
	free(sorted);
	free(heap);
	return rc;
}
