/* The DICOM results of one bone. */
#include "report/dicom_parts.h"

extern "C" {
#include "base/number.h"
#include "report/dicom_results.h"
#include "report/qc.h"
#include "report/report.h"
}

#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <new>

namespace {

/* Everything a result says, in one line. Time and speed are left out: the same answer is the same object. */
std::string facts_of(const struct gppi_result &r, const struct gppi_models *models)
{
	char s[640], exact[32], mm[32], confidence[32], pitch[32], asked[64];
	snprintf(s, sizeof s, "%s|%dx%dx%d|%d %s %s %d %d|%s|%s|%d %d|%s", r.name, r.dims[0], r.dims[1], r.dims[2],
		 r.gppi, number_fixed(exact, sizeof exact, 3, r.gppi_exact), number_fixed(mm, sizeof mm, 5, r.gppi_mm),
		 r.voi_first, r.voi_last, gppi_voi_text(&r.voi, asked, sizeof asked),
		 number_fixed(confidence, sizeof confidence, 4, r.confidence), (int)r.model, (int)r.engine,
		 number_fixed(pitch, sizeof pitch, 4, r.spacing_um[2]));
	std::string facts = s;
	for (int i = 0; i < r.nreasons && i < GPPI_MAX_REASONS; i++)
		facts += std::string("|") + r.reason[i];
	for (int i = 0; models && i < models_count(models); i++)
		if (report_used_model(&r, models_info(models, i)))
			facts += std::string("|") + models_info(models, i)->hash;
	return facts;
}

/* What the measures say, thresholds and numbers. */
std::string facts_of(const struct report_measures &r)
{
	const struct segment &s = r.bone->segment;
	const double settings[] = { s.trabecular, s.cortical, s.outer, s.sigma, (double)s.closing, (double)s.first,
				    (double)s.last };
	std::string facts = r.bone->unit;
	char text[32];
	for (double v : settings)
		facts += std::string("|") + number_short(text, sizeof text, 9, v);
	for (double v : r.measures->value)
		facts += std::string("|") + number_short(text, sizeof text, 9, v);
	return facts;
}

/* "STEM-WORD.dcm" */
int name_file(char *path, size_t size, const char *stem, const char *word, struct gppi_error *err)
{
	if (snprintf(path, size, "%s-%s.dcm", stem, word) < (int)size)
		return 0;
	return err_set(err, GPPI_E_USAGE, "%.200s...: the path is too long", stem);
}

int write_all(dicom_job &job, const char *stem, struct gppi_dicom_files *files, struct gppi_error *err)
{
	int rc = name_file(files->report, sizeof files->report, stem, "report", err);
	if (rc >= 0)
		rc = dicom_report(job, files->report, err);
	if (rc >= 0)
		rc = name_file(files->picture, sizeof files->picture, stem, "picture", err);
	if (rc >= 0)
		rc = dicom_picture(job, files->picture, err);
	if (rc >= 0 && job.result->gppi >= 0) {
		rc = name_file(files->key, sizeof files->key, stem, "key", err);
		if (rc >= 0)
			rc = dicom_key(job, files->key, err);
	}
	if (rc >= 0 && job.measures) {
		rc = name_file(files->segments, sizeof files->segments, stem, "segments", err);
		if (rc >= 0)
			rc = dicom_segments(job, files->segments, err);
	}
	return rc;
}

int write_results(const struct gppi_models *models, struct bone *bone, const struct gppi_result *r, const char *stem,
		  struct gppi_dicom_files *files, struct gppi_error *err)
{
	struct report_measures measures = {};
	dicom_job job = { bone->scan, r, models, nullptr, nullptr, facts_of(*r, models), time(nullptr) };
	if (bone->measures) {
		measures = report_measures_of(bone);
		job.measures = &measures;
		job.facts += "|" + facts_of(measures);
	}
	dicom_source source;
	/* before the picture is drawn: is this DICOM at all? */
	int rc = dicom_source_read(job, 0, &source, err);
	if (rc >= 0)
		rc = qc_draw(bone, r, &job.picture, err);
	if (rc >= 0)
		rc = write_all(job, stem, files, err);
	return rc;
}

} // namespace

int dicom_results_write(const struct gppi_models *models, struct bone *bone, const struct gppi_result *result,
			const char *stem, struct gppi_dicom_files *files, struct gppi_error *err)
{
	*files = {};
	try {
		OFLog::configure(OFLogger::OFF_LOG_LEVEL);
		return write_results(models, bone, result, stem, files, err);
	} catch (const std::bad_alloc &) {
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for DICOM results", stem);
	} catch (const std::exception &e) {
		return err_set(err, GPPI_E_IO, "%s: DICOM results cannot be made: %s", stem, e.what());
	}
}
