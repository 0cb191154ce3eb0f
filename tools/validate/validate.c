/* validate: detects the plane of synthetic bones nobody trained on and compares it with the truth.
 *
 * Bones are rendered at full resolution as they are read (render.h), so that nothing needs to be
 * written. Prints the tables of weights/README.md in Markdown; --csv keeps every bone.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bone/bone.h"
#include "phantom/render.h"
#include "validate/turned.h"

#define TEST_SEED 200000 /* training uses seeds below 100000 */

static const char usage[] =
	"usage: validate [--seed N] [--any N] [--per-condition N] [--negatives N] [--weights DIR]\n"
	"                [--turns N] [--both-engines] [--exhaustive] [--step 2] [--csv FILE]\n"
	"                [--threads N]\n";

enum figure { F_LONG, F_ROUGH, F_SV, F_CLOSING, F_CW, F_ALL, NFIGURES };

struct tally {
	int bones, answered, ok, within[NFIGURES], found[NFIGURES], within_ok, ends;
	double abs_sum[NFIGURES], sum[NFIGURES], score[NFIGURES];
	double engine_gap, engine_worst;
	int engines, compared, same; /* with the exhaustive search */
};

struct options {
	uint64_t seed;
	int per_condition, any, negatives, turns, both, exhaustive;
	int step; /* 1: 10 um voxels, 2: 20 x 20 x 10 um, four times as fast */
	const char *weights, *csv;
	struct gppi_options detect;
};

static void count(struct tally *t, const double value[NFIGURES], double truth, int ok)
{
	t->bones++;
	for (int i = 0; i < NFIGURES; i++) {
		if (isnan(value[i]))
			continue;
		double e = value[i] - truth;
		t->found[i]++;
		t->sum[i] += e;
		t->abs_sum[i] += fabs(e);
		t->score[i] += gppi_score(value[i], truth);
		t->within[i] += fabs(e) <= 3;
	}
	t->answered += !isnan(value[F_ALL]);
	t->ok += ok;
	t->within_ok += ok && fabs(value[F_ALL] - truth) <= 3;
}

static void merge(struct tally *all, const struct tally *t)
{
	all->bones += t->bones;
	all->answered += t->answered;
	all->ok += t->ok;
	all->within_ok += t->within_ok;
	all->ends += t->ends;
	for (int i = 0; i < NFIGURES; i++) {
		all->found[i] += t->found[i];
		all->within[i] += t->within[i];
		all->sum[i] += t->sum[i];
		all->abs_sum[i] += t->abs_sum[i];
		all->score[i] += t->score[i];
	}
	all->engines += t->engines;
	all->engine_gap += t->engine_gap;
	all->engine_worst = fmax(all->engine_worst, t->engine_worst);
}

static void print_row(const char *name, const struct tally *t)
{
	printf("| %s | %d |", name, t->bones);
	for (int i = 0; i < NFIGURES; i++)
		printf(" %.2f |", t->found[i] ? t->abs_sum[i] / t->found[i] : NAN);
	printf(" %+.2f | %.3f | %.0f %% | %.0f %% | %d of %d |", t->sum[F_ALL] / t->found[F_ALL],
	       t->score[F_ALL] / t->bones, 100.0 * t->within[F_ALL] / t->bones,
	       100.0 * t->ok / t->bones, t->within_ok, t->ok);
	if (t->engines)
		printf(" %.2f (%.0f) |", t->engine_gap / t->engines, t->engine_worst);
	putchar('\n');
	fflush(stdout);
}

/* The result is owned by the caller. */
static int detect_scan(const struct gppi_models *models, struct scan *scan, const struct gppi_options *opt,
		       struct gppi_result **result, struct gppi_error *err)
{
	struct bone bone = { .voxel_um = 0 };
	int rc = bone_open(&bone, scan, NULL, err);

	*result = malloc(sizeof **result);
	if (rc >= 0)
		rc = *result ? bone_detect(&bone, models, opt, err) : GPPI_E_NOMEM;
	if (rc >= 0)
		**result = bone.result;
	else
		free(*result);
	bone_free(&bone);
	return rc < 0 ? rc : 0;
}

static int detect(const struct gppi_models *models, const struct phantom_params *p, int step,
		  float *truth, const struct gppi_options *opt, struct gppi_result **result, struct gppi_error *err)
{
	struct scan *scan;
	int rc = phantom_scan(p, step, 0, NULL, &scan, truth, NULL, err);

	if (rc < 0)
		return rc;
	rc = detect_scan(models, scan, opt, result, err);
	scan_close(scan);
	return rc;
}

static int one_bone(const struct options *o, const struct gppi_models *models, uint64_t seed,
		    enum phantom_condition condition, struct tally *t, FILE *csv)
{
	struct phantom_params p;
	struct gppi_result *r, *check;
	struct gppi_error err = { 0 };
	float truth;
	double value[NFIGURES] = { NAN, NAN, NAN, NAN, NAN, NAN };

	phantom_params_draw(&p, seed, condition);
	p.floor_z = fmaxf(p.floor_z, 60);
	int rc = detect(models, &p, o->step, &truth, &o->detect, &r, &err);
	if (rc < 0) {
		fprintf(stderr, "%s %llu: %s\n", phantom_condition_name(condition),
			(unsigned long long)seed, err.text);
		count(t, value, (double)truth, 0);
		if (csv)
			fprintf(csv, "%s-%llu,%.1f,,,,,,,,\n", phantom_condition_name(condition),
				(unsigned long long)seed, (double)truth);
		return rc == GPPI_E_NOBONE ? 0 : rc;
	}
	value[F_LONG] = r->longaxis_plane;
	value[F_ROUGH] = r->sv_rough;
	value[F_SV] = r->sv_plane;
	value[F_CLOSING] = r->cw_plane;
	value[F_CW] = r->cw_likelihood_plane;
	value[F_ALL] = r->gppi < 0 ? NAN : r->gppi;
	count(t, value, rint((double)truth), r->nreasons == 0);
	t->ends += r->shaft_first;
	if (csv) {
		fprintf(csv, "%s-%llu,%.1f,%d,%.2f,%.2f,%.2f,%.2f,%.2f,%.2f,%.3f,", phantom_condition_name(condition),
			(unsigned long long)seed, (double)truth, r->gppi, r->gppi_exact, r->longaxis_plane, r->sv_rough,
			r->sv_plane, r->cw_plane, r->cw_likelihood_plane, r->confidence);
		for (int i = 0; i < r->nreasons; i++)
			fprintf(csv, "%s%s", i ? "; " : "", r->reason[i]);
		fprintf(csv, "\n");
		fflush(csv);
	}
	if (o->both) {
		struct gppi_options other = o->detect;
		other.engine = GPPI_ENGINE_FP32;
		if (detect(models, &p, o->step, &truth, &other, &check, &err) == 0) {
			double gap = abs(check->gppi - r->gppi);
			t->engines++;
			t->engine_gap += gap;
			t->engine_worst = fmax(t->engine_worst, gap);
			gppi_result_free(check);
		}
	}
	if (o->exhaustive) {
		struct gppi_options other = o->detect;
		other.exhaustive = 1;
		if (detect(models, &p, o->step, &truth, &other, &check, &err) == 0) {
			t->compared++;
			t->same += check->gppi == r->gppi;
			gppi_result_free(check);
		}
	}
	gppi_result_free(r);
	return 0;
}

/* Volumes without a growth plate: how many are refused or marked for review. */
static int negatives(const struct options *o, const struct gppi_models *models)
{
	printf("\n| volume without a growth plate | volumes | refused | review | answered as ok "
	       "|\n|---|---|---|---|---|\n");
	for (int kind = PHANTOM_SHAFT; kind <= PHANTOM_PLANT; kind++) {
		int refused = 0, review = 0;
		for (int i = 0; i < o->negatives; i++) {
			struct phantom_params p;
			struct gppi_result *r;
			struct gppi_error err;
			float truth;

			phantom_params_draw_kind(&p, o->seed + 50000 + (uint64_t)i, (enum phantom_kind)kind);
			int rc = detect(models, &p, o->step, &truth, &o->detect, &r, &err);
			if (rc < 0 && rc != GPPI_E_NOBONE)
				return rc;
			refused += rc < 0;
			if (rc == 0) {
				review += r->nreasons > 0;
				gppi_result_free(r);
			}
		}
		printf("| %s | %d | %d | %d | %d |\n", phantom_kind_name((enum phantom_kind)kind), o->negatives,
		       refused, review, o->negatives - refused - review);
		fflush(stdout);
	}
	return 0;
}

/* How far the plane moves when the same bone lies otherwise in the scanner. */
static int turns(const struct options *o, const struct gppi_models *models)
{
	int worst = 0, worst_reversed = 0;

	for (int i = 0; i < o->turns; i++) {
		struct phantom_params p;
		struct scan *scan, *view;
		struct gppi_error err;
		int first = -1, rc = 0;

		phantom_params_draw(&p, o->seed + 60000 + (uint64_t)i, PHANTOM_TYPICAL);
		if (phantom_scan(&p, 2, 0, NULL, &scan, NULL, NULL, &err) < 0)
			return -1;
		for (int v = 0; v < TURNED_VIEWS && rc == 0; v++) {
			struct gppi_result *r;
			rc = turned_scan(scan, v, &view, &err);
			if (rc < 0)
				break;
			rc = detect_scan(models, view, &o->detect, &r, &err);
			scan_close(view);
			if (rc < 0)
				break;
			int plane = r->gppi < 0 ? -1000 : v & 8 ? p.nz - 1 - r->gppi : r->gppi;
			gppi_result_free(r);
			first = v == 0 ? plane : first;
			int gap = abs(plane - first);
			worst = gap > worst ? gap : worst;
			worst_reversed = v == 8 && gap > worst_reversed ? gap : worst_reversed;
		}
		scan_close(scan);
		if (rc < 0) {
			fprintf(stderr, "%s\n", err.text);
			return rc;
		}
	}
	printf("\n%d bones in %d positions each: the plane moves by %d slices at most (z reversed: %d).\n", o->turns,
	       TURNED_VIEWS, worst, worst_reversed);
	return 0;
}

static int run(const struct options *o, const struct gppi_models *models, FILE *csv)
{
	struct tally all = { 0 };
	int compared = 0, same = 0;

	printf("| condition | bones | long-axis MAE | SV rough MAE | SV MAE | CW closing MAE | CW likelihood MAE | "
	       "combined MAE | bias | score | within 3 | ok | within 3 where ok |%s\n",
	       o->both ? " int8 - fp32, mean (max) |" : "");
	printf("|---|---|---|---|---|---|---|---|---|---|---|---|---|%s\n", o->both ? "---|" : "");
	for (int c = PHANTOM_ANY; c < PHANTOM_CONDITIONS; c++) {
		struct tally t = { 0 };
		/* as training draws them: rows of their own */
		int trained = c == PHANTOM_ANY || c == PHANTOM_WIDE || c == PHANTOM_ADULT;
		int bones = trained ? o->any : o->per_condition;
		for (int i = 0; i < bones; i++) {
			uint64_t seed = o->seed + 1000 * (uint64_t)c + (uint64_t)i;
			int rc = one_bone(o, models, seed, (enum phantom_condition)c, &t, csv);
			if (rc < 0)
				return rc;
		}
		if (bones > 0)
			print_row(phantom_condition_name((enum phantom_condition)c), &t);
		if (!trained) /* "all" sums up the conditions */
			merge(&all, &t);
		compared += t.compared;
		same += t.same;
	}
	if (all.bones)
		print_row("all", &all);
	if (compared)
		printf("\nThe exhaustive search gives the same plane in %d of %d bones.\n", same, compared);
	if (all.ends)
		printf("\n%d bones were taken for shaft first.\n", all.ends);
	int rc = o->turns > 0 ? turns(o, models) : 0;
	return rc == 0 && o->negatives > 0 ? negatives(o, models) : rc;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", 1, 0, 's' }, { "per-condition", 1, 0, 'n' }, { "negatives", 1, 0, 'N' },
		{ "weights", 1, 0, 'w' }, { "both-engines", 0, 0, 'b' }, { "csv", 1, 0, 'c' },
		{ "threads", 1, 0, 't' }, { "any", 1, 0, 'a' }, { "step", 1, 0, 'S' }, { "exhaustive", 0, 0, 'e' },
		{ "turns", 1, 0, 'T' }, { 0, 0, 0, 0 },
	};
	struct options o = { .seed = TEST_SEED, .per_condition = 8, .negatives = 4, .turns = 3, .step = 1 };
	struct gppi_models *models;
	struct gppi_error err = { 0 };
	FILE *csv = NULL;
	int c;

	gppi_options_default(&o.detect);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 's': o.seed = strtoull(optarg, NULL, 10); break;
		case 'n': o.per_condition = atoi(optarg); break;
		case 'a': o.any = atoi(optarg); break;
		case 'N': o.negatives = atoi(optarg); break;
		case 'w': o.weights = optarg; break;
		case 'b': o.both = 1; break;
		case 'e': o.exhaustive = 1; break;
		case 'S': o.step = atoi(optarg) == 2 ? 2 : 1; break;
		case 'c': o.csv = optarg; break;
		case 'T': o.turns = atoi(optarg); break;
		case 't': o.detect.threads = atoi(optarg); break;
		default: fputs(usage, stderr); return 2;
		}
	if (gppi_models_open(o.weights, &models, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (o.csv) {
		csv = fopen(o.csv, "w");
		if (!csv) {
			fprintf(stderr, "%s: cannot be written\n", o.csv);
			gppi_models_free(models);
			return 1;
		}
		fprintf(csv,
			"bone,truth,gppi,exact,longaxis,sv_rough,sv,cw_closing,cw_likelihood,confidence,reasons\n");
	}
	int rc = run(&o, models, csv);
	if (csv && fclose(csv) != 0)
		rc = -1;
	gppi_models_free(models);
	return rc < 0 ? 1 : 0;
}
