#include "measure/grid.h"

#include "base/os.h"

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
