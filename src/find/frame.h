/* Where the bone of a scan lies: one coarse pass over the volume finds the bone, which end is distal, the grey
 * window and the in-plane square around the bone.
 *
 * "Canonical" slices run from the distal end to the shaft at a pitch of 10 um whatever the file's order and
 * spacing; frame_to_native() leads back to the file's own index.
 */
#ifndef FIND_FRAME_H
#define FIND_FRAME_H

#include "scan/scan.h"

#define SLICE_PITCH_UM 10.0                  /* canonical distance of slices */

/* The published HU window: u7 = round(127 * (HU + 1417) / (3171 + 1417)), clamped. */
#define SLICE_HU_LO (-1417.0)
#define SLICE_HU_HI 3171.0

enum frame_flags { /* properties of the scan found by the coarse pass */
	FRAME_FLIPPED_Z = 1,       /* shaft first in the file */
	FRAME_END_UNSURE = 2,      /* which end is distal is not clear */
	FRAME_CUT_DISTAL = 4,      /* bone touches the distal face of the volume */
	FRAME_GREY_RESCALED = 8,   /* values are not plausible HU: window fitted to the histogram */
	FRAME_TILTED = 16,         /* shaft more than 12.5 degrees off the z axis */
	FRAME_SIDE_CUT = 32,       /* bone touches a side face of the volume */
	FRAME_SHORT = 64,          /* bone shorter than a femur end with its VOI (2.2 mm) */
	FRAME_NOT_FEMUR = 128,     /* no widening towards one end: shaft only, or another object */
	FRAME_ALONG_X = 256,       /* the bone's long axis is x or y, not z */
	FRAME_ALONG_Y = 512,
	FRAME_NO_AXIS = 1024       /* too short for a centre line: tilt and slope are 0 */
};

struct frame {
	int nslices;             /* canonical slices */
	double native_per_slice; /* native z steps per canonical slice (1 at 10 um) */
	int native_nz;
	unsigned flags;          /* enum frame_flags */
	double cx, cy;           /* centre of the square, native voxels (voxel i spans i..i+1) */
	double side_x, side_y;   /* its sides in native voxels (equal in um) */
	double raw_lo, raw_hi;   /* raw values that map to 0 and 127 */
	int bone_first, bone_last; /* first and last canonical slice with bone */
	double bone_value, medium_value; /* robust levels found (scan units) */
	double tilt_deg;         /* of the shaft's centre line against z */
	double axis_at[2];       /* of that line: native voxels along x and y at native slice 0, */
	double axis_slope[2];    /* and for each slice */
	double side_um;          /* side of the square in um */
	struct frame_square {    /* the square if the other end were the distal one */
		double cx, cy, side_x, side_y, side_um;
	} other;
	struct frame_axis {      /* and the centre line */
		double tilt_deg, at[2], slope[2];
	} other_axis;
};

/* The same volume read from the other end, with square and centre line for that. What was said of the distal
 * end (FRAME_CUT_DISTAL) does not hold there and is left out. */
struct frame frame_turned(const struct frame *frame);

/* Coarse pass (a fraction of the slices, subsampled). GPPI_E_NOBONE where there is none.
 * threads: workers used for decoding. */
int frame_locate(struct scan *scan, int threads, struct frame *out, struct gppi_error *err);

/* File's own slice index (may be fractional) of a canonical position, and back. */
double frame_to_native(const struct frame *frame, double canonical);
double frame_to_canonical(const struct frame *frame, double native);

#endif
