/* One scan volume, whatever file it came from: the streaming interface of all readers.
 *
 * A volume is nz slices of ny rows of nx voxels, x fastest, z the slice index of the file
 * (for DICOM: of the series sorted along its normal). Voxels are handed out as int16 raw
 * values with value = raw * slope + intercept; readers of wider types (uint16, int32, float)
 * choose slope and intercept so that HU keep a step of 1 where they fit. Nothing here
 * knows bones or networks.
 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gppi/identity.h"

#define SCAN_DOUBTS_MAX 4

enum scan_known { SCAN_ASSUMED, SCAN_READ, SCAN_GIVEN }; /* provenance of the spacing */

enum scan_unit {
	SCAN_UNIT_UNKNOWN, /* grey values of unknown meaning (8-bit exports, no calibration) */
	SCAN_UNIT_PENDING, /* not known before scan_settle() */
	SCAN_UNIT_HU       /* Hounsfield units, or values the file claims to be such */
};

/* From a value in the scan's unit to another one: value * slope + intercept; slope 0: not known. */
struct scan_scale {
	double slope, intercept;
};

/* Where a volume lies in the space of its image, in mm, LPS as in DICOM (x to the left, y to the back,
 * z to the head): the centre of voxel (i, j, k) is at origin + i*step[0] + j*step[1] + k*step[2]. */
struct scan_place {
	bool known; /* the file tells; false: nothing is told, and the rest means nothing */
	double origin[3], step[3][3];
};

struct scan_info {
	char format[32];      /* "NIfTI-1", "NIfTI-1 (gzip)", "DICOM" ... */
	char path[1024];      /* file or folder as given */
	char name[128];       /* name of the bone for reports: file name without suffix, or series */
	int nx, ny, nz;       /* voxels, each 1..65535 */
	double spacing_um[3]; /* x, y, z; > 0 always (10 when assumed) */
	enum scan_known spacing_known;
	char spacing_doubt[75]; /* why a person must look at the spacing; empty: no reason (scan/spacing.h) */
	double slope, intercept; /* value = raw * slope + intercept */
	enum scan_unit unit;
	/* of a calibrated SCANCO scan: to mg HA/cm3, and to the permille of the stored range that its thresholds are
	 * given in */
	struct scan_scale mgha, permille;
	char voxel_type[16];  /* of the file: "int16", "uint8", "float32" ... */
	char encoding[64];    /* byte order, or transfer syntax name */
	char detail[512];     /* further facts for `gppi info`, "key: value; key: value" or empty */
	/* Why a person should look at whatever is found in this scan: sentences of a reader that had to decide between
	 * contradictory facts of the file. */
	char doubt[SCAN_DOUBTS_MAX][96];
	int ndoubts;
	struct gppi_identity identity;
	size_t file_bytes;    /* size of the file(s) */
	size_t decoded_bytes; /* of a voxel, where whole slices are decoded before they are handed out; else 0 */
	struct scan_place place; /* word for word as the file has it: see scan_place_of() */
};

struct scan; /* one open volume */

/* An input (a file or a folder) and the volumes found in it. */
struct scan_set;

/* Looks at `path` and lists its volumes without reading voxels: a NIfTI or DICOM file gives
 * one, a folder one per DICOM series. Fails with a sentence where nothing readable is found.
 * The set is owned by the caller: scan_set_free(). */
int scan_set_open(const char *path, struct scan_set **out, struct gppi_error *err);
/* The same for what comes through a pipe: one file, or a tar archive of files (DICOM, or whole volumes). It is read to
 * its end and kept in memory, and its scans live as long as the set at most. The path of all its volumes is "stdin"; in
 * sentences, paths of what is kept stand for SCAN_STREAM (scan/stream.h). */
#define SCAN_STREAM "standard input"
int scan_set_read(int fd, struct scan_set **out, struct gppi_error *err);
int scan_set_count(const struct scan_set *set);
const char *scan_set_name(const struct scan_set *set, int index);
const char *scan_set_path(const struct scan_set *set, int index);
/* DICOM: PatientID, else the patient's name; "" where unknown. */
const char *scan_set_patient(const struct scan_set *set, int index);
/* Makes a name safe in file names and tables. */
void scan_safe_name(char name[128]);
/* Does one of its volumes have this name? */
bool scan_set_has(const struct scan_set *set, const char *name);
void scan_set_free(struct scan_set *set);

/* Opens volume `index` (0..count-1). voxel_um > 0 replaces the spacing of all three axes
 * (SCAN_GIVEN). The scan does not refer to the set afterwards; owned by the caller: scan_close(). */
int scan_open(const struct scan_set *set, int index, double voxel_um,
	      struct scan **out, struct gppi_error *err);
const struct scan_info *scan_info(const struct scan *scan);
void scan_close(struct scan *scan);

/* A compressed file is unpacked while its first slices are used already, which wait for theirs.
 * This waits for all of it: afterwards the file is known to be sound, and its unit. Called by one
 * thread while no other uses the scan; cheap for files that are not compressed. */
int scan_settle(struct scan *scan, struct gppi_error *err);

/* Raw voxels of slices z0 .. z0+nz-1. *out points either into memory of the scan or to
 * `scratch` (nz*ny*nx int16, caller's), valid until scan_close() or the reuse of scratch.
 * May be called from several threads at once with different scratch. */
int scan_slab(struct scan *scan, int z0, int nz, int16_t *scratch,
	      const int16_t **out, struct gppi_error *err);

/* Can the steps of raw values be those of Hounsfield units? Not of values scaled by 1e-8 or 1e9. */
bool scan_steps_of_hu(const struct scan_info *info);

/* Of `threads` wanted, how many may read slices at a time, each with a scratch of its own (budget.h). */
int scan_threads(const struct scan *scan, int threads);

/* Rows y0 .. y0+ny-1 of slice z, like scan_slab(), but no more is read than needed where the file
 * allows that. *out points at row y0; scratch must hold the whole slice (ny*nx of the volume). */
int scan_rows(struct scan *scan, int z, int y0, int ny, int16_t *scratch,
	      const int16_t **out, struct gppi_error *err);

/* True where rows are read at the cost of their share, each to its own place: row y of a slice to scratch + y * nx, the
 * rest of scratch as it was, or where *out points into memory of the scan. Else one scan_rows() is cheaper than two. */
bool scan_rows_apart(const struct scan *scan);

/* Where a viewer shows the volume: as the file says, also where its spacing is not believed or was
 * replaced (spacing_um); where it says nothing, from (0, 0, 0) along the axes at spacing_um. */
void scan_place_of(const struct scan *scan, struct scan_place *out);

/* The DICOM file that holds slice z; false where the scan is no DICOM or has no such slice. `path` lives
 * as long as the scan. */
struct scan_slice_file {
	const char *path;
	int frame, frames; /* of the file: frame from 0 */
};
bool scan_dicom_slice(const struct scan *scan, int z, struct scan_slice_file *out);

/* For sources that are not files (the phantom renderer, tests): wraps callbacks as a scan.
 * `info` is copied; `read` fills nz*ny*nx int16; `close` (may be NULL) frees `user`. */
struct scan_source {
	void *user;
	int (*read)(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err);
	void (*close)(void *user);
};
int scan_wrap(const struct scan_info *info, const struct scan_source *source,
	      struct scan **out, struct gppi_error *err);

#endif
