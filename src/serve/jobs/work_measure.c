#include "serve/jobs/work_measure.h"

#include "bone/input.h"
#include "bone/measure.h"
#include "report/measures.h"
#include "serve/core/log.h"
#include "serve/core/service.h"

int work_measure(const struct work *w, struct gppi_input *input, int index, const struct gppi_result *result,
		 struct gppi_error *err)
{
	const struct serve_config *c = service_config(w->service);
	struct bone_measuring how = { .maps = c->qc || c->page || c->dicom_results || c->send.host[0] };
	struct bone *bone;

	if (!c->measure || result->gppi < 0)
		return 0;
	segment_options_default(&how.segment);
	struct stop_before before = input_begin(input, NULL);
	int rc = input_bone_of(input, index, result, &bone, err);
	if (rc == 0)
		rc = bone_measure(bone, &how, err);
	rc = input_end(input, before, rc, err);
	if (rc == GPPI_E_NOMEM || rc == GPPI_E_CANCELLED)
		return rc;
	if (rc < 0)
		serve_log(LOG_WARN, "not_measured key=%s what=\"%s\"", w->job->key, err->text);
	return 0;
}

static struct bone *bone_at(struct gppi_input *input, int index)
{
	return &input->bone[index]->bone;
}

void work_measured(struct gppi_input *input, int index, json_t *line)
{
	const struct bone *bone = bone_at(input, index);

	if (!bone->measures)
		return;
	const struct report_measures r = report_measures_of(bone);
	json_t *reasons = json_array();
	for (int i = bone->result.nreasons; reasons && report_measures_reason(&r, i); i++)
		json_array_append_new(reasons, json_string(report_measures_reason(&r, i)));
	json_object_set_new(line, "measures", report_measures_values(&r));
	json_object_set_new(line, "measures_review", reasons);
}

void work_measure_end(struct gppi_input *input, int index)
{
	if (input->n > 1)
		bone_measures_drop(bone_at(input, index));
}
