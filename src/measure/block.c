#include "measure/block.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/spacing.h"

#define VOXELS_MAX ((size_t)1 << 31)
#define LABEL_MIN (-32768)
#define LABELS (65536 + 32768)

/* An open volume and room for one slice of it. */
struct source {
	struct scan_set *set;
	struct scan *scan;
	const struct scan_info *info;
	int16_t *scratch;
	size_t slice; /* voxels */
};

static void source_close(struct source *s)
{
	free(s->scratch);
	scan_close(s->scan);
	scan_set_free(s->set);
	*s = (struct source){ 0 };
}

/* source_close(), also after a failure. */
static int source_open(const char *path, struct source *s, struct gppi_error *err)
{
	*s = (struct source){ 0 };
	int rc = scan_set_open(path, &s->set, err);
	if (rc < 0)
		return rc;
	if (scan_set_count(s->set) != 1)
		return err_set(err, GPPI_E_USAGE, "%s: holds %d volumes; name one of them", path,
			       scan_set_count(s->set));
	rc = scan_open(s->set, 0, 0, &s->scan, err);
	if (rc < 0)
		return rc;
	s->info = scan_info(s->scan);
	s->slice = (size_t)s->info->nx * (size_t)s->info->ny;
	s->scratch = size_realloc(NULL, s->slice, sizeof *s->scratch);
	if (s->slice > VOXELS_MAX / (size_t)s->info->nz)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: %d x %d x %d voxels are too many to be measured; cut the part "
			       "that matters out", path, s->info->nx, s->info->ny, s->info->nz);
	return s->scratch ? 0 : err_set(err, GPPI_E_NOMEM, "%s: out of memory for a slice", path);
}

/* The label of a raw value; LABEL_MIN - 1 where it is no whole number in range. */
static int label_of(const struct scan_info *info, int raw)
{
	double v = raw * info->slope + info->intercept, whole = round(v);

	/* Steps of the raw values may not meet whole numbers exactly. */
	if (fabs(v - whole) > fmax(0.51 * fabs(info->slope), 1e-4) || whole < LABEL_MIN || whole >= LABELS + LABEL_MIN)
		return LABEL_MIN - 1;
	return (int)whole;
}

static bool is_wanted(const struct scan_info *info, int raw, int label)
{
	if (label != BLOCK_ANY_LABEL)
		return label_of(info, raw) == label;
	return fabs(raw * info->slope + info->intercept) > 0.51 * fabs(info->slope);
}

int block_read(const char *path, int label, const double spacing_um[3], struct block *out, struct gppi_error *err)
{
	struct source s;
	uint8_t *wanted = NULL;
	int rc = source_open(path, &s, err);

	*out = (struct block){ .mask = NULL };
	if (rc < 0)
		goto done;
	out->grid = (struct grid){ .n = { s.info->nx, s.info->ny, s.info->nz } };
	out->mask = grid_alloc(&out->grid, 1, err);
	wanted = malloc(65536);
	if (!out->mask || !wanted) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory for its mask", path);
		goto done;
	}
	/* Whole, before its values are looked at: their scale may depend on all of the file. */
	rc = scan_settle(s.scan, err);
	for (int raw = INT16_MIN; raw <= INT16_MAX && rc >= 0; raw++)
		wanted[raw - INT16_MIN] = is_wanted(s.info, raw, label);
	int value = 0;
	bool any = false;
	for (int z = 0; z < s.info->nz && rc >= 0; z++) {
		const int16_t *v;
		rc = scan_slab(s.scan, z, 1, s.scratch, &v, err);
		for (size_t i = 0; rc >= 0 && i < s.slice; i++) {
			const bool in = wanted[v[i] - INT16_MIN];
			out->mask[s.slice * (size_t)z + i] = in;
			out->several |= in && any && v[i] != value;
			value = in ? v[i] : value;
			any |= in;
		}
	}
	for (int i = 0; i < 3; i++)
		out->grid.mm[i] = (spacing_um ? spacing_tidy(spacing_um[i]) : s.info->spacing_um[i]) / 1000;
	out->spacing = spacing_um ? SCAN_GIVEN : s.info->spacing_known;
	snprintf(out->spacing_doubt, sizeof out->spacing_doubt, "%s", spacing_um ? "" : s.info->spacing_doubt);
	out->place = s.info->place;
	snprintf(out->name, sizeof out->name, "%s", s.info->name);
	snprintf(out->path, sizeof out->path, "%s", s.info->path);
done:
	free(wanted);
	source_close(&s);
	if (rc < 0)
		block_free(out);
	return rc;
}

void block_free(struct block *b)
{
	free(b->mask);
	b->mask = NULL;
}

/* ---- agreement ---- */

/* Voxels of both volumes by label: [label - LABEL_MIN], the last one for what is no label. */
struct tally {
	uint64_t a[LABELS], b[LABELS], both[LABELS];
};

static int tally_slice(struct source *a, struct source *b, int z, struct tally *t, struct gppi_error *err)
{
	const int16_t *va, *vb;
	int rc = scan_slab(a->scan, z, 1, a->scratch, &va, err);

	if (rc >= 0)
		rc = scan_slab(b->scan, z, 1, b->scratch, &vb, err);
	for (size_t i = 0; rc >= 0 && i < a->slice; i++) {
		int p = label_of(a->info, va[i]), q = label_of(b->info, vb[i]);
		if (p < LABEL_MIN || q < LABEL_MIN)
			return err_set(err, GPPI_E_FORMAT, "%s: holds values that are no whole numbers, so no labels",
				       p < LABEL_MIN ? a->info->path : b->info->path);
		t->a[p - LABEL_MIN]++;
		t->b[q - LABEL_MIN]++;
		t->both[p - LABEL_MIN] += p == q;
	}
	return rc;
}

static int collect(const struct tally *t, struct agreement *out, struct gppi_error *err)
{
	size_t n = 0;

	for (int i = 0; i < LABELS; i++)
		n += t->a[i] || t->b[i];
	out->of = size_realloc(NULL, n ? n : 1, sizeof *out->of);
	if (!out->of)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %zu labels", n);
	for (int i = 0; i < LABELS; i++)
		if (t->a[i] || t->b[i])
			out->of[out->n++] = (struct agreement_class){ i + LABEL_MIN, t->a[i], t->b[i], t->both[i] };
	return 0;
}

int agreement_count(const char *path_a, const char *path_b, struct agreement *out, struct gppi_error *err)
{
	struct source a = { 0 }, b = { 0 };
	struct tally *t = calloc(1, sizeof *t);
	int rc = t ? source_open(path_a, &a, err) : err_set(err, GPPI_E_NOMEM, "out of memory for labels");

	*out = (struct agreement){ 0 };
	if (rc >= 0)
		rc = source_open(path_b, &b, err);
	if (rc >= 0 && (a.info->nx != b.info->nx || a.info->ny != b.info->ny || a.info->nz != b.info->nz))
		rc = err_set(err, GPPI_E_USAGE, "%s: %d x %d x %d voxels, but %s has %d x %d x %d; both must have the "
						"same size",
			     path_b, b.info->nx, b.info->ny, b.info->nz, path_a, a.info->nx, a.info->ny, a.info->nz);
	if (rc >= 0)
		rc = scan_settle(a.scan, err);
	if (rc >= 0)
		rc = scan_settle(b.scan, err);
	for (int z = 0; rc >= 0 && z < a.info->nz; z++)
		rc = tally_slice(&a, &b, z, t, err);
	if (rc >= 0)
		rc = collect(t, out, err);
	free(t);
	source_close(&a);
	source_close(&b);
	return rc;
}
