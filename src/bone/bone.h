/* One bone, from the opening of its scan to the last output. Each step of the pipeline adds to it what it found, and
 * later steps and outputs take it from here: nothing is located, decoded or computed twice.
 *
 *     bone_open()     the scan: a view of the bone's part of it
 *     bone_locate()   the frame: where the bone lies, its grey levels, which end is the knee; the slices of networks
 *     bone_detect()   scores and plane, the frame turned as they say; the result: GPPI, VOI, reasons
 *     bone_measure()  the VOI segmented, and its numbers (bone/measure.h)
 *     bone_pictures() sections along the bone, where an output shows them
 *
 * Slice, row and column numbers are those of `scan`. */
#ifndef BONE_BONE_H
#define BONE_BONE_H

#include <stdbool.h>

#include "bone/models.h"
#include "find/frame.h"
#include "gppi/gppi.h"
#include "plane/plane.h"
#include "scan/crop.h"
#include "scan/scan.h"
#include "slices/sections.h"
#include "slices/slices.h"

struct bone_measures;

struct bone {
	/* which one */
	char name[128];
	int number, of;            /* of a holder: 1..of; 0: the scan shows one bone */
	struct crop box;           /* its part of the scan; meaningless where number is 0 */
	int threads;               /* to work with, at most; 0: as many as processors */
	/* open */
	struct scan *scan;         /* the view of its part; NULL: not open */
	double voxel_um;           /* given in place of the file's; 0: none. What is found is void where it changes */
	double seconds_open;       /* what opening and splitting took */
	/* located */
	bool located;
	struct frame found;        /* as it was located */
	bool turned;               /* is the other end the knee? */
	struct frame frame;        /* square, levels (bone_value, medium_value, raw_lo, raw_hi), slices with bone; once
				    * detected, the way round that the plane was found: `found`, or frame_turned() of
				    * it */
	struct slices slices;      /* of this frame, as networks see them; none after bone_rest() */
	struct sections sections[2]; /* along the bone as located, and turned: bone_sections() */
	/* detected */
	bool detected;
	struct plane_result plane; /* scores and beliefs; without these after bone_rest() */
	struct gppi_result result; /* gppi, voi_first, voi_last ... */
	/* measured */
	struct bone_measures *measures; /* of the result: bone_measure(); NULL: not measured */
	/* drawn: by one output, shown by others; until the bone is detected or measured anew, or closed */
	void *drawn;
	void (*drawn_free)(void *drawn);
};

/* Opens `box` of `whole` (NULL: all of it), which is borrowed and must stay open as long. Found things stay. */
int bone_open(struct bone *bone, struct scan *whole, const struct crop *box, struct gppi_error *err);
/* Closes the view and lets go of what is large; frame, sections and result stay. */
void bone_close(struct bone *bone);
/* Lets go of slices and scores, unless a detection is still to come. */
void bone_rest(struct bone *bone);
void bone_drawn_drop(struct bone *bone);
/* Closes it and frees all that was found. */
void bone_free(struct bone *bone);

/* Finds the bone and makes its slices, as it was located or turned; pictures: sections too, in the same pass. What is
 * there already is not made again. */
int bone_locate(struct bone *bone, bool turned, bool pictures, struct gppi_error *err);

/* Locates where that is still to do, asks the networks and fills bone->result. GPPI_E_NOBONE where there is no usable
 * bone; doubts are reasons of the result. */
int bone_detect(struct bone *bone, const struct gppi_models *models, const struct gppi_options *opt,
		struct gppi_error *err);

/* The same for a plane that a person gives, in slices of the scan: nothing is asked but where the bone lies. */
int bone_given(struct bone *bone, double plane, const struct gppi_options *opt, struct gppi_error *err);

/* Chooses the way round; slices of the other one go. */
void bone_turn(struct bone *bone, bool turned);

/* Sees to frame and sections for a picture of `result`, which may be one of an earlier run: shaft_first says which way
 * round it was found. */
int bone_pictures(struct bone *bone, const struct gppi_result *result, struct gppi_error *err);
const struct sections *bone_sections(const struct bone *bone); /* of its frame */

/* The slices that bone->frame wants of the scan: first and n. */
struct slices bone_slices_wanted(const struct frame *frame);

/* Makes the slices, and the sections (NULL: not wanted) in the same pass. */
int bone_make_slices(struct scan *scan, const struct frame *frame, int threads, struct slices *slices,
		     struct sections *sections, struct gppi_error *err);

#endif
