/* src/heavy against its Python definition: check_heavy ORT FOLDER VOLUMES
 *
 * FOLDER has probe networks and expected.txt, both by tools/heavy/reference.py; VOLUMES has the volumes named there.
 * Each line: volume, plane to search near, solution, plane, number of answers, answers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heavy/heavy.h"

#define PLANE_NEAR 1e-3
#define ANSWER_NEAR 2e-4 /* of an answer's size, or of 1 */

struct answers {
	float *value;
	int n, room;
};

static void take(void *user, const float *values, int n)
{
	struct answers *a = user;

	for (int i = 0; i < n && a->n < a->room; i++)
		a->value[a->n++] = values[i];
}

static int solution(const struct heavy *heavy, const char *name)
{
	for (int i = 0; i < heavy_count(heavy); i++)
		if (strcmp(heavy_manifest(heavy, i)->solution->name, name) == 0)
			return i;
	return -1;
}

/* SN answers with two arrays of a window each, told one after the other: the order is the definition's. */
static int compare(const char *label, const struct heavy_answer *answer, const struct answers *a, double plane,
		   const double *expected, int n)
{
	double worst = 0;

	for (int i = 0; i < n && i < a->n; i++)
		worst = fmax(worst, fabs(a->value[i] - expected[i]) / fmax(1, fabs(expected[i])));
	bool ok = a->n == n && worst <= ANSWER_NEAR && fabs(answer->plane - plane) <= PLANE_NEAR;
	printf("%s: plane %.4f, wanted %.4f; %d answers, wanted %d; differ by up to %.2g; %.1f s %s\n", label,
	       answer->plane, plane, a->n, n, worst, answer->seconds, ok ? "ok" : "WRONG");
	return ok;
}

/* One line of the file; 1 right, 0 wrong, -1 no more. */
static int line(FILE *f, struct heavy *heavy, const char *folder)
{
	char volume[64], near[32], name[8], path[1200], label[128];
	double plane;
	int n, ok = 0;
	struct scan_set *set = NULL;
	struct scan *scan = NULL;
	struct heavy_answer answer;
	struct gppi_error err = { 0 };

	if (fscanf(f, "%63s %31s %7s %lf %d", volume, near, name, &plane, &n) != 5)
		return -1;
	double *expected = calloc((size_t)n, sizeof *expected);
	struct answers a = { .value = calloc((size_t)n + 64, sizeof *a.value), .room = n + 64 };
	bool whole = expected && a.value;
	for (int i = 0; whole && i < n; i++)
		whole = fscanf(f, "%lf", &expected[i]) == 1;
	snprintf(path, sizeof path, "%s/%s", folder, volume);
	snprintf(label, sizeof label, "%s %s", volume, name);
	if (whole && scan_set_open(path, &set, &err) == 0 && scan_open(set, 0, 0, &scan, &err) == 0) {
		struct frame frame = { .nslices = scan_info(scan)->nz, .native_per_slice = 1 };
		if (heavy_ask(heavy, solution(heavy, name), scan, &frame,
			      strtod(near, NULL), take, &a, &answer, &err) == 0)
			ok = compare(label, &answer, &a, plane, expected, n);
	}
	if (err.code)
		printf("%s: %s\n", label, err.text);
	scan_close(scan);
	scan_set_free(set);
	free(expected);
	free(a.value);
	return ok;
}

int main(int argc, char **argv)
{
	struct heavy *heavy = NULL;
	struct gppi_error err = { 0 };
	char path[1200];
	int right = 0, wrong = 0, ok;

	if (argc != 4 || heavy_open(argv[2], argv[1], ONNX_CPU, 0, 2, &heavy, &err) < 0) {
		fprintf(stderr, "check_heavy: %s\n", err.code ? err.text : "usage: check_heavy ORT FOLDER VOLUMES");
		return 2;
	}
	snprintf(path, sizeof path, "%s/expected.txt", argv[2]);
	FILE *f = fopen(path, "r");
	while (f && (ok = line(f, heavy, argv[3])) >= 0) {
		right += ok;
		wrong += !ok;
	}
	printf("%d passed, %d failed\n", right, wrong);
	heavy_close(heavy);
	return right > 0 && wrong == 0 ? 0 : 1;
}
