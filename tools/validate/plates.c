/* Synthetic bones whose growth plate is known, measured: the plate, its bridges and the landmarks against the truth.
 *   plates [--bones N] [--seed N] [--condition NAME] [--coarse] [--csv FILE]
 * Every third bone has bridges, 1 to 12 of them, the others none (those of the generator's texture, whose number nobody
 * knows, are left out). The true plane is given.
 * --coarse: struts as wide as real ones. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "bone/bone.h"
#include "bone/knee.h"
#include "phantom/plate.h"
#include "phantom/render.h"
#include "validate/errors.h"

struct options {
	int bones, coarse, threads;
	uint64_t seed;
	enum phantom_condition condition;
	FILE *csv;
};

enum { E_THICK, E_THICK_UM, E_LEVEL, E_TILT, E_BEGIN, E_BRIDGES, E_SHARE, E_SECONDARY, ERRORS };
static const char *const error_name[ERRORS] = {
	"thickness %", "thickness um", "level, slices", "tilt, degrees", "beginning, slices", "bridges",
	"their share, % of area", "secondary, slices",
};

static void compare(const struct bone_knee *k, const struct phantom_plate *t, double error[ERRORS])
{
	const struct plate *p = &k->plate;

	error[E_THICK] = 100 * (100 * p->thick / t->thick - 1);
	error[E_THICK_UM] = 1000 * p->thick - 10 * t->thick;
	error[E_LEVEL] = 100 * p->level - (t->level - lrint(t->plane));
	error[E_TILT] = p->tilt_deg - t->tilt_deg;
	error[E_BEGIN] = k->begin.slice - t->first;
	error[E_BRIDGES] = p->bridges - t->bridges;
	error[E_SHARE] = 100 * (p->bridge_share - t->bridge_share);
	error[E_SECONDARY] = k->secondary.slice - t->primary;
	for (int i = 0; i < E_SECONDARY && p->why; i++)
		error[i] = NAN;
	for (int i = E_BRIDGES; i <= E_SHARE && p->why_bridges; i++)
		error[i] = NAN;
}

static int find_knee(const struct options *o, struct scan *scan, double truth, struct bone_knee *knee,
		     struct gppi_error *err)
{
	struct bone bone = { .threads = o->threads };
	struct grey around = { .v = NULL };
	struct gppi_options opt;
	int rc = bone_open(&bone, scan, NULL, err);

	gppi_options_default(&opt);
	opt.threads = o->threads;
	if (rc >= 0)
		rc = bone_given(&bone, lrint(truth), &opt, err);
	if (rc >= 0)
		rc = bone_knee_read(&bone, o->threads, knee, &around, err);
	if (rc >= 0)
		rc = bone_knee_find(&bone, &around, o->threads, knee, err);
	grey_free(&around);
	bone_free(&bone);
	return rc;
}

static int one_bone(const struct options *o, int i, double error[ERRORS], struct gppi_error *err)
{
	const uint64_t seed = o->seed + (uint64_t)i;
	struct phantom_params p;
	struct phantom_plate truth;
	struct bone_knee knee = { .begin = { .slice = NAN } };
	struct scan *scan;

	phantom_params_draw(&p, seed, o->condition);
	p.floor_z = fmaxf(p.floor_z, 150);
	p.bridge = 0;
	if (o->coarse)
		phantom_params_coarse(&p);
	if (i % 3 == 0)
		phantom_params_bridges(&p, 1 + i / 3 % 12);
	int rc = phantom_plate(&p, &truth, err);
	if (rc >= 0)
		rc = phantom_scan(&p, 1, 0, NULL, &scan, NULL, NULL, err);
	if (rc < 0)
		return rc;
	rc = find_knee(o, scan, truth.plane, &knee, err);
	scan_close(scan);
	if (rc >= 0) {
		FILE *out = o->csv ? o->csv : stdout;
		compare(&knee, &truth, error);
		fprintf(out, "%llu,%.2f,%.2f,%d,%d,%.2f,%.2f", (unsigned long long)seed, 10 * truth.thick,
			1000 * knee.plate.thick, truth.bridges, knee.plate.bridges, (double)p.blur, knee.plate.seen);
		for (int e = 0; e < ERRORS; e++)
			fprintf(out, ",%.2f", error[e]);
		fprintf(out, ",%s\n", knee.plate.why ? knee.plate.why : "");
		fflush(out);
	}
	bone_knee_free(&knee);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "bones", 1, 0, 'n' }, { "seed", 1, 0, 's' }, { "condition", 1, 0, 'c' }, { "coarse", 0, 0, 'w' },
		{ "csv", 1, 0, 'o' }, { 0, 0, 0, 0 },
	};
	struct options o = { .bones = 12, .seed = 930001, .condition = PHANTOM_TYPICAL,
			     .threads = parallel_cpus() < 2 ? 1 : 2 };
	const char *csv = NULL;
	int c, n = 0;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'n': o.bones = atoi(optarg); break;
		case 's': o.seed = strtoull(optarg, NULL, 10); break;
		case 'w': o.coarse = 1; break;
		case 'o': csv = optarg; break;
		case 'c':
			for (int i = 0; i < PHANTOM_CONDITIONS; i++)
				if (strcmp(optarg, phantom_condition_name((enum phantom_condition)i)) == 0)
					o.condition = (enum phantom_condition)i;
			break;
		default: return 2;
		}
	if (csv)
		o.csv = fopen(csv, "w");
	double (*all)[ERRORS] = calloc((size_t)o.bones + 1, sizeof *all);
	for (int i = 0; all && i < o.bones; i++) {
		struct gppi_error err = { 0 };
		if (one_bone(&o, i, all[n], &err) < 0)
			fprintf(stderr, "%llu: %s\n", (unsigned long long)o.seed + (unsigned long long)i, err.text);
		else
			n++;
	}
	errors_print(all ? all[0] : NULL, all ? n : 0, error_name, ERRORS);
	free(all);
	if (o.csv)
		fclose(o.csv);
	return 0;
}
