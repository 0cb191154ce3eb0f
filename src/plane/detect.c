#include <stdlib.h>

#include "plane/parts.h"

int plane_detect(const struct plane_models *models, const struct plane_source *source,
		 const struct plane_options *options, struct plane_result *out, struct gppi_error *err)
{
	struct plane_context context = { .choice = options->choice, .nslices = source->nslices,
					 .bone_first = source->bone_first,
					 .bone_last = source->bone_last,
					 .number = source->number, .user = source->user,
					 .familiar = models->familiar };
	struct plane_networks *networks;
	struct plane_scorer scorer;

	*out = (struct plane_result){ 0 };
	int rc = plane_networks_open(models, source, options, &networks, &scorer, err);
	if (rc < 0)
		return rc;
	rc = plane_decide(&scorer, &context, options->exhaustive, out, err);
	if (rc >= 0 && options->progress && options->progress(options->progress_user, 1.0) < 0) {
		plane_result_free(out);
		rc = err_set(err, GPPI_E_CANCELLED, "stopped on request");
	}
	plane_networks_free(networks);
	return rc;
}

void plane_result_free(struct plane_result *result)
{
	if (!result)
		return;
	free(result->beliefs);
	free(result->sv_score);
	free(result->cw_score);
	result->beliefs = NULL;
	result->sv_score = result->cw_score = NULL;
}
