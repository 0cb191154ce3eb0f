/* Names, units and conventions of the numbers. */
#include "measure/measures.h"

#include <stddef.h>

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
	[MEASURE_TB_N_MID] = { "tb_n_mid_per_mm", "Tb.N (mid-axes)", "1/mm", 1 },
	[MEASURE_BS] = { "bs_mm2", "BS", "mm2", 1 },
	[MEASURE_BS_CLOSED] = { "bs_closed_mm2", "BS with cut faces", "mm2", 1 },
	[MEASURE_BS_BV] = { "bs_bv_per_mm", "BS/BV", "1/mm", 1 },
	[MEASURE_BS_TV] = { "bs_tv_per_mm", "BS/TV", "1/mm", 1 },
	[MEASURE_CONN_D] = { "conn_d_per_mm3", "Conn.D", "1/mm3", 1 },
	[MEASURE_DA] = { "da", "DA", "", 1 },
	[MEASURE_DA_UNIT] = { "da_0_1", "DA (0 to 1)", "", 1 },
	[MEASURE_SMI] = { "smi", "SMI", "", 1 },
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
	[MEASURE_PLATE_TH] = { "plate_th_mm", "Plate.Th", "mm", 1 },
	[MEASURE_PLATE_TH_SD] = { "plate_th_sd_mm", "Plate.Th s.d.", "mm", 1 },
	[MEASURE_PLATE_LEVEL] = { "plate_level_mm", "Plate level", "mm", 1 },
	[MEASURE_PLATE_LEVEL_SD] = { "plate_level_sd_mm", "Plate level s.d.", "mm", 1 },
	[MEASURE_PLATE_TILT] = { "plate_tilt_deg", "Plate tilt", "degrees", 1 },
	[MEASURE_PLATE_AR] = { "plate_ar_mm2", "Plate.Ar", "mm2", 1 },
	[MEASURE_BRIDGES] = { "plate_bridges", "Bridges", "", 1 },
	[MEASURE_BRIDGE_AR] = { "plate_bridge_ar", "Bridge.Ar/Plate.Ar", "%", 100 },
	[MEASURE_PLATE_BEGIN] = { "plate_begin_slice", "Plate begins", "slice", 1 },
	[MEASURE_SECONDARY_BEGIN] = { "secondary_begin_slice", "Secondary begins", "slice", 1 },
};

const struct measure_convention measure_conventions[] = {
	{ "thickness", "local thickness (largest inscribed balls), diameter 2r, r to the nearest voxel centre outside; "
		       "whole bone, also beyond the VOI, averaged over voxels of the VOI" },
	{ "tb_n", "(BV/TV) / Tb.Th; tb_n_mid: 1 / mean distance of the mid-axes of bone (local thickness, 2r, of what "
		  "lies between the voxels whose largest ball is in no neighbour's but for 0.9 voxels; it ends at the "
		  "endosteum)" },
	{ "bs", "Crofton, 13 directions; without the faces where the VOI cuts bone (bs_closed: with them)" },
	{ "conn_d",
	  "minus the Euler characteristic, bone 26-connected, edges of the VOI shared (Odgaard and Gundersen), per "
	  "TV" },
	{ "da", "mean intercept length, 13 directions: longest / shortest axis of the ellipsoid; da_0_1 = 1 - 1/da^2" },
	{ "align", "VOI and sections lie along the slices; where align.to is shaft, across the shaft's axis: layers of "
		   "voxels, one of each column, as long and as far from the plane along the axis; nothing is "
		   "resampled" },
	{ "smi", "6 BV S'/S^2 of the surface as triangles (bone smoothed by 1 voxel), 0 plates, 3 rods, 4 balls. "
		 "Concave surface counts negative: it follows BV/TV and does not tell rods from plates (Salmon et al. "
		 "2015)" },
	{ "sections", "mean of the slices or layers; moments about the centroid, from voxel centres" },
	{ "ct_th", "local thickness of the cortical compartment; ct_th_2d = 2 Ct.Ar / (outer + inner perimeter)" },
	{ "density", "of voxels before smoothing: Tb.BMD the mean of TV, TMD that of bone in TV, no voxel peeled off" },
	{ "plate",
	  "dark layer between epiphyseal bone and metaphyseal rim, within the cortex: thickness across it, between the "
		   "places on both sides where brightness changes most, median of columns and half of what lies "
		   "between 16 and 84 %; level of its middle from the plane, positive towards the shaft; tilt of the "
		   "plane fitted to it, against the slices" },
	{ "bridges",
	  "pieces of bone (65 % of compact bone) from one side of the layer to the other, at least 0.06 mm across "
		     "where they are narrowest, 0.16 mm or more within the map" },
	{ NULL, NULL },
};

const char *const measure_also_names[] = { "tb_n_mid", "smi", NULL };

bool measure_not_asked(const struct measures *m, enum measure which)
{
	return (which == MEASURE_TB_N_MID && !(m->also & ALSO_TB_N_MID)) ||
	       (which == MEASURE_SMI && !(m->also & ALSO_SMI));
}

const struct measure_name *measure_name(enum measure m)
{
	return &names[m];
}
