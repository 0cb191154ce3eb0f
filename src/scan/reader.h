/* What scan.c and the readers of single formats share: an open scan and its operations. */
#ifndef SCAN_READER_H
#define SCAN_READER_H

#include <stdbool.h>

#include "scan/scan.h"
#include "scan/spacing.h"

struct scan_ops {
	/* As scan_slab(), with z0 and nz already checked. */
	int (*slab)(void *self, int z0, int nz, int16_t *scratch, const int16_t **out,
		    struct gppi_error *err);
	/* As scan_rows(), already checked; NULL where only whole slices can be read. */
	int (*rows)(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
		    struct gppi_error *err);
	/* As scan_rows_apart(); NULL where they never are. */
	bool (*rows_apart)(const void *self);
	/* Can slices be read in any order, each at its own cost? NULL where they never can. */
	bool (*any_order)(const void *self);
	/* As scan_settle(), for an info whose unit is pending; NULL where it never is. */
	int (*settle)(void *self, struct scan_info *info, struct gppi_error *err);
	/* As scan_dicom_slice(), z already checked; NULL for other formats. */
	bool (*dicom_slice)(const void *self, int z, struct scan_slice_file *out);
	void (*close)(void *self);
};

struct scan_need;

struct scan {
	struct scan_info info;
	const struct scan_ops *ops;
	void *self;
	struct scan_need *need; /* not NULL: nothing is opened, only asked how large the file must be; see need.h */
};

/* Where need is asked for, instead of opening: fills it, and returns GPPI_E_CANCELLED. */
int scan_tell_need(struct scan *scan, const char *path, uint64_t bytes);

#define SCAN_HU_BELOW (-300.0) /* values below this occur in Hounsfield units only */

/* Hounsfield units that a file claims, or its values look like, are believed where scan_steps_of_hu(); else the unit
 * becomes unknown, with a note. */
void scan_doubt_unit(struct scan_info *info);

/* Appends "; key: value" to info->detail, as far as there is room. */
void scan_note(struct scan_info *info, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds a doubt (one sentence of at most 95 bytes), and the same as a note; those beyond SCAN_DOUBTS_MAX are notes
 * only. */
void scan_doubt(struct scan_info *info, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Can these be the axes of a volume (finite, not flat)? Readers set place.known only then. */
bool scan_place_is_sound(const struct scan_place *place);

#endif
