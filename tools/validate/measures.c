/* Synthetic bones whose tissues are known, measured: segmentation and measures against the truth.
 *   measures [--bones N] [--seed N] [--condition NAME] [--fine] [--detect] [--closing UM] [--local UM] [--csv FILE]
 * --detect: the whole chain, with the plane that is found; else the true plane is given. --fine: struts as they are
 * drawn for training, finer than real ones. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "bone/bone.h"
#include "find/frame.h"
#include "measure/measures.h"
#include "measure/segment.h"
#include "phantom/render.h"
#include "validate/errors.h"

#define OFFSET 30 /* of the VOI, slices of 10 um */
#define LENGTH 100

struct options {
	int bones, fine, detect, threads;
	uint64_t seed;
	enum phantom_condition condition;
	struct segment_options segment;
	FILE *csv;
};

enum { E_BV_TV, E_TH, E_SP, E_CT_AR, E_CT_TH, E_DICE, E_PLANE, ERRORS };
static const char *const error_name[ERRORS] = { "BV/TV %", "Tb.Th %", "Tb.Sp %", "Ct.Ar %", "Ct.Th %", "1 - Dice %",
						"plane" };

static const int of_measure[] = { MEASURE_BV_TV, MEASURE_TB_TH, MEASURE_TB_SP, MEASURE_CT_AR, MEASURE_CT_TH };

/* The same block of true labels, as masks. */
static int true_masks(const struct phantom_params *p, const struct segment *s, int first, int last, struct segment *out,
		      struct gppi_error *err)
{
	const struct grid *g = &s->grey.grid;
	const size_t n = grid_voxels(g);
	struct scan *labels;
	int rc = phantom_labels(p, 0, &labels, err);

	*out = (struct segment){ .bone = NULL };
	if (rc < 0)
		return rc;
	rc = grey_read(labels, s->grey.first, g->n, 2, &out->grey, err);
	scan_close(labels);
	if (rc < 0)
		return rc;
	out->bone = calloc(n, 1);
	out->tv = calloc(n, 1);
	out->cortex = calloc(n, 1);
	out->wall = calloc(n, 1);
	if (!out->bone || !out->tv || !out->cortex || !out->wall)
		return err_set(err, GPPI_E_NOMEM, "out of memory");
	out->first = first - out->grey.first[2];
	out->last = last - out->grey.first[2];
	for (size_t i = 0; i < n; i++) {
		int label = out->grey.v[i], inside = label >= PHANTOM_SPONGIOSA;
		out->bone[i] = label == PHANTOM_CORTEX || label == PHANTOM_SPONGIOSA;
		out->cortex[i] = label == PHANTOM_CORTEX;
		out->wall[i] = !inside;
		out->tv[i] = inside;
	}
	return 0;
}

static int measure(const struct segment *s, int threads, struct measures *out, struct gppi_error *err)
{
	struct measure_input in = { .grid = s->grey.grid, .bone = s->bone, .tv = s->tv, .cortex = s->cortex,
				    .wall = s->wall,
				    .first = s->first, .last = s->last, .threads = threads };
	return measures_make(&in, out, err);
}

static double dice(const struct segment *a, const struct segment *b)
{
	size_t na = 0, nb = 0, both = 0;

	const size_t slice = (size_t)a->grey.grid.n[0] * (size_t)a->grey.grid.n[1];

	for (size_t i = slice * (size_t)a->first; i < slice * (size_t)(a->last + 1); i++) {
		na += a->tv[i];
		nb += b->tv[i];
		both += a->tv[i] && b->tv[i];
	}
	return 2 * (double)both / (double)(na + nb);
}

static int place_bone(const struct options *o, const struct gppi_models *models, struct scan *scan, double truth,
		      struct segment_place *at, double *plane, struct gppi_error *err)
{
	struct bone bone = { .threads = o->threads };
	struct gppi_options opt;
	int rc = bone_open(&bone, scan, NULL, err);

	gppi_options_default(&opt);
	opt.threads = o->threads;
	if (rc >= 0)
		rc = o->detect ? bone_detect(&bone, models, &opt, err) : bone_given(&bone, lrint(truth), &opt, err);
	if (rc >= 0) {
		const struct frame *f = &bone.frame;
		*plane = o->detect ? bone.result.gppi_exact : truth;
		int gppi = (int)lrint(*plane);
		*at = (struct segment_place){ f->cx, f->cy, f->side_x, f->side_y, gppi + OFFSET,
					      gppi + OFFSET + LENGTH - 1, f->bone_value, f->medium_value };
	}
	bone_free(&bone);
	return rc;
}

static int one_bone(const struct options *o, const struct gppi_models *models, uint64_t seed, double error[ERRORS],
		    struct gppi_error *err)
{
	struct phantom_params p;
	struct segment_place at;
	struct segment found = { .bone = NULL }, truth = { .bone = NULL };
	struct measures m = { .slice = NULL }, t = { .slice = NULL };
	struct scan *scan;
	float true_plane;
	double plane;

	phantom_params_draw(&p, seed, o->condition);
	p.floor_z = fmaxf(p.floor_z, 60);
	if (!o->fine)
		phantom_params_coarse(&p);
	int rc = phantom_scan(&p, 1, 0, NULL, &scan, &true_plane, NULL, err);
	if (rc < 0)
		return rc;
	rc = place_bone(o, models, scan, (double)true_plane, &at, &plane, err);
	if (rc >= 0)
		rc = segment_make(scan, &at, &o->segment, &found, err);
	if (rc >= 0)
		rc = segment_check(&found, o->threads, err);
	scan_close(scan);
	int gppi = (int)lrint((double)true_plane);
	if (rc >= 0)
		rc = true_masks(&p, &found, gppi + OFFSET, gppi + OFFSET + LENGTH - 1, &truth, err);
	if (rc >= 0)
		rc = measure(&found, o->threads, &m, err);
	if (rc >= 0)
		rc = measure(&truth, o->threads, &t, err);
	if (rc >= 0) {
		segment_check_thickness(&found, m.value[MEASURE_TB_TH], m.value[MEASURE_TB_TH_SD]);
		for (int i = 0; i < 5; i++)
			error[i] = 100 * (m.value[of_measure[i]] / t.value[of_measure[i]] - 1);
		error[E_DICE] = 100 * (1 - dice(&found, &truth));
		error[E_PLANE] = plane - (double)true_plane;
		FILE *out = o->csv ? o->csv : stdout;
		fprintf(out, "%llu,%.4f,%.4f", (unsigned long long)seed, t.value[MEASURE_BV_TV],
			t.value[MEASURE_TB_TH] * 1000);
		for (int i = 0; i < ERRORS; i++)
			fprintf(out, ",%.2f", error[i]);
		fprintf(out, ",%d,%.0f,%.0f,%.0f,%.0f,%.2f,%.2f\n", found.ndoubts, found.marrow, (double)p.marrow,
			found.compact, (double)p.bone, (double)p.blur, (double)p.noise);
		fflush(out);
	}
	measures_free(&m);
	measures_free(&t);
	segment_free(&found);
	segment_free(&truth);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "bones", 1, 0, 'n' }, { "seed", 1, 0, 's' }, { "condition", 1, 0, 'c' }, { "fine", 0, 0, 'f' },
		{ "detect", 0, 0, 'd' }, { "closing", 1, 0, 'r' }, { "sigma", 1, 0, 'g' }, { "local", 1, 0, 'l' },
		{ "csv", 1, 0, 'o' }, { 0, 0, 0, 0 },
	};
	struct options o = { .bones = 20, .seed = 9100001, .condition = PHANTOM_TYPICAL,
			     .threads = parallel_cpus() < 2 ? 1 : 2 };
	struct gppi_models *models = NULL;
	struct gppi_error error;
	const char *csv = NULL;
	int c, n = 0;

	segment_options_default(&o.segment);
	o.segment.threads = o.threads;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'n': o.bones = atoi(optarg); break;
		case 's': o.seed = strtoull(optarg, NULL, 10); break;
		case 'f': o.fine = 1; break;
		case 'd': o.detect = 1; break;
		case 'r': o.segment.closing_um = atof(optarg); break;
		case 'g': o.segment.sigma = atof(optarg); break;
		case 'l':
			o.segment.rule = SEGMENT_LOCAL;
			o.segment.window_um = atof(optarg);
			break;
		case 'o': csv = optarg; break;
		case 'c':
			for (int i = 0; i < PHANTOM_CONDITIONS; i++)
				if (strcmp(optarg, phantom_condition_name((enum phantom_condition)i)) == 0)
					o.condition = (enum phantom_condition)i;
			break;
		default: return 2;
		}
	if (o.detect && gppi_models_open(NULL, &models, &error) != GPPI_OK) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	if (csv)
		o.csv = fopen(csv, "w");
	double (*all)[ERRORS] = calloc((size_t)o.bones + 1, sizeof *all);
	for (int i = 0; all && i < o.bones; i++) {
		struct gppi_error err = { 0 };
		if (one_bone(&o, models, o.seed + (uint64_t)i, all[n], &err) < 0)
			fprintf(stderr, "%llu: %s\n", (unsigned long long)o.seed + (unsigned long long)i, err.text);
		else
			n++;
	}
	errors_print(all ? all[0] : NULL, all ? n : 0, error_name, ERRORS);
	free(all);
	gppi_models_free(models);
	if (o.csv)
		fclose(o.csv);
	return 0;
}
