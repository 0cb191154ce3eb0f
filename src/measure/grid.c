#include "measure/grid.h"

#include "base/os.h"
#include "base/parallel.h"

#define PIECE ((size_t)1 << 16) /* voxels */

void *grid_alloc(const struct grid *g, size_t bytes, struct gppi_error *err)
{
	size_t n;
	void *memory = NULL;

	if (size_mul3((size_t)g->n[0], (size_t)g->n[1], (size_t)g->n[2], &n) && size_mul(n, bytes, &n))
		memory = calloc(n ? n : 1, 1);
	os_large_pages(memory, n);
	if (!memory)
		err_set(err, GPPI_E_NOMEM, "out of memory for %d x %d x %d voxels", g->n[0], g->n[1], g->n[2]);
	return memory;
}

struct each {
	grid_fn fn;
	const void *arg;
	size_t n;
};

static int do_piece(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct each *e = arg;
	const size_t from = PIECE * (size_t)item, end = from + PIECE < e->n ? from + PIECE : e->n;

	(void)worker;
	(void)err;
	e->fn(e->arg, from, end);
	return 0;
}

int grid_each(const struct grid *g, int threads, grid_fn fn, const void *arg, struct gppi_error *err)
{
	struct each e = { fn, arg, grid_voxels(g) };

	return parallel_for(threads, (int)((e.n + PIECE - 1) / PIECE), do_piece, &e, err);
}
