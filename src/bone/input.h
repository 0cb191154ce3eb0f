/* An input: a file or folder, the scans in it, and the bones in these. */
#ifndef BONE_INPUT_H
#define BONE_INPUT_H

#include "base/stop.h"
#include "bone/bone.h"
#include "find/overview.h"
#include "gppi/gppi.h"
#include "scan/scan.h"

struct input_bone {
	struct bone bone;
	int scan;                   /* in the set */
	bool looked;                /* for several bones */
	struct scan_info *info;     /* owns the strings given out */
	struct input_bone *next;    /* of gppi_input.split */
};

struct gppi_input {
	struct scan_set *set;
	struct input_bone **bone;   /* as they are counted: the bones of a holder take the place of its scan */
	int n;
	struct input_bone *split;   /* scans whose bones have taken their place: strings of them were given out */
	/* The scan looked at last stays open: its bones are views of it. */
	struct scan *open;
	int open_scan;
	double open_um;
	struct overview overview;   /* of an open holder, until its bones are located */
	struct stop *stop;          /* for all that is read, by threads of open scans too */
	struct stop_question ask;   /* where a function is given none */
	enum gppi_axis axis;        /* slices are taken along */
	int threads;                /* as in the options */
	char path[1024];            /* as given, for sentences */
};

/* The same as gppi_input_open_with(); path NULL: what comes through `fd`, as gppi_input_read(). */
int input_open(const char *path, int fd, const struct gppi_options *opt, struct gppi_input **out,
	       struct gppi_error *err);
void input_free(struct gppi_input *input);

/* GPPI_E_USAGE where there is no bone `index`. */
int input_check(const struct gppi_input *input, int index, struct gppi_error *err);
/* GPPI_E_USAGE where the options ask for another axis than the input was opened with. */
int input_check_axis(const struct gppi_input *input, const struct gppi_options *opt, struct gppi_error *err);

/* Around all that is read of an input: `opt` (may be NULL) tells whom to ask whether to go on, else it is the one that
 * opening was given. The second names the input in the sentence of `rc`, where it comes from rooms that do not know it,
 * and returns rc. */
struct stop_before input_begin(struct gppi_input *input, const struct gppi_options *opt);
int input_end(struct gppi_input *input, struct stop_before before, int rc, struct gppi_error *err);

/* Bone `index` with its scan open; what was found of it before is still there. voxel_um as for scan_open(). Lives as
 * long as the input; its view of the scan until a bone of another scan is asked for. */
int input_bone(struct gppi_input *input, int index, double voxel_um, struct bone **out, struct gppi_error *err);
/* The same for an output of a result, with the spacing that this was computed with. */
int input_bone_of(struct gppi_input *input, int index, const struct gppi_result *result, struct bone **out,
		  struct gppi_error *err);
/* Opens scan `scan` of the set in place of the one before; input->open. */
int input_open_scan(struct gppi_input *input, int scan, double voxel_um, struct gppi_error *err);
/* The scan with bone `index`, as it was opened last; borrowed, valid until another scan is looked at. */
int input_whole(struct gppi_input *input, int index, struct scan **out, struct gppi_error *err);

/* ---- split.c ---- */

/* The same as gppi_input_split(); opt must not be NULL. */
int input_split(struct gppi_input *input, int index, const struct gppi_options *opt, struct gppi_error *err);
/* Frames and slices of all bones of the open holder that bone `index` belongs to, in one pass; does nothing where they
 * were made before, or there is no holder. pictures: as for bone_locate(). A bone without a usable frame stays without:
 * asked alone, it tells why. */
int input_locate(struct gppi_input *input, int index, int threads, bool pictures, struct gppi_error *err);

/* ---- info.c ---- */

/* The same as gppi_input_info(). */
int input_info(struct gppi_input *input, int index, double voxel_um, struct gppi_scan_info *out,
	       struct gppi_error *err);

/* ---- cut_out.c ---- */

/* The same as gppi_write_bones(). */
int input_cut_out(struct gppi_input *input, int index, int n, const char *const *paths, int threads,
		  struct gppi_error *err);

#endif
