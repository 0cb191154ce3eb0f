/* The facts of one DICOM file, which come from its own elements (dicom_header.h), and its frames as they are stored,
 * which dcmtk decodes where they are compressed. What the frames of many files mean together is series.c's business. */
#ifndef SCAN_DICOM_H
#define SCAN_DICOM_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gppi/identity.h"

struct dicom_frame {
	bool has_position;
	double position[3]; /* mm, ImagePositionPatient */
	double slope, intercept;
};

/* Everything known of a file without its pixels. */
struct dicom_object {
	char path[1024];
	char study_uid[72], series_uid[72], concatenation_uid[72];
	char series_name[128], patient[128]; /* UTF-8; patient: PatientID, else the name */
	int series_number;
	int part, parts;      /* of a concatenation; 0 where that is not told */
	char transfer[64];    /* transfer syntax in words */
	char refusal[256];    /* why its pixels are not read, and what to do; empty: they are */
	char facts[320];      /* for scan_info.detail: "key: value; key: value" */
	int cols, rows, frames;
	int bits_allocated, bits_stored, high_bit;
	bool is_signed, monochrome1; /* monochrome1: shown with low values bright */
	bool has_padding;
	int padding[2];       /* lowest and highest stored value that mean "nothing was measured here" */
	bool has_orientation;
	double orientation[6];
	double spacing_mm[3]; /* x, y, and z as the header says; 0 where absent */
	bool spacing_zero;    /* the header says 0 of x or y */
	double between_mm;    /* SpacingBetweenSlices, where it is what z is taken from; else 0 */
	bool has_location, has_instance, has_acquisition;
	double location;
	int instance, acquisition;
	char odd[96];         /* a value that is not a number: "PixelSpacing is 0.02mm"; empty: none */
	bool hu;              /* the file says Hounsfield units */
	bool ct;              /* a CT of more than 8 bits that does not tell its units: Hounsfield units, where values
			       * below water are possible (PS3.3 C.8.2.1) */
	bool plain;           /* not compressed: the size of the pixels is known */
	bool big_endian;      /* of the pixels, where plain */
	size_t file_bytes;
	size_t file_parts;    /* elements, items and fragments */
	struct dicom_frame frame[]; /* one per frame */
};

enum dicom_kind { DICOM_OTHER, DICOM_IMAGE, DICOM_DIRECTORY }; /* other: reports, plans ...; directory: a DICOMDIR */

/* DICOM_IMAGE: *out is an image, owned by the caller: free(). Else *out is NULL; negative: a damaged file. */
int dicom_object_read(const char *path, struct dicom_object **out, struct gppi_error *err);

/* Whose bone the file shows; empty fields where that cannot be read. */
void dicom_identity_read(const char *path, struct gppi_identity *out);

/* An open file whose frames are decoded one at a time; for one thread at a time. */
struct dicom_pixels;
int dicom_pixels_open(const char *path, struct dicom_pixels **out, struct gppi_error *err);
/* Stored values of a frame, in this processor's byte order; `bytes` is the size of buf and at
 * least rows * cols * bits_allocated / 8, rounded up to even. */
int dicom_pixels_frame(struct dicom_pixels *px, int frame, void *buf, size_t bytes,
		       struct gppi_error *err);
/* Bytes of compressed frames that are kept until it is closed. */
size_t dicom_pixels_held(const struct dicom_pixels *px);
void dicom_pixels_close(struct dicom_pixels *px);

/* Transfer syntaxes that are not plain. *name is what they are called; false: such pixels are not read, and *refusal
 * says why and what to do. */
bool dicom_transfer(const char *uid, char name[64], char refusal[256]);

/* Text in the alphabets of SpecificCharacterSet to UTF-8. False: not to be converted, or longer than `size` bytes. */
bool dicom_convert(const char *alphabet, const char *text, const char *delimiters, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
