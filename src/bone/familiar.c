#include "bone/familiar.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>

/* PLANE_AROUND finite numbers, each above `least`. */
static bool numbers(const json_t *list, double least, float *out)
{
	if (!json_is_array(list) || json_array_size(list) != PLANE_AROUND)
		return false;
	for (size_t i = 0; i < PLANE_AROUND; i++) {
		const json_t *value = json_array_get(list, i);
		double v = json_is_number(value) ? json_number_value(value) : NAN;
		if (!(v > least) || v > 1e6)
			return false;
		out[i] = (float)v;
	}
	return true;
}

int familiar_read(const char *meta, const char *label, struct plane_familiar *out, struct gppi_error *err)
{
	json_t *object = json_loads(meta, 0, NULL);
	const json_t *familiar = json_object_get(object, "familiar");
	const json_t *limit = json_object_get(familiar, "limit");
	int rc = 0;

	if (familiar) {
		double v = json_is_number(limit) ? json_number_value(limit) : 0;
		out->limit = (float)v;
		rc = v > 1e-3 && v < 1e6 && numbers(json_object_get(familiar, "mean"), -1e6, out->mean) &&
		     numbers(json_object_get(familiar, "sd"), 1e-3, out->sd);
		if (!rc)
			rc = err_set(err, GPPI_E_WEIGHTS,
				     "%s: \"familiar\" in its description needs %d numbers each for \"mean\" and "
				     "\"sd\", and a \"limit\"; write it anew with tools/train/familiar.py",
				     label, PLANE_AROUND);
	}
	json_decref(object);
	return rc;
}
