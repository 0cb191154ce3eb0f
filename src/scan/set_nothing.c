#include "scan/set_parts.h"

#include <stdio.h>

/* DICOM files that are there, but no scan. */
static int only_dicom(const struct scan_set *set, const char *path, struct gppi_error *err)
{
	if (set->packed)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: %s DICOM behind gzip (%d file%s); unpack with gunzip first", path,
			       set->folder ? "holds" : "is", set->packed, set->packed == 1 ? "" : "s");
	if (series_list_directory(set->series)[0])
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is a DICOMDIR, which only lists other files; give the folder that "
			       "holds these",
			       series_list_directory(set->series));
	if (!set->folder && series_list_others(set->series))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is a DICOM file without an image (a report, a plan ...); give the "
			       "folder of the series", path);
	return 0;
}

int set_nothing_found(const struct scan_set *set, const char *path, struct gppi_error *err)
{
	const struct walk *w = &set->walk;
	int pictures = stack_list_pictures(set->stacks);
	char more[160] = "", known[160];
	size_t n = 0;
	int rc = only_dicom(set, path, err);
	if (rc < 0)
		return rc;
	if (!set->folder)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: holds no scan in a known format; give a file of one of these: %s, DICOM, or the "
			       "folder of a DICOM series or of slices", path, format_names(false, known, sizeof known));
	if (set->projection.code)
		return err_set(err, set->projection.code, "%s", set->projection.text);
	if (set->unreads >= STACK_LEAST)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: the folder holds %d pictures in the format %s, which is not read; save "
			       "the slices as TIFF or PNG",
			       path, set->unreads, set->unread);
	if (pictures >= STACK_LEAST)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: the folder holds %d pictures, but no %d that differ only in one number "
			       "of their names, which would count slices; name them slice_0001, slice_0002 ...",
			       path, pictures, STACK_LEAST);
	if (w->folders)
		n += (size_t)snprintf(more + n, sizeof more - n, ", %d sub-folder%s searched", w->folders,
				      w->folders == 1 ? "" : "s");
	if (w->too_deep)
		n += (size_t)snprintf(more + n, sizeof more - n, ", but none more than %d levels deep", WALK_DEPTH);
	if (w->left_aside)
		snprintf(more + n, sizeof more - n, ", %d name%s of unfinished copies or of the system left aside",
			 w->left_aside, w->left_aside == 1 ? "" : "s");
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the folder holds no DICOM series, no slices and no volume in another known format "
		       "(%d other file%s)%s; give the folder that holds the scan", path, set->others,
		       set->others == 1 ? "" : "s", more);
}
