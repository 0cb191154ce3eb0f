/* What the other rooms need to know of an input. */
#ifndef API_INPUT_H
#define API_INPUT_H

#include "api/input_stop.h"
#include "gppi/gppi.h"
#include "scan/crop.h"
#include "scan/scan.h"
#include "slices/cache.h"
#include "slices/sections.h"

/* Opens bone `index` of an input (0..gppi_input_count()-1; else GPPI_E_USAGE): the whole scan, or the part
 * gppi_input_split() found, in the view of the scan that stays open. voxel_um as for scan_open(). The scan
 * lives as long as the input at most; owned by the caller: scan_close(). */
int input_scan(struct gppi_input *input, int index, double voxel_um, struct scan **out, struct err *err);

/* GPPI_E_USAGE where the options ask for another axis than the input was opened with. */
int input_check_axis(const struct gppi_input *input, const struct gppi_options *opt, struct err *err);

/* The scan with bone `index`, as it was opened last; borrowed, valid until another scan is looked at. */
int input_whole(struct gppi_input *input, int index, struct scan **out, struct err *err);
/* The voxel size given when a scan was looked at last; 0: none. */
double input_voxel_um(const struct gppi_input *input);

/* What a detection leaves for the pictures of its bone, so that these do not look for it again. */
struct input_kept {
	bool known;               /* a detection has been there */
	struct frame frame;       /* as it was located; the detection may have turned it */
	struct sections sections; /* of this frame; empty, or made on the way where reading again is slow */
};
/* That of bone `index`: lives as long as the input. */
struct input_kept *input_kept(struct gppi_input *input, int index);
/* Sets *frame to the one a result is about, and *sections to those of it: what is kept, or else located and read. The
 * sections are made in `own` where there are none (sections_free() it after use, also after a failure). kept: may be NULL. */
int input_sections(struct scan *scan, const struct input_kept *kept, bool shaft_first, struct frame *frame,
		   const struct sections **sections, struct sections *own, struct err *err);

/* Where bone `index` lies in the scan, and the scan's size. */
struct input_part {
	int scan;           /* number of the scan in the input */
	int bone, bones;    /* 1..bones; 0 where the scan shows one bone */
	struct crop box;    /* meaningless where bone is 0 */
	double seconds;     /* what opening and splitting took, told once */
};
struct input_part input_part(struct gppi_input *input, int index);

/* pictures: what these need is kept on the way (input_kept()), where reading again is slow.
 * Frame and slices of a bone of a holder, made in one pass for all its bones when first asked for, and handed
 * over to the caller once: slices_cache_free(). 1: given; 0: there are none, ask the scan; negative: the scan
 * could not be read. */
int input_slices(struct gppi_input *input, int index, int threads, bool pictures, struct slices_cache *out, struct err *err);

#endif
