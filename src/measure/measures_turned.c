/* Measures of a VOI that is turned with the bone: what measures.c does by slice, by layer. Balls, patterns of
 * voxels and masks are those of the block as it is; only which voxels count is another matter. */
#include "measure/measures_parts.h"

#include <stdlib.h>

/* The layer of voxel (x, y, z); NULL where it does not count. */
static struct measure_slice *layer_at(const struct measure_job *job, int x, int y, int z)
{
	const int k = z - layers_rise(job->in->layers, x, y);

	return k < job->out->from || k > job->out->to ? NULL : &job->out->slice[k];
}

/* Slices that layers first .. last reach, where the bone is. */
static void slices_of(const struct measure_job *job, int *first, int *last)
{
	const int end = job->in->grid.n[2] - 1;

	*first += job->span[0];
	*last += job->span[1];
	*first = *first < 0 ? 0 : *first > end ? end : *first;
	*last = *last > end ? end : *last < *first ? *first : *last;
}

int turned_begin(struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	const size_t n = grid_voxels(&in->grid);
	uint8_t *all = grid_alloc(&in->grid, 1, err);

	job->where = grid_alloc(&in->grid, 1, err);
	if (!all || !job->where) {
		free(all);
		return GPPI_E_NOMEM;
	}
	for (size_t i = 0; i < n; i++)
		all[i] = in->tv[i] || in->cortex[i];
	layers_span(in->layers, &in->grid, all, job->span);
	free(all);
	/* Layers beside the VOI that the block has not all of are left out. */
	while (job->out->from < in->first && job->out->from + job->span[0] < 0)
		job->out->from++;
	while (job->out->to > in->last && job->out->to + job->span[1] >= in->grid.n[2])
		job->out->to--;
	layers_cut(in->layers, &in->grid, in->tv, job->out->from, job->out->to, job->where);
	job->lattice = layers_lattice(in->layers, &in->grid);
	return 0;
}

void turned_end(struct measure_job *job)
{
	free(job->where);
}

void turned_volumes(const struct measure_job *job)
{
	const struct measure_input *in = job->in;
	int first = job->out->from, last = job->out->to;

	slices_of(job, &first, &last);
	for (int z = first; z <= last; z++)
		for (int y = 0; y < in->grid.n[1]; y++)
			for (int x = 0; x < in->grid.n[0]; x++) {
				const size_t i = grid_at(&in->grid, x, y, z);
				if (!job->where[i])
					continue;
				struct measure_slice *s = layer_at(job, x, y, z);
				s->tv++;
				s->bv += in->bone[i] != 0;
				s->grey_tv += in->raw ? in->raw[i] : 0;
				s->grey_bv += in->raw && in->bone[i] ? in->raw[i] : 0;
			}
}

struct turned_room { /* by slice */
	struct cells *cells;
	struct surface *surface;
};

/* Layers first .. last, together, into the first. */
static int cells_of(const struct measure_job *job, int first, int last, uint8_t *where, struct turned_room *room,
		    struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	int from = first, to = last;

	slices_of(job, &from, &to);
	layers_cut(in->layers, &in->grid, in->tv, first, last, where);
	int rc = cells_count(&in->grid, in->bone, where, from, to, in->threads, room->cells, err);
	if (rc >= 0 && job->smooth.v)
		rc = mesh_measure(&job->smooth, where, from, to, in->threads, room->surface, err);
	for (int z = from; z <= to && rc >= 0; z++) {
		cells_add(&job->out->slice[first].cells, &room->cells[z]);
		mesh_add(&job->out->slice[first].surface, &room->surface[z]);
	}
	return rc;
}

/* One by one those that the VOI gains or loses where it is moved; the others only ever count together. */
int turned_cells(const struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	const int first = in->first + in->around, last = in->last - in->around;
	struct turned_room room = { calloc((size_t)in->grid.n[2], sizeof *room.cells),
				    calloc((size_t)in->grid.n[2], sizeof *room.surface) };
	uint8_t *where = grid_alloc(&in->grid, 1, err);
	int rc = room.cells && room.surface && where
			 ? 0
			 : err_set(err, GPPI_E_NOMEM, "out of memory for patterns of voxels");

	for (int k = job->out->from; k <= job->out->to && rc >= 0; k++) {
		const int end = k == first && last > first ? last : k;
		rc = cells_of(job, k, end, where, &room, err);
		k = end;
	}
	free(room.cells);
	free(room.surface);
	free(where);
	return rc;
}

/* of->map may be NULL. */
int turned_thickness(const struct measure_job *job, int kind, struct thickness_of *of, struct gppi_error *err)
{
	const struct grid *g = &job->in->grid;
	uint16_t *own = of->map ? NULL : grid_alloc(g, sizeof *own, err);

	of->map = of->map ? of->map : own;
	slices_of(job, &of->first, &of->last);
	int rc = of->map ? thickness_measure(of, job->thick, &job->out->no_thickness[kind], err) : GPPI_E_NOMEM;
	for (int z = of->first; z <= of->last && rc >= 0; z++)
		for (int y = 0; y < g->n[1]; y++)
			for (int x = 0; x < g->n[0]; x++) {
				const int r2 = of->map[grid_at(g, x, y, z)];
				struct measure_slice *s = r2 ? layer_at(job, x, y, z) : NULL;
				if (s)
					thickness_count(measure_thickness(s, kind), r2, 1);
			}
	free(own);
	return rc;
}

int turned_sections(const struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	const struct grid *g = &in->grid, plane = { { g->n[0], g->n[1], 3 }, { 1, 1, 1 } };
	const size_t n = (size_t)g->n[0] * (size_t)g->n[1];
	uint8_t *v = grid_alloc(&plane, 1, err);

	for (int k = job->out->from; k <= job->out->to && v; k++) {
		struct measure_slice *s = &job->out->slice[k];
		layers_slice(in->layers, g, in->cortex, k, v);
		for (size_t i = 0; i < n; i++)
			s->compartment += v[i];
		layers_slice(in->layers, g, job->outline, k, v);
		layers_slice(in->layers, g, job->bone, k, v + n);
		layers_slice(in->layers, g, job->marrow, k, v + 2 * n);
		for (size_t i = 0; i < n; i++)
			s->cortex += v[n + i];
		s->section = section_measure(g, &job->lattice, v, v + n, v + 2 * n);
	}
	free(v);
	return v ? 0 : GPPI_E_NOMEM;
}
