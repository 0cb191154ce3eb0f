#include "measure/measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/cells.h"
#include "measure/thickness.h"

static const struct measure_name names[MEASURES] = {
	[MEASURE_TV] = { "tv_mm3", "TV", "mm3", 1 },
	[MEASURE_BV] = { "bv_mm3", "BV", "mm3", 1 },
	[MEASURE_BV_TV] = { "bv_tv", "BV/TV", "%", 100 },
	[MEASURE_TB_TH] = { "tb_th_mm", "Tb.Th", "mm", 1 },
	[MEASURE_TB_TH_SD] = { "tb_th_sd_mm", "Tb.Th s.d.", "mm", 1 },
	[MEASURE_TB_TH_MAX] = { "tb_th_max_mm", "Tb.Th max", "mm", 1 },
	[MEASURE_TB_SP] = { "tb_sp_mm", "Tb.Sp", "mm", 1 },
	[MEASURE_TB_SP_SD] = { "tb_sp_sd_mm", "Tb.Sp s.d.", "mm", 1 },
	[MEASURE_TB_SP_MAX] = { "tb_sp_max_mm", "Tb.Sp max", "mm", 1 },
	[MEASURE_TB_N] = { "tb_n_per_mm", "Tb.N", "1/mm", 1 },
	[MEASURE_BS] = { "bs_mm2", "BS", "mm2", 1 },
	[MEASURE_BS_CLOSED] = { "bs_closed_mm2", "BS with cut faces", "mm2", 1 },
	[MEASURE_BS_BV] = { "bs_bv_per_mm", "BS/BV", "1/mm", 1 },
	[MEASURE_BS_TV] = { "bs_tv_per_mm", "BS/TV", "1/mm", 1 },
	[MEASURE_CONN_D] = { "conn_d_per_mm3", "Conn.D", "1/mm3", 1 },
	[MEASURE_DA] = { "da", "DA", "", 1 },
	[MEASURE_DA_UNIT] = { "da_0_1", "DA (0 to 1)", "", 1 },
	[MEASURE_TB_BMD] = { "tb_bmd_mgha_cm3", "Tb.BMD", "mg HA/cm3", 1 },
	[MEASURE_TMD] = { "tmd_mgha_cm3", "TMD", "mg HA/cm3", 1 },
	[MEASURE_TT_AR] = { "tt_ar_mm2", "Tt.Ar", "mm2", 1 },
	[MEASURE_CT_AR] = { "ct_ar_mm2", "Ct.Ar", "mm2", 1 },
	[MEASURE_MA_AR] = { "ma_ar_mm2", "Ma.Ar", "mm2", 1 },
	[MEASURE_CT_AR_TT_AR] = { "ct_ar_tt_ar", "Ct.Ar/Tt.Ar", "%", 100 },
	[MEASURE_CT_TH] = { "ct_th_mm", "Ct.Th", "mm", 1 },
	[MEASURE_CT_TH_SD] = { "ct_th_sd_mm", "Ct.Th s.d.", "mm", 1 },
	[MEASURE_CT_TH_2D] = { "ct_th_2d_mm", "Ct.Th (2-D)", "mm", 1 },
	[MEASURE_CT_PO] = { "ct_po", "Ct.Po", "%", 100 },
	[MEASURE_IMIN] = { "imin_mm4", "Imin", "mm4", 1 },
	[MEASURE_IMAX] = { "imax_mm4", "Imax", "mm4", 1 },
	[MEASURE_J] = { "j_mm4", "J", "mm4", 1 },
};

const struct measure_convention measure_conventions[] = {
	{ "thickness", "local thickness (largest inscribed balls), diameter 2r, r to the nearest voxel centre outside; whole "
		       "bone, also beyond the VOI, averaged over voxels of the VOI" },
	{ "tb_n", "(BV/TV) / Tb.Th" },
	{ "bs", "Crofton, 13 directions; without the faces where the VOI cuts bone (bs_closed: with them)" },
	{ "conn_d", "minus the Euler characteristic, bone 26-connected, edges of the VOI shared (Odgaard and Gundersen), per TV" },
	{ "da", "mean intercept length, 13 directions: longest / shortest axis of the ellipsoid; da_0_1 = 1 - 1/da^2" },
	{ "sections", "mean of the slices; moments about the centroid, from voxel centres" },
	{ "ct_th", "local thickness of the cortical compartment; ct_th_2d = 2 Ct.Ar / (outer + inner perimeter)" },
	{ NULL, NULL },
};

const struct measure_name *measure_name(enum measure m)
{
	return &names[m];
}

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

/* ---- the trabecular part ---- */

static void volumes(const struct measure_input *in, struct measures *out)
{
	const size_t n = grid_voxels(&in->grid);
	const double mm3 = grid_mm3(&in->grid);

	for (size_t i = 0; i < n; i++) {
		bool tv = !in->tv || in->tv[i];
		out->tv_voxels += tv;
		out->bv_voxels += tv && in->bone[i];
	}
	put(out, MEASURE_TV, (double)out->tv_voxels * mm3);
	put(out, MEASURE_BV, (double)out->bv_voxels * mm3);
	put(out, MEASURE_BV_TV, (double)out->bv_voxels / (double)out->tv_voxels);
}

static void put_thickness(struct measures *m, enum measure mean, const struct thickness *t)
{
	put(m, mean, t->mean);
	put(m, mean + 1, t->sd);
	if (mean != MEASURE_CT_TH)
		put(m, mean + 2, t->max);
	if (t->why)
		measures_none(m, mean, mean + (mean == MEASURE_CT_TH ? 1 : 2), t->why);
}

static int surface(const struct measure_input *in, struct measures *out, struct err *err)
{
	struct cells *cells = malloc(sizeof *cells);
	double axis[3];
	int rc = cells ? cells_count(&in->grid, in->bone, in->tv, false, in->threads, cells, err)
		       : err_set(err, GPPI_E_NOMEM, "out of memory for patterns of voxels");

	if (rc >= 0) {
		put(out, MEASURE_BS, cells_surface(cells, &in->grid));
		put(out, MEASURE_BS_BV, out->value[MEASURE_BS] / out->value[MEASURE_BV]);
		put(out, MEASURE_BS_TV, out->value[MEASURE_BS] / out->value[MEASURE_TV]);
		put(out, MEASURE_CONN_D, (0 - cells_euler(cells)) / out->value[MEASURE_TV]);
		if (cells_intercepts(cells, &in->grid, axis)) {
			put(out, MEASURE_DA, axis[2] / axis[0]);
			put(out, MEASURE_DA_UNIT, 1 - axis[0] / axis[2] * axis[0] / axis[2]);
		} else {
			measures_none(out, MEASURE_DA, MEASURE_DA_UNIT, "no line along some direction meets bone");
		}
	}
	if (rc >= 0 && in->tv) {
		measures_none(out, MEASURE_BS_CLOSED, MEASURE_BS_CLOSED, "TV is not the whole volume");
	} else if (rc >= 0) {
		rc = cells_count(&in->grid, in->bone, NULL, true, in->threads, cells, err);
		if (rc >= 0)
			put(out, MEASURE_BS_CLOSED, cells_surface(cells, &in->grid));
	}
	free(cells);
	return rc;
}

static int spacing(const struct measure_input *in, struct measures *out, struct err *err)
{
	const size_t n = grid_voxels(&in->grid);
	struct thickness_of of = { .grid = &in->grid, .mask = in->bone, .inverse = true, .where = in->tv,
				   .threads = in->threads };
	struct thickness t;
	uint8_t *walls = NULL;

	if (in->wall) { /* pores of the cortex are no way out */
		walls = grid_alloc(&in->grid, 1, err);
		if (!walls)
			return GPPI_E_NOMEM;
		for (size_t i = 0; i < n; i++)
			walls[i] = in->bone[i] || in->wall[i];
		of.mask = walls;
	}
	int rc = thickness_measure(&of, &t, err);
	if (rc >= 0)
		put_thickness(out, MEASURE_TB_SP, &t);
	free(walls);
	return rc;
}

static int trabecular(const struct measure_input *in, struct measures *out, struct err *err)
{
	struct thickness_of of = { .grid = &in->grid, .mask = in->bone, .where = in->tv, .threads = in->threads };
	struct thickness t;
	int rc;

	if (!out->tv_voxels) {
		measures_none(out, MEASURE_TV, MEASURE_DA_UNIT, "no voxel in TV");
		return 0;
	}
	if (!out->bv_voxels) {
		measures_none(out, MEASURE_TB_TH, MEASURE_TB_N, "no bone in TV");
		measures_none(out, MEASURE_BS, MEASURE_DA_UNIT, "no bone in TV");
		return 0;
	}
	rc = surface(in, out, err);
	if (rc >= 0)
		rc = thickness_measure(&of, &t, err);
	if (rc < 0)
		return rc;
	put_thickness(out, MEASURE_TB_TH, &t);
	put(out, MEASURE_TB_N, out->value[MEASURE_BV_TV] / t.mean);
	if (t.why)
		out->why[MEASURE_TB_N] = t.why;
	return spacing(in, out, err);
}

/* ---- the cortical part ---- */

/* Whole section, cortical bone and what lies within: one byte each. */
struct cortex {
	uint8_t *outline, *bone, *marrow;
	uint64_t voxels, compartment; /* cortical bone, and with pores, in the VOI */
};

static int cortex_masks(const struct measure_input *in, struct cortex *c, struct err *err)
{
	const size_t n = grid_voxels(&in->grid), slice = (size_t)in->grid.n[0] * (size_t)in->grid.n[1];
	int rc;

	c->outline = grid_alloc(&in->grid, 1, err);
	c->bone = grid_alloc(&in->grid, 1, err);
	c->marrow = grid_alloc(&in->grid, 1, err);
	if (!c->outline || !c->bone || !c->marrow)
		return GPPI_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		c->bone[i] = (in->tv && in->tv[i]) || (in->cortex ? in->cortex[i] : in->bone[i]);
	rc = sections_fill(&in->grid, c->bone, in->threads, c->outline, err);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		bool compartment = in->cortex ? in->cortex[i] != 0 : in->bone[i] && !(in->tv && in->tv[i]);
		bool voi = !in->within || in->within[i / slice];
		c->bone[i] = in->bone[i] && compartment;
		c->marrow[i] = c->outline[i] && !compartment;
		c->voxels += voi && c->bone[i];
		c->compartment += voi && compartment;
	}
	return rc;
}

static int cross_sections(const struct measure_input *in, const struct cortex *c, struct measures *out, struct err *err)
{
	const size_t slice = (size_t)in->grid.n[0] * (size_t)in->grid.n[1];
	struct cross_section sum = { 0 };
	double thick = 0;

	out->nz = in->grid.n[2];
	out->section = calloc((size_t)out->nz, sizeof *out->section);
	if (!out->section)
		return err_set(err, GPPI_E_NOMEM, "out of memory for sections");
	for (int z = 0; z < out->nz; z++) {
		if (in->within && !in->within[z])
			continue;
		const size_t at = slice * (size_t)z;
		struct cross_section s = section_measure(&in->grid, c->outline + at, c->bone + at, c->marrow + at);
		out->section[z] = s;
		if (s.cortex_mm2 == 0)
			continue;
		out->sections++;
		sum.total_mm2 += s.total_mm2;
		sum.cortex_mm2 += s.cortex_mm2;
		sum.marrow_mm2 += s.marrow_mm2;
		sum.imin_mm4 += s.imin_mm4;
		sum.imax_mm4 += s.imax_mm4;
		thick += 2 * s.cortex_mm2 / (s.outer_mm + s.inner_mm);
	}
	put(out, MEASURE_TT_AR, sum.total_mm2 / out->sections);
	put(out, MEASURE_CT_AR, sum.cortex_mm2 / out->sections);
	put(out, MEASURE_MA_AR, sum.marrow_mm2 / out->sections);
	put(out, MEASURE_CT_AR_TT_AR, sum.cortex_mm2 / sum.total_mm2);
	put(out, MEASURE_IMIN, sum.imin_mm4 / out->sections);
	put(out, MEASURE_IMAX, sum.imax_mm4 / out->sections);
	put(out, MEASURE_J, (sum.imin_mm4 + sum.imax_mm4) / out->sections);
	put(out, MEASURE_CT_TH_2D, thick / out->sections);
	return 0;
}

/* Thickness of the cortical compartment in the slices of the VOI. */
static int cortical_thickness(const struct measure_input *in, struct cortex *c, struct measures *out, struct err *err)
{
	const size_t slice = (size_t)in->grid.n[0] * (size_t)in->grid.n[1];
	struct thickness_of of = { .grid = &in->grid, .mask = in->cortex ? in->cortex : c->bone, .threads = in->threads };
	struct thickness t;

	if (!in->tv && !in->cortex && !in->within) { /* the same shape, and the same voxels */
		put(out, MEASURE_CT_TH, out->value[MEASURE_TB_TH]);
		put(out, MEASURE_CT_TH_SD, out->value[MEASURE_TB_TH_SD]);
		out->why[MEASURE_CT_TH] = out->why[MEASURE_CT_TH_SD] = out->why[MEASURE_TB_TH];
		return 0;
	}
	if (in->within) {
		for (int z = 0; z < in->grid.n[2]; z++)
			memset(c->marrow + slice * (size_t)z, in->within[z], slice); /* not needed any more */
		of.where = c->marrow;
	}
	int rc = thickness_measure(&of, &t, err);
	if (rc >= 0)
		put_thickness(out, MEASURE_CT_TH, &t);
	return rc;
}

static int cortical(const struct measure_input *in, struct measures *out, struct err *err)
{
	struct cortex c = { 0 };
	int rc = cortex_masks(in, &c, err);

	if (rc >= 0)
		rc = cross_sections(in, &c, out, err);
	if (rc >= 0 && c.voxels)
		rc = cortical_thickness(in, &c, out, err);
	if (in->cortex && c.compartment)
		put(out, MEASURE_CT_PO, (double)(c.compartment - c.voxels) / (double)c.compartment);
	else
		measures_none(out, MEASURE_CT_PO, MEASURE_CT_PO, "no cortical compartment with its pores is given");
	if (!c.voxels)
		measures_none(out, MEASURE_TT_AR, MEASURE_J, in->tv ? "no bone outside of TV" : "no bone");
	free(c.outline);
	free(c.bone);
	free(c.marrow);
	return rc;
}

int measures_make(const struct measure_input *in, struct measures *out, struct err *err)
{
	*out = (struct measures){ .tv_voxels = 0 };
	volumes(in, out);
	measures_none(out, MEASURE_TB_BMD, MEASURE_TMD, "no calibration to mg HA/cm3");
	int rc = trabecular(in, out, err);
	if (rc >= 0)
		rc = cortical(in, out, err);
	return rc;
}

void measures_free(struct measures *m)
{
	free(m->section);
	m->section = NULL;
}
