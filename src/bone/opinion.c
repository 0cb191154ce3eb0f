#include "bone/opinion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

struct gppi_heavy {
	struct heavy *heavy;
};

int opinion_open(const char *folder, const char *ort, enum onnx_device device, int number, int threads,
		 struct gppi_heavy **out, struct gppi_error *err)
{
	struct gppi_heavy *h = calloc(1, sizeof *h);
	int rc = h ? heavy_open(folder, ort, device, number, threads, &h->heavy, err) :
		     err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its networks", folder);

	*out = h;
	if (rc < 0) {
		free(h);
		*out = NULL;
	}
	return rc;
}

void opinion_free(struct gppi_heavy *heavy)
{
	if (heavy)
		heavy_close(heavy->heavy);
	free(heavy);
}

/* As people call it: "cw" is the small network that is built in. */
static const char *called(const struct heavy_manifest *m)
{
	return strcmp(m->solution->name, "cw") == 0 ? "cw-native" : m->solution->name;
}

static int find(const struct gppi_options *opt)
{
	for (int i = 0; opt->heavy && i < heavy_count(opt->heavy->heavy); i++)
		if (strcmp(called(heavy_manifest(opt->heavy->heavy, i)), opt->heavy_alone) == 0)
			return i;
	return -1;
}

int opinion_check(const struct gppi_options *opt, struct gppi_error *err)
{
	if (!opt->heavy_alone || find(opt) >= 0)
		return 0;
	return err_set(err, GPPI_E_USAGE, "the networks of %.20s are not there; name the folder with its manifest by "
		       "--second-opinion DIR", opt->heavy_alone);
}

static double deviation(const struct heavy_answer *a)
{
	double sum = 0;

	for (int k = 0; k < a->manifest->members; k++)
		sum += (a->member[k] - a->plane) * (a->member[k] - a->plane);
	return sqrt(sum / a->manifest->members);
}

/* Asks solution `index`; its answer, or why there is none, goes to the result. */
static int ask(struct bone *bone, const struct gppi_options *opt, int index, double near, double *plane,
	       struct gppi_error *err)
{
	struct heavy *heavy = opt->heavy->heavy;
	const struct heavy_manifest *m = heavy_manifest(heavy, index);
	struct gppi_opinion *o = &bone->result.opinion[bone->result.nopinions++];
	struct heavy_answer answer;
	struct gppi_error why = { 0 };

	os_memory_peak_reset();
	int rc = heavy_ask(heavy, index, bone->scan, &bone->frame, near, NULL, NULL, &answer, &why);

	uint64_t memory = os_memory_peak();

	*o = (struct gppi_opinion){ .plane = NAN, .spread = NAN, .members = m->members, .parameters = m->parameters,
				    .memory = memory ? (double)memory : NAN };
	snprintf(o->solution, sizeof o->solution, "%s", called(m));
	snprintf(o->trained_on, sizeof o->trained_on, "%s", m->trained_on);
	snprintf(bone->result.heavy_device, sizeof bone->result.heavy_device, "%s",
		 onnx_device_name(heavy_onnx(heavy)));
	*plane = rc == 0 ? answer.plane : NAN;
	if (rc < 0) {
		snprintf(o->error, sizeof o->error, "%.255s", why.text);
		return err_set(err, rc, "%s", why.text);
	}
	if (!isnan(answer.plane)) {
		o->plane = frame_to_native(&bone->frame, answer.plane);
		o->spread = deviation(&answer);
	}
	o->inferences = answer.inferences;
	o->seconds = answer.seconds;
	return 0;
}

int opinion_alone(struct bone *bone, const struct gppi_options *opt, struct gppi_error *err)
{
	struct plane_result *p = &bone->plane;
	double plane;

	if (!opt->heavy_alone)
		return 0;
	int rc = ask(bone, opt, find(opt), NAN, &plane, err);
	if (rc < 0)
		return rc;
	p->plane = plane;
	p->confidence = 0;
	p->nreasons = 1;
	snprintf(p->reason[0], sizeof p->reason[0],
		 isnan(plane) ? "%s sees no plane"
			      : "plane by %s alone, whose confidence is not known: "
				"check it",
		 opt->heavy_alone);
	return 0;
}

/* A reason for a review where the last solution asked does not confirm the plane. */
static void judge(struct bone *bone, double plane, double most)
{
	struct gppi_result *r = &bone->result;
	const struct gppi_opinion *o = &r->opinion[r->nopinions - 1];
	char text[sizeof r->reason[0]];

	if (!(most > 0) || r->gppi < 0 || fabs(plane - bone->plane.plane) <= most)
		return;
	if (o->error[0])
		snprintf(text, sizeof text, "second opinion: %s gives none", o->solution);
	else if (isnan(plane))
		snprintf(text, sizeof text, "second opinion: %s sees no plane", o->solution);
	else
		snprintf(text, sizeof text, "second opinion: %s has the plane in slice %.0f, not %d: look at both",
			 o->solution, o->plane, r->gppi);
	if (r->nreasons < GPPI_MAX_REASONS)
		memcpy(r->reason[r->nreasons++], text, sizeof text);
}

int opinion_ask(struct bone *bone, const struct gppi_options *opt, struct gppi_error *err)
{
	double near = opt->exhaustive ? NAN : bone->plane.plane, plane;

	if (!opt->heavy || opt->heavy_alone || (opt->heavy_when == GPPI_WHEN_REVIEW && bone->result.nreasons == 0))
		return 0;
	for (int i = 0; i < heavy_count(opt->heavy->heavy); i++) {
		if (ask(bone, opt, i, near, &plane, err) == GPPI_E_CANCELLED)
			return GPPI_E_CANCELLED;
		judge(bone, plane, opt->heavy_disagree);
	}
	return 0;
}
