/* Writers of int16 volumes for synthetic scans and tests. Slices come from a callback, so
 * that a NIfTI volume is never held whole. Files appear under a temporary name, are synced
 * and renamed; nothing stays behind on failure. */
#ifndef PHANTOM_WRITE_H
#define PHANTOM_WRITE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "base/err.h"

/* Fills slice z (ny * nx values, x fastest). Negative stops the writer with that code.
 * Called once per slice, in ascending order. */
typedef int (*slice_fn)(void *user, int z, int16_t *out);

/* NIfTI-1, gzip where the name ends in .gz. spacing_um <= 0: identity affine and zooms 1,
 * which is how volumes without a known spacing are published. */
int write_nifti(const char *path, int nx, int ny, int nz, double spacing_um, slice_fn fn,
		void *user, struct gppi_error *err);

enum write_syntax { WRITE_EXPLICIT_LE, WRITE_RLE, WRITE_JPEG_LOSSLESS, WRITE_JPEG_LS };

struct write_dicom_options {
	enum write_syntax syntax;
	int multiframe;      /* one file for all slices: 1 without, 2 with a position per frame */
	int reversed;        /* 1: files and instance numbers run against the positions */
	const char *patient; /* PatientName and PatientID; NULL: "phantom" */
	const char *series;  /* SeriesDescription; NULL: "femur" */
	int first;           /* the files hold slices `first` and on of a longer scan */
	int series_number;   /* also makes the UIDs of several series in a folder differ */
};

/* CT images (signed 16 bit, rescale 1 and 0) in `folder`, which is made where it is missing.
 * Slice z lies at z * spacing along +z; spacing_um <= 0 writes 10 um. UIDs follow from
 * patient, series, number and slice. Multi-frame files are held in memory while they are made,
 * DICOM files are renamed into place but not synced. */
int write_dicom(const char *folder, int nx, int ny, int nz, double spacing_um,
		const struct write_dicom_options *options, slice_fn fn, void *user,
		struct gppi_error *err);

#ifdef __cplusplus
}
#endif

#endif
