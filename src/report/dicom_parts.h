/* What the DICOM results have in common (C++): the source they belong to, the new series and
 * instance they are, the file they become. */
#ifndef REPORT_DICOM_PARTS_H
#define REPORT_DICOM_PARTS_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <ctime>
#include <string>

/* scan_info is a struct and a function, as C has it */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "base/err.h"
#include "bone/models.h"
#include "report/measures.h"
#include "report/canvas.h"
#include "scan/scan.h"
}
#pragma GCC diagnostic pop

#define DICOM_SCHEME "99GPPI" /* our own codes, listed in dicom_codes.h */

/* One bone's result and where it came from. */
struct dicom_job {
	struct scan *scan;
	const struct gppi_result *result;
	const struct gppi_models *models;
	const struct canvas *picture;
	const struct report_measures *measures; /* NULL: not measured */
	std::string facts; /* all that the result says: part of every instance UID */
	time_t now;
};

/* The slice that a result points to: its file's header without pixels. */
struct dicom_source {
	DcmFileFormat file;
	int frame = 0; /* from 1; 0: the file has one frame only */
	DcmDataset &data() { return *file.getDataset(); }
};
int dicom_source_read(const dicom_job &job, int slice, dicom_source *out, struct gppi_error *err);

/* One value of the source as text; empty where there is none. */
std::string dicom_text(DcmItem &item, const DcmTagKey &tag);

/* Only letters that every character set of DICOM shares. */
std::string dicom_ascii(const char *text);

/* What makes one kind of result: its series and name. */
struct dicom_kind {
	const char *word;        /* of the UIDs: "report", "key", "picture", "segments" */
	const char *modality;
	int series;              /* last digit of the series number */
	const char *description; /* of the series */
};
std::string dicom_uid(const dicom_job &job, dicom_source &source, const char *what);

/* Sets patient, study, series, equipment and SOP common attributes of a result. */
OFCondition dicom_identify(const dicom_job &job, dicom_source &source, const dicom_kind &kind,
			   DcmDataset &out);

/* Writes it whole or not at all, in a transfer syntax that it is in already. */
int dicom_save(DcmFileFormat &file, E_TransferSyntax xfer, const char *path, struct gppi_error *err);

int dicom_report(const dicom_job &job, const char *path, struct gppi_error *err);
int dicom_key(const dicom_job &job, const char *path, struct gppi_error *err);
int dicom_picture(const dicom_job &job, const char *path, struct gppi_error *err);
/* The tissues of a bone that was measured, as DICOM Segmentation. */
int dicom_segments(const dicom_job &job, const char *path, struct gppi_error *err);

#endif
