/* The numbers of a bone: names, units, and why one is missing. */
#ifndef MEASURE_MEASURES_H
#define MEASURE_MEASURES_H

#include "measure/grid.h"
#include "measure/cells.h"
#include "measure/layers.h"
#include "measure/mesh.h"
#include "measure/sections.h"
#include "measure/thickness.h"
#include "scan/scan.h"

enum measure {
	MEASURE_TV, MEASURE_BV, MEASURE_BV_TV,
	MEASURE_TB_TH, MEASURE_TB_TH_SD, MEASURE_TB_TH_MAX,
	MEASURE_TB_SP, MEASURE_TB_SP_SD, MEASURE_TB_SP_MAX,
	MEASURE_TB_N, MEASURE_TB_N_MID,
	MEASURE_BS, MEASURE_BS_CLOSED, MEASURE_BS_BV, MEASURE_BS_TV,
	MEASURE_CONN_D, MEASURE_DA, MEASURE_DA_UNIT, MEASURE_SMI,
	MEASURE_TB_BMD, MEASURE_TMD,
	MEASURE_TT_AR, MEASURE_CT_AR, MEASURE_MA_AR, MEASURE_CT_AR_TT_AR,
	MEASURE_CT_TH, MEASURE_CT_TH_SD, MEASURE_CT_TH_2D, MEASURE_CT_PO,
	MEASURE_IMIN, MEASURE_IMAX, MEASURE_J,
	/* of the growth plate and beside it, whatever the VOI: those who find it fill them in */
	MEASURE_PLATE_TH, MEASURE_PLATE_TH_SD, MEASURE_PLATE_LEVEL, MEASURE_PLATE_LEVEL_SD, MEASURE_PLATE_TILT,
	MEASURE_PLATE_AR, MEASURE_BRIDGES, MEASURE_BRIDGE_AR, MEASURE_PLATE_BEGIN, MEASURE_SECONDARY_BEGIN,
	MEASURES
};

struct measure_name {
	const char *json;   /* name in JSON and CSV, with its unit */
	const char *label;  /* as the ASBMR writes it */
	const char *unit;   /* for people */
	double scale;       /* from the value to `unit`: 100 for percent */
};
const struct measure_name *measure_name(enum measure m);

/* Conventions, as pairs of a name and a sentence; the last pair is NULL, NULL. */
struct measure_convention {
	const char *name, *text;
};
extern const struct measure_convention measure_conventions[];

/* What a slice adds to the measures of those it is among. */
struct measure_slice {
	uint64_t tv, bv;                     /* voxels */
	uint64_t cortex, compartment;        /* cortical bone, and with its pores */
	int64_t grey_tv, grey_bv;            /* sums of raw values over them */
	struct thickness th, sp, ct;
	struct thickness mid; /* of what lies between the mid-axes of bone */
	struct surface surface;
	struct cells cells;
	struct cross_section section;
};

struct measures {
	double value[MEASURES];    /* in the unit of the JSON name; NaN: there is none */
	const char *why[MEASURES]; /* why not; NULL where there is one */
	uint64_t tv_voxels, bv_voxels;
	const char *doubt; /* why the trabecular numbers want a look: TV is given, and has next to no bone; NULL: no
			    * reason */
	/* by slice of the block; first .. last are those of the VOI, from .. to all that are there. measures_free() */
	struct measure_slice *slice;
	int first, last, from, to;
	struct grid grid;
	double closed_mm2;         /* surface with the cut faces; NaN: not known */
	const char *no_thickness[4]; /* why there is no Tb.Th, Tb.Sp, Ct.Th, none between mid-axes; NULL: there is */
	bool has_tv, has_compartment;
	unsigned also;
	struct scan_scale mgha;    /* of raw values; slope 0: there are none */
};

/* What is measured. All masks are as large as the block; what a pointer to NULL means stands beside it. */
struct measure_input {
	struct grid grid;
	const uint8_t *bone;
	const uint8_t *tv;     /* within the endosteum, in all slices; NULL: the whole block */
	const uint8_t *cortex; /* the cortical compartment, with its pores; NULL: bone outside of TV, or all where tv is
				* NULL */
	const uint8_t *wall;   /* where Tb.Sp ends beside bone: all but the inside of the endosteum; NULL: at bone
				* only */
	const struct layers *layers; /* first, last and around count these; tv and cortex are given. NULL: the slices */
	int first, last;       /* slices of the VOI; the others are context */
	int around;            /* slices to each side that are measured as well, for measures_move() */
	const int16_t *raw;      /* grey values, not smoothed; NULL: there are none */
	struct scan_scale mgha;  /* of raw values to mg HA/cm3 */
	uint16_t *thickness, *spacing; /* squared radii of bone and marrow by voxel, for pictures; NULL: not wanted */
	unsigned also;         /* enum measure_also: what takes longer, or is of little worth */
	int threads;
};

/* Measures on request only. */
enum measure_also { ALSO_TB_N_MID = 1, ALSO_SMI = 2 };
/* Their names, as in JSON but without a unit, by bit; the last is NULL. */
extern const char *const measure_also_names[];
/* Is it one that was not asked for? */
bool measure_not_asked(const struct measures *m, enum measure which);

/* GPPI_E_USAGE where the VOI does not lie within the block; else fails for lack of memory only. measures_free(), also
 * after a failure. */
int measures_make(const struct measure_input *in, struct measures *out, struct gppi_error *err);
void measures_free(struct measures *m);

/* The values of the VOI moved by `by` slices, exactly; false where slices of it are not there. */
bool measures_moved(const struct measures *m, int by, double value[MEASURES]);

/* Sets some to NaN, for a reason that lives as long as the program. */
void measures_none(struct measures *m, enum measure first, enum measure last, const char *why);

#endif
