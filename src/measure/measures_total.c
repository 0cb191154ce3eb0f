/* The measures of the VOI from those of its slices. */
#include "measure/measures_parts.h"

#include <math.h>
#include <string.h>

#define SPARSE 0.02 /* BV/TV below which the edge of the endosteum outweighs the struts */

static void put(struct measures *m, enum measure which, double value)
{
	m->value[which] = value;
	m->why[which] = isfinite(value) ? NULL : "nothing to divide by";
}

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
		return "BV/TV is below 2 %: the edge of the endosteum outweighs the struts, trabecular numbers mean "
		       "little";
	return NULL;
}

void measures_total(struct measures *m, int first, int last)
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

bool measures_moved(const struct measures *m, int by, double value[MEASURES])
{
	struct measures moved = *m;

	if (m->first + by < m->from || m->last + by > m->to)
		return false;
	measures_total(&moved, m->first + by, m->last + by);
	memcpy(value, moved.value, sizeof moved.value);
	return true;
}
