/* DICOM series: which files belong together, in which order, with which spacing and scale.
 * Pixels stay in their files until a slab is asked for. */
#ifndef SCAN_SERIES_H
#define SCAN_SERIES_H

#include "scan/dicom.h"
#include "scan/reader.h"

/* The DICOM images of an input and their grouping into series. */
struct series_list;

int series_list_new(struct series_list **out, struct err *err);
void series_list_free(struct series_list *list);

/* Notes a file, to be read by series_list_group(). */
int series_list_add(struct series_list *list, const char *path, struct err *err);

/* Reads the files and groups them by folder, SeriesInstanceUID and orientation; a multi-frame file is a
 * series of its own. Single slices beside a larger part of the same series (scouts) are left
 * out, files without an image too. To be called once, after the last file; returns how many series
 * there are. A damaged file is an error, the first in order of adding where there are several. */
int series_list_group(struct series_list *list, struct err *err);

/* Files that hold no image. */
int series_list_others(const struct series_list *list);

/* Images left out by the grouping. */
int series_list_scouts(const struct series_list *list);

/* A name for reports, before it is made unique: SeriesDescription, else patient and series
 * number, else the folder. */
void series_name(const struct series_list *list, int index, char name[128]);
const char *series_path(const struct series_list *list, int index); /* folder or file */

/* Checks and sorts series `index` into a scan (all of it but info.name). Sorted along the
 * normal of the slices by position, else by SliceLocation, InstanceNumber or file name. Gaps,
 * slices at the same place and mixed sizes are errors that name the files. */
int series_open(const struct series_list *list, int index, struct scan *scan, struct err *err);

/* One slice in order of the series. */
struct series_slice {
	const struct dicom_object *object;
	int frame;
	double where; /* mm along the normal, or the number it is sorted by */
};

/* series_order.c: sorts n slices of one series and checks their distances; *z_mm receives
 * the distance of slices, 0 where it is unknown. */
int series_order(struct series_slice *slices, int n, const char *path, double *z_mm,
		 struct err *err);

/* series_order.c: where the sorted slices lie; known only where all of them tell their position. */
void series_place(const struct series_slice *slices, int n, double z_mm, struct scan_place *out);

/* series_scan.c: the open scan of n sorted slices. */
int series_scan_open(const struct series_slice *slices, int n, double z_mm, const char *path,
		     struct scan *scan, struct err *err);

#endif
