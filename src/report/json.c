#define _GNU_SOURCE
#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "bone/models.h"
#include "plane/table.h"

json_t *report_number(double value, int decimals)
{
	if (!isfinite(value))
		return json_null();
	double scale = pow(10, decimals);
	return json_real(round(value * scale) / scale);
}

json_t *report_string(const char *text)
{
	json_t *s = json_string(text);
	if (s)
		return s;
	/* File names may hold any bytes; JSON may not. */
	char *copy = strdup(text);
	unsigned code;
	if (!copy)
		return NULL;
	for (size_t n, i = 0; copy[i]; i += n ? n : 1)
		if ((n = printable_decode(copy + i, &code)) == 0)
			copy[i] = '?';
	s = json_string(copy);
	free(copy);
	return s;
}

json_t *report_index(int value)
{
	return value >= 0 ? json_integer(value) : json_null();
}

static json_t *known(const char *text)
{
	return text[0] ? report_string(text) : json_null();
}

json_t *report_identity(const struct gppi_identity *who)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "patient_id", known(who->patient_id), "patient_name", known(who->patient_name),
			 "sample", known(who->sample), "measurement", known(who->measurement),
			 "date", known(who->date), "study", known(who->study), "series", known(who->series),
			 "accession", known(who->accession), "study_uid", known(who->study_uid),
			 "series_uid", known(who->series_uid));
}

int report_json_line(FILE *out, json_t *object, struct gppi_error *err)
{
	char *line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
	unsigned code;

	json_decref(object);
	if (!line)
		return err_set(err, GPPI_E_NOMEM, "out of memory while writing JSON");
	/* Control characters occur in strings only, where JSON escapes them. */
	for (size_t n, i = 0; line[i]; i += n) {
		n = printable_decode(line + i, &code);
		if (n > 0 && !printable_harmless(code)) {
			fprintf(out, "\\u%04x", code);
			continue;
		}
		n = n ? n : 1;
		fwrite(line + i, 1, n, out);
	}
	fputc('\n', out);
	free(line);
	return 0;
}

bool report_used_model(const struct gppi_result *r, const struct gppi_model_info *m)
{
	const struct plane_entry *e = plane_entry(m->kind);

	return e && ((int)e->choice & (int)r->model);
}

static json_t *weights(const struct gppi_result *r, const struct gppi_models *models)
{
	json_t *list = json_array();

	for (int i = 0; list && models && i < models_count(models); i++) {
		const struct gppi_model_info *m = models_info(models, i);
		if (!report_used_model(r, m))
			continue;
		json_t *w = json_pack("{s:o, s:o}", "name", report_string(m->name),
				      "hash", report_string(m->hash));
		if (!w || json_array_append_new(list, w) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *folds(const struct gppi_result *r)
{
	json_t *list = json_array();
	for (int i = 0; list && i < r->nfolds && i < GPPI_MAX_FOLDS; i++)
		json_array_append_new(list, report_number(r->sv_fold[i], 3));
	return list;
}

static json_t *review(const struct gppi_result *r)
{
	json_t *list = json_array();
	for (int i = 0; list && i < r->nreasons && i < GPPI_MAX_REASONS; i++)
		json_array_append_new(list, report_string(r->reason[i]));
	return list;
}

/* null for a model that was not asked for, so that nobody takes a missing one for a failed one */
static json_t *models_json(const struct gppi_result *r)
{
	json_t *sv = json_null(), *cw = json_null(), *along = json_null();

	if (r->model & GPPI_MODEL_LONGAXIS)
		along = json_pack("{s:o, s:o}", "plane", report_number(r->longaxis_plane, 3),
				  "none", report_number(r->longaxis_none, 4));
	if (r->model & GPPI_MODEL_SV)
		sv = json_pack("{s:o, s:o, s:o}", "rough", report_number(r->sv_rough, 3),
			       "plane", report_number(r->sv_plane, 3), "folds", folds(r));
	if (r->model & GPPI_MODEL_CW)
		cw = json_pack("{s:o, s:o}", "plane", report_number(r->cw_plane, 3),
			       "likelihood_plane", report_number(r->cw_likelihood_plane, 3));
	return json_pack("{s:o, s:o, s:o}", "longaxis", along, "sv", sv, "cw", cw);
}

static json_t *seconds(const struct gppi_result *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "open", report_number(r->seconds_open, 4),
			 "locate", report_number(r->seconds_locate, 4),
			 "longaxis", report_number(r->seconds_longaxis, 4),
			 "sv", report_number(r->seconds_sv, 4),
			 "regress", report_number(r->seconds_regress, 4),
			 "cw", report_number(r->seconds_cw, 4),
			 "total", report_number(r->seconds_total, 4));
}

/* null for a scan of one bone */
static json_t *holder(const struct gppi_result *r)
{
	if (!r->bone)
		return json_null();
	return json_pack("{s:i, s:i, s:[i, i, i], s:[i, i, i]}", "bone", r->bone, "bones", r->bones, "offset",
			 r->offset[0], r->offset[1], r->offset[2], "dims", r->dims[0], r->dims[1], r->dims[2]);
}

json_t *report_result(const struct gppi_result *r, const struct gppi_models *models)
{
	json_t *spacing = json_pack("[o, o, o]", report_number(r->spacing_um[0], 4),
				    report_number(r->spacing_um[1], 4),
				    report_number(r->spacing_um[2], 4));
	char asked[64];
	json_t *voi = json_pack("{s:o, s:o, s:s, s:o}", "first", report_index(r->voi_first),
				"last", report_index(r->voi_last),
				"asked", gppi_voi_text(&r->voi, asked, sizeof asked),
				"inside", report_number(r->gppi >= 0 ? r->voi_share : NAN, 4));

	return json_pack(
		"{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:s, "
		"s:o, s:o, s:o}",
		"name", report_string(r->name),
		"input", report_string(r->input),
		"format", r->format,
		"gppi", report_index(r->gppi),
		"gppi_exact", report_number(r->gppi_exact, 3),
		"gppi_mm", report_number(r->gppi_mm, 5),
		"spacing_um", spacing,
		"spacing_known", report_spacing_word(r->spacing_known),
		"shaft_first", r->shaft_first,
		"voi", voi,
		"models", models_json(r),
		"confidence", report_number(r->confidence, 4),
		"review", review(r),
		"engine", report_engine_word(r->engine),
		"isa", r->isa ? r->isa : "",
		"weights", weights(r, models),
		"version", GPPI_VERSION,
		"seconds", seconds(r),
		"holder", holder(r),
		"status", report_status(r),
		"trained_on", report_string(r->trained_on),
		"identity", report_identity(&r->identity),
		"second_opinion", report_opinions(r));
}

int report_json(FILE *out, const struct gppi_result *r, const struct gppi_models *models,
		struct gppi_error *err)
{
	return report_json_line(out, report_result(r, models), err);
}

int report_json_failure(FILE *out, const struct report_failure *f, struct gppi_error *err)
{
	return report_json_line(out, json_pack(
		"{s:o, s:o, s:o, s:n, s:o, s:i, s:s, s:s}",
		"name", report_string(f->name), "input", report_string(f->input),
		"index", report_index(f->index), "gppi",
		"error", report_string(f->why->text), "code", f->why->code, "version", GPPI_VERSION,
		"status", "failed"), err);
}
