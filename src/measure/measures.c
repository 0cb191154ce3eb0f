#include "measure/measures_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"

#define SPARSE 0.02 /* BV/TV below which the edge of the endosteum outweighs the struts */

void measures_none(struct measures *m, enum measure first, enum measure last, const char *why)
{
	for (int i = (int)first; i <= (int)last; i++) {
		m->value[i] = NAN;
		m->why[i] = why;
	}
}

static void put(struct measures *m, enum measure which, double value)
{
	m->value[which] = value;
	m->why[which] = isfinite(value) ? NULL : "nothing to divide by";
}

/* ---- by slice ---- */

static void count_volumes(const struct measure_job *job)
{
	const struct measure_input *in = job->in;
	const size_t slice = (size_t)in->grid.n[0] * (size_t)in->grid.n[1];

	for (int z = job->out->from; z <= job->out->to; z++) {
		const uint8_t *bone = in->bone + slice * (size_t)z,
			      *inside = in->tv ? in->tv + slice * (size_t)z : NULL;
		const int16_t *raw = in->raw ? in->raw + slice * (size_t)z : NULL;
		struct measure_slice *s = &job->out->slice[z];
		int64_t grey_tv = 0, grey_bv = 0;
		unsigned tv = 0, bv = 0; /* a slice has less than 2^32 voxels */
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
	}
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

static int spacing(const struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	const size_t n = grid_voxels(&in->grid);
	struct thickness_of of = measure_shape(job, in->bone, job->where ? job->where : in->tv, in->spacing);
	uint8_t *walls = NULL;

	of.inverse = true;
	if (in->wall) { /* pores of the cortex are no way out */
		walls = grid_alloc(&in->grid, 1, err);
		if (!walls)
			return GPPI_E_NOMEM;
		for (size_t i = 0; i < n; i++)
			walls[i] = in->bone[i] || in->wall[i];
		of.mask = walls;
	}
	int rc = measure_thick(job, THICK_SPACE, &of, err);
	free(walls);
	return rc;
}

static int cortex_masks(struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	const size_t n = grid_voxels(&in->grid);

	job->outline = grid_alloc(&in->grid, 1, err);
	job->bone = grid_alloc(&in->grid, 1, err);
	job->marrow = grid_alloc(&in->grid, 1, err);
	if (!job->outline || !job->bone || !job->marrow)
		return GPPI_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		job->bone[i] = (in->tv && in->tv[i]) || (in->cortex ? in->cortex[i] : in->bone[i]);
	int rc = sections_fill(&in->grid, job->bone, in->threads, job->outline, err);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		bool compartment = in->cortex ? in->cortex[i] != 0 : in->bone[i] && !(in->tv && in->tv[i]);
		job->bone[i] = in->bone[i] && compartment;
		job->marrow[i] = job->outline[i] && !compartment;
	}
	return rc;
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

/* ---- of the slices together ---- */

static void put_thickness(struct measures *m, enum measure mean, const struct thickness *t, const char *why)
{
	const double mm = cbrt(grid_mm3(&m->grid)), average = t->sum / (double)t->voxels;
	const int n = mean == MEASURE_CT_TH ? 2 : 3;

	put(m, mean, average * mm);
	put(m, mean + 1, sqrt(fmax(t->squares / (double)t->voxels - average * average, 0)) * mm);
	if (n == 3)
		put(m, mean + 2, t->max * mm);
	if (why || !t->voxels)
		measures_none(m, mean, mean + (enum measure)(n - 1), why ? why : "no voxel of it");
}

static void put_trabecular(struct measures *m, const struct measure_slice *all)
{
	double axis[3];

	put(m, MEASURE_TV, (double)all->tv * grid_mm3(&m->grid));
	put(m, MEASURE_BV, (double)all->bv * grid_mm3(&m->grid));
	put(m, MEASURE_BV_TV, (double)all->bv / (double)all->tv);
	put_thickness(m, MEASURE_TB_TH, &all->th, m->no_thickness[THICK_BONE]);
	put_thickness(m, MEASURE_TB_SP, &all->sp, m->no_thickness[THICK_SPACE]);
	put(m, MEASURE_TB_N, m->value[MEASURE_BV_TV] / m->value[MEASURE_TB_TH]);
	if (m->why[MEASURE_TB_TH])
		m->why[MEASURE_TB_N] = m->why[MEASURE_TB_TH];
	put(m, MEASURE_TB_N_MID, (double)all->mid.voxels / (all->mid.sum * cbrt(grid_mm3(&m->grid))));
	if (m->no_thickness[THICK_AXES])
		measures_none(m, MEASURE_TB_N_MID, MEASURE_TB_N_MID, m->no_thickness[THICK_AXES]);
	put(m, MEASURE_BS, cells_surface(&all->cells, &m->grid));
	put(m, MEASURE_BS_CLOSED, m->closed_mm2);
	if (!isfinite(m->closed_mm2))
		m->why[MEASURE_BS_CLOSED] = "TV is not the whole volume";
	put(m, MEASURE_BS_BV, m->value[MEASURE_BS] / m->value[MEASURE_BV]);
	put(m, MEASURE_BS_TV, m->value[MEASURE_BS] / m->value[MEASURE_TV]);
	put(m, MEASURE_CONN_D, (0 - cells_euler(&all->cells)) / m->value[MEASURE_TV]);
	if (cells_intercepts(&all->cells, &m->grid, axis)) {
		put(m, MEASURE_DA, axis[2] / axis[0]);
		put(m, MEASURE_DA_UNIT, 1 - axis[0] / axis[2] * axis[0] / axis[2]);
	} else {
		measures_none(m, MEASURE_DA, MEASURE_DA_UNIT, "no line along some direction meets bone");
	}
	put(m, MEASURE_SMI, mesh_smi(&all->surface));
	if (!all->tv)
		measures_none(m, MEASURE_TV, MEASURE_SMI, "no voxel in TV");
	else if (!all->bv) {
		measures_none(m, MEASURE_TB_TH, MEASURE_TB_N_MID, "no bone in TV");
		measures_none(m, MEASURE_BS, MEASURE_SMI, "no bone in TV");
	}
	if (measure_not_asked(m, MEASURE_TB_N_MID))
		measures_none(m, MEASURE_TB_N_MID, MEASURE_TB_N_MID, "on request only: --also tb_n_mid");
	if (measure_not_asked(m, MEASURE_SMI))
		measures_none(m, MEASURE_SMI, MEASURE_SMI, "on request only: --also smi");
}

static void put_cortical(struct measures *m, const struct measure_slice *all, int sections, double thick)
{
	const struct cross_section *sum = &all->section;

	put(m, MEASURE_TT_AR, sum->total_mm2 / sections);
	put(m, MEASURE_CT_AR, sum->cortex_mm2 / sections);
	put(m, MEASURE_MA_AR, sum->marrow_mm2 / sections);
	put(m, MEASURE_CT_AR_TT_AR, sum->cortex_mm2 / sum->total_mm2);
	put_thickness(m, MEASURE_CT_TH, &all->ct, m->no_thickness[THICK_CORTEX]);
	put(m, MEASURE_CT_TH_2D, thick / sections);
	put(m, MEASURE_CT_PO, (double)(all->compartment - all->cortex) / (double)all->compartment);
	put(m, MEASURE_IMIN, sum->imin_mm4 / sections);
	put(m, MEASURE_IMAX, sum->imax_mm4 / sections);
	put(m, MEASURE_J, (sum->imin_mm4 + sum->imax_mm4) / sections);
	if (!all->cortex)
		measures_none(m, MEASURE_TT_AR, MEASURE_J, "no cortical bone");
	else if (!m->has_compartment)
		measures_none(m, MEASURE_CT_PO, MEASURE_CT_PO, "no cortical compartment with its pores is given");
}

static void put_density(struct measures *m, const struct measure_slice *all)
{
	put(m, MEASURE_TB_BMD, (double)all->grey_tv / (double)all->tv * m->mgha.slope + m->mgha.intercept);
	put(m, MEASURE_TMD, (double)all->grey_bv / (double)all->bv * m->mgha.slope + m->mgha.intercept);
	if (m->mgha.slope == 0)
		measures_none(m, MEASURE_TB_BMD, MEASURE_TMD, "no calibration to mg HA/cm3");
	else if (!all->tv)
		measures_none(m, MEASURE_TB_BMD, MEASURE_TMD, "no voxel in TV");
	else if (!all->bv)
		measures_none(m, MEASURE_TMD, MEASURE_TMD, "no bone in TV");
}

static const char *doubt_of(const struct measures *m)
{
	if (m->has_tv && !m->bv_voxels)
		return m->tv_voxels ? "no spongiosa in the VOI: there are no trabecular numbers"
				    : "no TV in the VOI: there are no trabecular numbers";
	if (m->has_tv && (double)m->bv_voxels < SPARSE * (double)m->tv_voxels)
		return "BV/TV is below 2 %: the edge of the endosteum outweighs the struts, trabecular numbers mean little";
	return NULL;
}

static void put_all(struct measures *m, int first, int last)
{
	struct measure_slice all = { .tv = 0 };
	int sections = 0;
	double thick = 0;

	for (int z = first; z <= last; z++) {
		const struct measure_slice *s = &m->slice[z];
		const struct cross_section *c = &s->section;
		all.tv += s->tv;
		all.bv += s->bv;
		all.grey_tv += s->grey_tv;
		all.grey_bv += s->grey_bv;
		all.cortex += s->cortex;
		all.compartment += s->compartment;
		thickness_add(&all.th, &s->th);
		thickness_add(&all.sp, &s->sp);
		thickness_add(&all.ct, &s->ct);
		thickness_add(&all.mid, &s->mid);
		mesh_add(&all.surface, &s->surface);
		cells_add(&all.cells, &s->cells);
		if (c->cortex_mm2 == 0)
			continue;
		sections++;
		all.section.total_mm2 += c->total_mm2;
		all.section.cortex_mm2 += c->cortex_mm2;
		all.section.marrow_mm2 += c->marrow_mm2;
		all.section.imin_mm4 += c->imin_mm4;
		all.section.imax_mm4 += c->imax_mm4;
		thick += 2 * c->cortex_mm2 / (c->outer_mm + c->inner_mm);
	}
	m->tv_voxels = all.tv;
	m->bv_voxels = all.bv;
	m->doubt = doubt_of(m);
	put_trabecular(m, &all);
	put_cortical(m, &all, sections, thick);
	put_density(m, &all);
}

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
		count_volumes(job);
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
		put_all(out, in->first, in->last);
	grey_free(&job.smooth);
	free(job.thick);
	free(job.outline);
	free(job.bone);
	free(job.marrow);
	return rc;
}

bool measures_moved(const struct measures *m, int by, double value[MEASURES])
{
	struct measures moved = *m;

	if (m->first + by < m->from || m->last + by > m->to)
		return false;
	put_all(&moved, m->first + by, m->last + by);
	memcpy(value, moved.value, sizeof moved.value);
	return true;
}

void measures_free(struct measures *m)
{
	free(m->slice);
	m->slice = NULL;
}
