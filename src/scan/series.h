/* DICOM series: which files belong together, in which order, with which spacing and scale.
 * Pixels stay in their files until a slab is asked for. */
#ifndef SCAN_SERIES_H
#define SCAN_SERIES_H

#include "scan/dicom.h"
#include "scan/reader.h"

/* The DICOM images of an input and their grouping into series. */
struct series_list;

int series_list_new(struct series_list **out, struct gppi_error *err);
void series_list_free(struct series_list *list);

/* Notes a file, to be read by series_list_group(). */
int series_list_add(struct series_list *list, const char *path, struct gppi_error *err);

/* Reads the files and groups them by folder, SeriesInstanceUID and orientation; a multi-frame file is a series of its
 * own, but that parts of a concatenation, or files that continue each other, are one. Slices that are each a series of
 * their own are one group by study, size and orientation. Single slices beside a larger part of the same series
 * (scouts) are left out, files without an image too. To be called once, after the last file; returns how many series
 * there are. A damaged file is an error, the first in order of adding where there are several. */
int series_list_group(struct series_list *list, struct gppi_error *err);

/* Files that hold no image, DICOMDIR included. */
int series_list_others(const struct series_list *list);

/* Images left out by the grouping. */
int series_list_scouts(const struct series_list *list);

/* A DICOMDIR among the files, which is an index of others; empty: none. */
const char *series_list_directory(const struct series_list *list);

/* A name for reports, before it is made unique: SeriesDescription, with the patient before it where another
 * patient's series has the same; else patient and series number, else the folder. */
void series_name(const struct series_list *list, int index, char name[128]);
/* PatientID, else the patient's name; "" where unknown. */
const char *series_patient(const struct series_list *list, int index);
const char *series_path(const struct series_list *list, int index); /* folder or file */

/* Checks and sorts series `index` into a scan (all of it but info.name). Sorted along the
 * normal of the slices by position, else by SliceLocation, InstanceNumber or file name. Gaps,
 * slices at the same place and mixed sizes are errors that name the files. */
int series_open(const struct series_list *list, int index, struct scan *scan, struct gppi_error *err);

/* One slice in order of the series. */
struct series_slice {
	const struct dicom_object *object;
	int frame;
	double where; /* mm along the normal, or the number it is sorted by */
};

#define SERIES_SLICES_MAX 65535

/* How the slices of a series follow each other. */
struct series_steps {
	double z_mm;       /* distance of slices, 0 where it is unknown */
	bool by_position;  /* sorted by ImagePositionPatient */
	bool uneven;       /* the distances change: from least_mm to most_mm; z_mm is their mean */
	double least_mm, most_mm;
	bool two_passes;   /* slices of two passes lie between each other */
};

/* series_order.c: sorts n slices of one series and checks their distances. */
int series_order(struct series_slice *slices, int n, const char *path, struct series_steps *steps,
		 struct gppi_error *err);

/* series_order.c: where the sorted slices lie; known only where all of them tell their position. */
void series_place(const struct series_slice *slices, int n, double z_mm, struct scan_place *out);

/* series_scan.c: the open scan of n sorted slices. */
int series_scan_open(const struct series_slice *slices, int n, const struct series_steps *steps, const char *path,
		     struct scan *scan, struct gppi_error *err);

#endif
