/* NIfTI-1 and NIfTI-2 single files (.nii, .nii.gz).
 * Source of the layouts: the nifti1.h and nifti2.h of the NIfTI Data Format Working Group. */
#ifndef SCAN_NIFTI_H
#define SCAN_NIFTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/reader.h"
#include "scan/voxels.h"

#define NIFTI_HEADER_BYTES 540 /* the longer of the two headers */

struct nifti_header {
	int version; /* 1 or 2 */
	int nx, ny, nz;
	size_t offset; /* of the first voxel */
	struct voxel_map map; /* slope and intercept not chosen yet */
	double pixdim_um[3], sform_um[3]; /* what the header states; sform 0: no such form */
	struct scan_place place;
};

/* Does a file that starts with these bytes claim to be NIfTI (or its ancestor Analyze)? */
bool nifti_sniff(const uint8_t *head, size_t n);

/* Parses and checks a header of n bytes; `path` is for sentences. */
int nifti_parse(const uint8_t *head, size_t n, const char *path, struct nifti_header *out,
		struct gppi_error *err);

#endif
