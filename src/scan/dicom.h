/* The door to dcmtk for readers: the facts of one DICOM file, and its frames as they are stored.
 * What the frames of many files mean together is series.c's business. */
#ifndef SCAN_DICOM_H
#define SCAN_DICOM_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct dicom_frame {
	bool has_position;
	double position[3]; /* mm, ImagePositionPatient */
	double slope, intercept;
};

/* Everything known of a file without its pixels. */
struct dicom_object {
	char path[1024];
	char series_uid[72], series_name[72], patient[72];
	int series_number;
	char transfer[64];    /* transfer syntax in words */
	char refusal[256];    /* why its pixels are not read, and what to do; empty: they are */
	char facts[320];      /* for scan_info.detail: "key: value; key: value" */
	int cols, rows, frames;
	int bits_allocated, bits_stored, high_bit;
	bool is_signed, inverted; /* inverted: MONOCHROME1 */
	bool has_orientation;
	double orientation[6];
	double spacing_mm[3]; /* x, y, and z as the header says; 0 where absent */
	bool has_location, has_instance;
	double location;
	int instance;
	bool hu;              /* the file says Hounsfield units */
	bool plain;           /* not compressed: the size of the pixels is known */
	bool big_endian;      /* of the pixels, where plain */
	size_t most;          /* where compressed: voxels that a byte of the file can stand for */
	size_t file_bytes;
	struct dicom_frame frame[]; /* one per frame */
};

/* 1: *out is an image; 0: not an image (DICOMDIR, a report ...), *out NULL; negative: a
 * damaged file. Owned by the caller: free(). */
int dicom_object_read(const char *path, struct dicom_object **out, struct err *err);

/* An open file whose frames are decoded one at a time; for one thread at a time. */
struct dicom_pixels;
int dicom_pixels_open(const char *path, struct dicom_pixels **out, struct err *err);
/* Stored values of a frame, in this processor's byte order; `bytes` is the size of buf and at
 * least rows * cols * bits_allocated / 8, rounded up to even. */
int dicom_pixels_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes,
		       struct err *err);
void dicom_pixels_close(struct dicom_pixels *px);

#ifdef __cplusplus
}
#endif

#endif
