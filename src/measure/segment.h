/* The VOI of a scan, segmented: outline of the bone, cortex, and what lies within the endosteum. */
#ifndef MEASURE_SEGMENT_H
#define MEASURE_SEGMENT_H

#include "measure/grey.h"
#include "measure/plate.h"

enum segment_rule {
	SEGMENT_DUAL,  /* from the scan's own levels: struts that partial volume makes fainter, below the cortex's
			* threshold */
	SEGMENT_LOCAL, /* within the endosteum by what lies around each voxel, else as dual */
	SEGMENT_OTSU,  /* of the voxels within the outline */
	SEGMENT_FIXED  /* a value */
};

enum segment_unit { SEGMENT_SCAN, SEGMENT_MGHA, SEGMENT_PERMILLE }; /* the scan's own; mg HA/cm3; SCANCO's */

struct segment_options {
	enum segment_rule rule;
	double threshold;  /* SEGMENT_FIXED: in `unit`; for segment_make() in the scan's own */
	enum segment_unit unit;
	double share[2];   /* SEGMENT_DUAL: thresholds of spongiosa and cortex on the way from marrow to compact bone,
			    * 0..1 */
	double sigma;      /* of the Gauss before, voxels */
	double window_um;  /* SEGMENT_LOCAL: edge of the cube around each voxel */
	double closing_um; /* radius of the balls that close the marrow, which makes the endosteum */
	int threads;
};

/* Local thresholds are at least this share of the way from marrow to compact bone: noise of marrow is no bone. */
#define SEGMENT_LOCAL_LEAST 0.4

/* dual, 0.5 voxels, 200 um. */
void segment_options_default(struct segment_options *o);

/* Where to look. */
struct segment_place {
	double cx, cy, side_x, side_y; /* square around the bone, in voxels of the scan */
	int first, last;               /* slices of the VOI */
	double bone, medium;           /* levels of the scan, in its unit: about */
};

struct segment {
	struct grey grey;          /* smoothed; with context around the VOI */
	uint8_t *bone, *tv, *cortex, *wall; /* as struct measure_input has them */
	int first, last;           /* slices of the VOI, in the block */
	double marrow, compact, medium; /* levels found, in the scan's unit; medium: around the bone */
	double trabecular, cortical, outer; /* thresholds, in the scan's unit; outer: of the periosteum. Of
					     * SEGMENT_LOCAL trabecular is the mean */
	double sigma;
	int closing;               /* radius, voxels */
	int window;                /* edge of the cube of local thresholds, voxels */
	const struct plate_place *plate; /* the growth plate of the scan, for label maps; NULL: not known */
	const char *doubt[12];     /* why a person should look; sentences that live as long as the program */
	int ndoubts;
};

/* GPPI_E_NOBONE where nothing there is bone. segment_free(), also after a failure. */
int segment_make(struct scan *scan, const struct segment_place *where, const struct segment_options *o,
		 struct segment *out, struct gppi_error *err);
void segment_free(struct segment *s);

/* Doubts an outline or a cortex that changes more from slice to slice than those of bones do. */
int segment_check(struct segment *s, int threads, struct gppi_error *err);

/* Doubts a Tb.Th, mean and s.d., that varies more than that of struts alone. */
void segment_check_thickness(struct segment *s, double mean, double deviation);

/* One more reason for a person to look, as far as there is room. */
void segment_doubt(struct segment *s, const char *why);

#endif
