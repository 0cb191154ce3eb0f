#include "measure/measures_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"

void measures_none(struct measures *m, enum measure first, enum measure last, const char *why)
{
	for (int i = (int)first; i <= (int)last; i++) {
		m->value[i] = NAN;
		m->why[i] = why;
	}
}

/* ---- by slice ---- */

static int count_volume(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct measure_job *job = arg;
	const struct measure_input *in = job->in;
	const int z = job->out->from + item;
	const size_t slice = (size_t)in->grid.n[0] * (size_t)in->grid.n[1];
	const uint8_t *bone = in->bone + slice * (size_t)z, *inside = in->tv ? in->tv + slice * (size_t)z : NULL;
	const int16_t *raw = in->raw ? in->raw + slice * (size_t)z : NULL;
	struct measure_slice *s = &job->out->slice[z];
	int64_t grey_tv = 0, grey_bv = 0;
	unsigned tv = 0, bv = 0; /* a slice has less than 2^32 voxels */

	(void)worker;
	(void)err;
	for (size_t i = 0; i < slice; i++) {
		const unsigned t = inside ? inside[i] != 0 : 1, b = t & (bone[i] != 0);
		tv += t;
		bv += b;
		grey_tv += raw && t ? raw[i] : 0;
		grey_bv += raw && b ? raw[i] : 0;
	}
	s->tv = tv;
	s->bv = bv;
	s->grey_tv = grey_tv;
	s->grey_bv = grey_bv;
	return 0;
}

static int count_cells(const struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	struct cells *cells = calloc((size_t)in->grid.n[2], sizeof *cells), all;
	int rc = cells ? cells_count(&in->grid, in->bone, in->tv, job->out->from, job->out->to, in->threads, cells, err)
		       : err_set(err, GPPI_E_NOMEM, "out of memory for patterns of voxels");

	for (int z = job->out->from; z <= job->out->to && rc >= 0; z++)
		job->out->slice[z].cells = cells[z];
	free(cells);
	job->out->closed_mm2 = NAN;
	if (rc < 0 || in->tv)
		return rc;
	rc = cells_count_closed(&in->grid, in->bone, in->threads, &all, err);
	if (rc >= 0)
		job->out->closed_mm2 = cells_surface(&all, &in->grid);
	return rc;
}

struct thickness *measure_thickness(struct measure_slice *s, int kind)
{
	return kind == THICK_BONE ? &s->th : kind == THICK_SPACE ? &s->sp : kind == THICK_CORTEX ? &s->ct : &s->mid;
}

int measure_thick(const struct measure_job *job, int kind, struct thickness_of *of, struct gppi_error *err)
{
	if (job->in->layers)
		return turned_thickness(job, kind, of, err);
	int rc = thickness_measure(of, job->thick, &job->out->no_thickness[kind], err);

	for (int z = of->first; z <= of->last && rc >= 0; z++)
		*measure_thickness(&job->out->slice[z], kind) = job->thick[z];
	return rc;
}

struct thickness_of measure_shape(const struct measure_job *job, const uint8_t *mask, const uint8_t *where,
				  uint16_t *map)
{
	return (struct thickness_of){ .grid = &job->in->grid, .mask = mask, .where = where, .first = job->out->from,
				      .last = job->out->to, .threads = job->in->threads, .map = map };
}

struct walls {
	const uint8_t *bone, *wall;
	uint8_t *out;
};

static void add_walls(const void *arg, size_t from, size_t end)
{
	const struct walls *w = arg;

	for (size_t i = from; i < end; i++)
		w->out[i] = (w->bone[i] | w->wall[i]) != 0;
}

static int spacing(const struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	struct thickness_of of = measure_shape(job, in->bone, job->where ? job->where : in->tv, in->spacing);
	struct walls walls = { in->bone, in->wall, NULL };
	int rc = 0;

	of.inverse = true;
	if (in->wall) { /* pores of the cortex are no way out */
		of.mask = walls.out = grid_alloc(&in->grid, 1, err);
		rc = walls.out ? grid_each(&in->grid, in->threads, add_walls, &walls, err) : GPPI_E_NOMEM;
	}
	if (rc >= 0)
		rc = measure_thick(job, THICK_SPACE, &of, err);
	free(walls.out);
	return rc;
}

/* What sections are of: bone of TV and cortex, */
static void join_compartments(const void *arg, size_t from, size_t end)
{
	const struct measure_job *job = arg;
	const uint8_t *tv = job->in->tv, *rest = job->in->cortex ? job->in->cortex : job->in->bone;
	uint8_t *out = job->bone;

	for (size_t i = from; i < end; i++)
		out[i] = ((tv ? tv[i] : 0) | rest[i]) != 0;
}

/* and then, of the cortex alone, its bone, and what the outline holds beside it. */
static void part_compartments(const void *arg, size_t from, size_t end)
{
	const struct measure_job *job = arg;
	const uint8_t *tv = job->in->tv, *cortex = job->in->cortex, *bone = job->in->bone, *outline = job->outline;
	uint8_t *out = job->bone, *marrow = job->marrow;

	for (size_t i = from; i < end; i++) {
		const uint8_t is_bone = bone[i] != 0, no_tv = tv ? tv[i] == 0 : 1;
		const uint8_t compartment = cortex ? cortex[i] != 0 : is_bone & no_tv;
		out[i] = is_bone & compartment;
		marrow[i] = (outline[i] != 0) & !compartment;
	}
}

static int cortex_masks(struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;

	job->outline = grid_alloc(&in->grid, 1, err);
	job->bone = grid_alloc(&in->grid, 1, err);
	job->marrow = grid_alloc(&in->grid, 1, err);
	if (!job->outline || !job->bone || !job->marrow)
		return GPPI_E_NOMEM;
	int rc = grid_each(&in->grid, in->threads, join_compartments, job, err);
	if (rc >= 0)
		rc = sections_fill(&in->grid, job->bone, in->threads, job->outline, err);
	return rc < 0 ? rc : grid_each(&in->grid, in->threads, part_compartments, job, err);
}

static int do_section(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct measure_job *job = arg;
	const struct measure_input *in = job->in;
	const int z = job->out->from + item;
	const size_t slice = (size_t)in->grid.n[0] * (size_t)in->grid.n[1], at = slice * (size_t)z;
	struct measure_slice *s = &job->out->slice[z];

	(void)worker;
	(void)err;
	s->section = section_measure(&in->grid, &job->lattice, job->outline + at, job->bone + at, job->marrow + at);
	for (size_t i = at; i < at + slice; i++) {
		s->cortex += job->bone[i];
		s->compartment += in->cortex ? in->cortex[i] != 0 : job->bone[i];
	}
	return 0;
}

static int cortical(struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	struct measures *out = job->out;
	int rc = cortex_masks(job, err);

	if (rc >= 0)
		rc = in->layers ? turned_sections(job, err)
				: parallel_for(in->threads, out->to - out->from + 1, do_section, job, err);
	if (rc < 0)
		return rc;
	if (!in->tv && !in->cortex) { /* the same shape, and the same voxels */
		for (int z = out->from; z <= out->to; z++)
			out->slice[z].ct = out->slice[z].th;
		out->no_thickness[THICK_CORTEX] = out->no_thickness[THICK_BONE];
		return 0;
	}
	struct thickness_of of = measure_shape(job, in->cortex ? in->cortex : job->bone, NULL, NULL);
	return measure_thick(job, THICK_CORTEX, &of, err);
}

/* ---- all ---- */

static int measure_slices(struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;

	job->out->slice = calloc((size_t)in->grid.n[2], sizeof *job->out->slice);
	job->thick = calloc((size_t)in->grid.n[2], sizeof *job->thick);
	if (!job->out->slice || !job->thick)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the measures of slices");
	int rc = in->layers ? turned_begin(job, err) : 0;
	if (rc < 0)
		return rc;
	struct thickness_of bone = measure_shape(job, in->bone, job->where ? job->where : in->tv, in->thickness);
	if (in->layers)
		turned_volumes(job);
	else
		rc = parallel_for(in->threads, job->out->to - job->out->from + 1, count_volume, job, err);
	if (rc >= 0)
		rc = more_surface(job, err);
	if (rc >= 0)
		rc = in->layers ? turned_cells(job, err) : count_cells(job, err);
	if (rc >= 0)
		rc = measure_thick(job, THICK_BONE, &bone, err);
	if (rc >= 0)
		rc = spacing(job, err);
	if (rc >= 0)
		rc = more_axes(job, err);
	if (rc >= 0)
		rc = cortical(job, err);
	return rc;
}

int measures_make(const struct measure_input *in, struct measures *out, struct gppi_error *err)
{
	struct measure_job job = { .in = in, .out = out };
	const int from = in->first - in->around, to = in->last + in->around;

	if (in->first < 0 || in->first > in->last || in->last >= in->grid.n[2]) {
		*out = (struct measures){ .slice = NULL };
		return err_set(err, GPPI_E_USAGE, "a VOI of slices %d to %d does not lie within a block of %d",
			       in->first, in->last, in->grid.n[2]);
	}
	*out = (struct measures){ .first = in->first, .last = in->last, .from = from < 0 ? 0 : from,
				  .to = to < in->grid.n[2] ? to : in->grid.n[2] - 1, .grid = in->grid,
				  .mgha = in->raw ? in->mgha : (struct scan_scale){ .slope = 0 },
				  .has_tv = in->tv != NULL, .has_compartment = in->cortex != NULL,
				  .also = in->also };
	measures_none(out, MEASURE_PLATE_TH, MEASURES - 1, "a segmentation was given");
	job.lattice = layers_lattice(NULL, &in->grid);
	int rc = measure_slices(&job, err);
	turned_end(&job);
	if (rc >= 0)
		measures_total(out, in->first, in->last);
	grey_free(&job.smooth);
	free(job.thick);
	free(job.outline);
	free(job.bone);
	free(job.marrow);
	return rc;
}

void measures_free(struct measures *m)
{
	free(m->slice);
	m->slice = NULL;
}
