/* One DICOM file without its pixels: is it an image, and whose bone does it show? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "scan/dicom_header.h"
#include "scan/dicom_walk.h"

#define DIRECTORY_CLASS "1.2.840.10008.1.3.10"
#define FRAMES_MOST 65535.0
/* A file may have so many frames, or one for so many of its bytes: then what is kept of all frames is a small part of
 * the input. A compressed frame without a voxel takes 48 bytes and more. */
#define FRAMES_FREE 64
#define BYTES_PER_FRAME 16

/* NumberOfFrames, at least 1: some writers put 0 into files of one slice. */
static int count_frames(const struct dicom_header *h, const char *path, int *out, struct gppi_error *err)
{
	const struct dicom_given e = dicom_in_dataset(h, DICOM_NumberOfFrames);
	char text[DICOM_TEXT];
	double n = 1.0;

	if (dicom_numbers(&e, 1, &n) == DICOM_NO_NUMBER || !(n >= 0.0 && n <= FRAMES_MOST)) {
		dicom_code(&e, text);
		return err_set(err, GPPI_E_FORMAT, "%s: claims %s frames; the header is damaged", path, text);
	}
	*out = (int)fmax(n, 1.0);
	return 0;
}

/* Do so many frames fit into the file? Before memory is taken for each. A slice of its own that is cut is told when
 * it is read. */
static int check_frames(const struct dicom_header *h, const char *path, int frames, struct gppi_error *err)
{
	const size_t rows = (size_t)dicom_whole(h, DICOM_Rows, 0), cols = (size_t)dicom_whole(h, DICOM_Columns, 0);
	const int bits = dicom_whole(h, DICOM_BitsAllocated, 0);
	const size_t file_bytes = (size_t)h->kept.file_bytes;
	size_t pixels, need = 0;

	if (frames == 1)
		return 0;
	/* dcmtk looks for what it needs among all elements, for each frame */
	if ((uint64_t)frames * h->kept.elements > DICOM_WORK_MOST)
		return err_set(err, GPPI_E_FORMAT, "%s: has %d frames and %u elements beside them, more than any "
			       "image; export it anew", path, frames, (unsigned)h->kept.elements);
	/* colours may share samples: at least one for each pixel */
	if (dicom_header_plain(h) && bits > 0 &&
	    !(size_mul3(rows, cols, (size_t)frames, &pixels) && size_mul(pixels, (size_t)bits, &need)))
		need = SIZE_MAX;
	need = need / 8 + (need % 8 != 0);
	if (need > file_bytes)
		return err_set(err, GPPI_E_FORMAT, "%s: has %zu bytes, its pixels alone need %zu; the file is cut",
			       path, file_bytes, need);
	if (frames > FRAMES_FREE && file_bytes / BYTES_PER_FRAME < (size_t)frames)
		return err_set(err, GPPI_E_FORMAT, "%s: claims %d frames in %zu bytes; the file is cut or damaged, "
			       "copy it again", path, frames, file_bytes);
	return 0;
}

static int describe(const struct dicom_header *h, const char *path, struct dicom_object **out, struct gppi_error *err)
{
	const int rows = dicom_whole(h, DICOM_Rows, 0), cols = dicom_whole(h, DICOM_Columns, 0);
	char kind[sizeof DIRECTORY_CLASS + 1];
	int frames = 1;

	dicom_put_code(h, DICOM_MediaStorageSOPClassUID, kind, sizeof kind);
	if (!strcmp(kind, DIRECTORY_CLASS))
		return DICOM_DIRECTORY;
	if (rows < 1 || cols < 1)
		return DICOM_OTHER;
	if (count_frames(h, path, &frames, err) < 0 || check_frames(h, path, frames, err) < 0)
		return GPPI_E_FORMAT;
	struct dicom_object *o = calloc(1, sizeof *o + (size_t)frames * sizeof o->frame[0]);
	if (!o)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", path);
	snprintf(o->path, sizeof o->path, "%s", path);
	o->rows = rows;
	o->cols = cols;
	o->frames = frames;
	o->file_bytes = (size_t)h->kept.file_bytes;
	o->file_parts = (size_t)h->kept.parts;
	dicom_describe(h, o);
	*out = o;
	return DICOM_IMAGE;
}

int dicom_object_read(const char *path, struct dicom_object **out, struct gppi_error *err)
{
	struct dicom_header h;

	*out = NULL;
	int rc = dicom_header_read(path, &h, err);
	if (rc < 0)
		return rc;
	rc = describe(&h, path, out, err);
	dicom_header_free(&h);
	return rc;
}

/* "20240229", or "2024.02.29" as before 1993; empty where it is no day. */
static void day(const struct dicom_header *h, enum dicom_wanted tag, char *out, size_t size)
{
	const struct dicom_given e = dicom_in_dataset(h, tag);
	char text[DICOM_TEXT], digits[8];
	size_t n = 0;

	dicom_code(&e, text);
	for (const char *c = text; n < sizeof digits && ((*c >= '0' && *c <= '9') || *c == '.'); c++)
		if (*c != '.')
			digits[n++] = *c;
	if (n == sizeof digits)
		snprintf(out, size, "%.4s-%.2s-%.2s", digits, digits + 4, digits + 6);
}

void dicom_identity_read(const char *path, struct gppi_identity *out)
{
	static const enum dicom_wanted dates[] = { DICOM_StudyDate, DICOM_SeriesDate, DICOM_AcquisitionDate,
						   DICOM_ContentDate };
	struct dicom_header h;

	memset(out, 0, sizeof *out);
	if (dicom_header_read(path, &h, NULL) < 0)
		return;
	for (size_t i = 0; i < sizeof dates / sizeof *dates && !out->date[0]; i++)
		day(&h, dates[i], out->date, sizeof out->date);
	dicom_put_words(&h, DICOM_PatientID, out->patient_id, sizeof out->patient_id);
	dicom_put_words(&h, DICOM_PatientName, out->patient_name, sizeof out->patient_name);
	dicom_put_words(&h, DICOM_StudyDescription, out->study, sizeof out->study);
	dicom_put_words(&h, DICOM_SeriesDescription, out->series, sizeof out->series);
	dicom_put_words(&h, DICOM_AccessionNumber, out->accession, sizeof out->accession);
	dicom_put_code(&h, DICOM_StudyInstanceUID, out->study_uid, sizeof out->study_uid);
	dicom_put_code(&h, DICOM_SeriesInstanceUID, out->series_uid, sizeof out->series_uid);
	dicom_header_free(&h);
}
