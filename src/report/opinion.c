/* Second opinions in tables and pictures. */
#include <math.h>
#include <string.h>

#include "report/report.h"

const char *const report_solutions[GPPI_MAX_OPINIONS] = { "sn", "mh", "ek", "bm", "cw-native" };

const char *report_solution_word(const char *solution)
{
	static const char *const words[GPPI_MAX_OPINIONS] = { "SN", "MH", "EK", "BM", "CW native" };

	for (int i = 0; i < GPPI_MAX_OPINIONS; i++)
		if (strcmp(report_solutions[i], solution) == 0)
			return words[i];
	return solution;
}

double report_opinion(const struct gppi_result *r, const char *solution)
{
	for (int i = 0; i < r->nopinions && i < GPPI_MAX_OPINIONS; i++)
		if (strcmp(r->opinion[i].solution, solution) == 0)
			return r->opinion[i].plane;
	return NAN;
}

json_t *report_opinions(const struct gppi_result *r)
{
	json_t *list = json_array();

	if (r->nopinions == 0) {
		json_decref(list);
		return json_null();
	}
	for (int i = 0; list && i < r->nopinions && i < GPPI_MAX_OPINIONS; i++) {
		const struct gppi_opinion *o = &r->opinion[i];
		json_t *one = json_pack("{s:s, s:o, s:o, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "solution", o->solution,
					"plane", report_number(o->plane, 3), "spread", report_number(o->spread, 3),
					"members", o->members, "inferences", o->inferences,
					"parameters", report_number(o->parameters, 0),
					"seconds", report_number(o->seconds, 3), "memory", report_number(o->memory, 0),
					"trained_on", report_string(o->trained_on),
					"error", o->error[0] ? report_string(o->error) : json_null());
		if (!one || json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o}", "device", r->heavy_device, "solutions", list);
}
