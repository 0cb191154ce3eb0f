#include "scan/nifti.h"

#include <stdio.h>
#include <string.h>

#include "scan/flat.h"
#include "scan/format.h"
#include "scan/gunzip.h"

/* Header bytes of either kind of file; *packed tells which. */
static int read_head(const char *path, struct nifti_header *h, bool *packed, struct gppi_error *err)
{
	uint8_t head[NIFTI_HEADER_BYTES];
	size_t got;
	int rc = flat_read_file(path, 0, head, sizeof head, &got, err);
	if (rc < 0)
		return rc;
	*packed = got >= 2 && head[0] == 0x1f && head[1] == 0x8b;
	if (*packed) {
		struct gunzip *gz;
		if ((rc = gunzip_open(path, 0, &gz, err)) < 0)
			return rc;
		rc = gunzip_some(gz, head, sizeof head, &got, err);
		gunzip_close(gz);
		if (rc < 0)
			return rc;
	}
	return nifti_parse(head, got, path, h, err);
}

/* A .gz file is unpacked into memory by a thread of its own (a very large one as needed), and its unit is told by
 * scan_settle(); others are read slice by slice. */
static int nifti_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	struct scan_info *info = &scan->info;
	struct nifti_header h;
	struct flat_layout l = { .packed = false };
	int rc = read_head(path, &h, &l.packed, err);
	if (rc < 0)
		return rc;
	snprintf(l.path, sizeof l.path, "%s", path);
	l.nx = h.nx;
	l.ny = h.ny;
	l.nz = h.nz;
	l.offset = h.offset;
	l.map = h.map;
	rc = flat_open(&l, scan, err);
	if (rc < 0)
		return rc;
	snprintf(info->format, sizeof info->format, "NIfTI-%d%s", h.version, l.packed ? " (gzip)" : "");
	snprintf(info->path, sizeof info->path, "%s", path);
	spacing_take_two(info, h.pixdim_um, "pixdim", h.sform_um, "sform");
	if (!(h.sform_um[0] > 0.0))
		spacing_zero(info, h.pixdim_um);
	info->place = h.place;
	return 0;
}

const struct scan_format nifti_format = {
	.name = "NIfTI", .sniff = nifti_sniff, .open = nifti_open, .packed = true, .alone = true,
	.suffixes = { ".nii" },
};
