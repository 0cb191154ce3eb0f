/* plate_samples: what the network of the growth plate sees of synthetic bones, and where the layer's middle lies, for
 * plate.py.
 *
 * A file of bones, one after the other: three int32, voxels along x, y, z; the three channels share, compact and inside
 * of plate_seen.h in hundredths, uint8 [z][y][x][3]; the middle of the layer, float32 [y][x], in slices of the network,
 * NaN where the column does not meet it within the cortex.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bone/bone.h"
#include "bone/knee.h"
#include "measure/plate_seen.h"
#include "phantom/image.h"
#include "phantom/plate.h"
#include "phantom/render.h"

#define STEP 2 /* voxels of 20 um along x and y: the bins of struct knee */
#define STORED 3
#define THREADS 1 /* several of these programs run side by side */

static const char usage[] = "usage: plate_samples FILE SEED BONES [CONDITION [coarse]]\n";

/* Slice of the scan where the column at a canonical voxel (x, y) crosses the layer; a joint of the scan moves what lies
 * behind it. */
static float middle_at(const struct shape *s, float x, float y)
{
	const struct phantom_params *p = s->p;
	float z = p->floor_z, shift[2], gain;

	for (int i = 0; i < 3 && !isnan(z); i++) {
		image_joint(p, (int)z, shift, &gain);
		z = p->floor_z + phantom_plate_middle(s, x - p->centre[0] - shift[0], y - p->centre[1] - shift[1]);
	}
	return z;
}

static int write_bone(const struct plate_seen *seen, const struct plate_place *place, int bin, const struct shape *s,
		      FILE *f)
{
	const struct volume *v = &seen->volume;
	const int32_t size[3] = { v->n[0], v->n[1], v->n[2] };
	size_t bad = fwrite(size, sizeof size, 1, f) != 1;

	for (int z = 0; z < v->n[2]; z++)
		for (int y = 0; y < v->n[1]; y++)
			for (int x = 0; x < v->n[0]; x++) {
				const float *a = volume_at(v, x, y, z);
				uint8_t out[STORED];
				for (int c = 0; c < STORED; c++)
					out[c] = (uint8_t)lrintf(100 * a[c]);
				bad += fwrite(out, sizeof out, 1, f) != 1;
			}
	for (int y = 0; y < v->n[1]; y++)
		for (int x = 0; x < v->n[0]; x++) {
			const float side = (float)(seen->bins * bin);
			const float z = middle_at(s, STEP * ((float)place->first[0] + ((float)x + 0.5f) * side),
						  STEP * ((float)place->first[1] + ((float)y + 0.5f) * side));
			const float at = (z - (float)place->origin) * (float)place->step - (float)seen->first;
			const float out = (at + 0.5f) / (float)seen->slices - 0.5f;
			bad += fwrite(&out, sizeof out, 1, f) != 1;
		}
	return bad ? -1 : 0;
}

/* The knee end around the true plane, as gppi measure looks at it. */
static int see(struct bone *bone, struct bone_knee *around, struct plate_seen *seen, int *bin, struct gppi_error *err)
{
	struct grey grey = { .v = NULL };
	struct knee knee = { .bin = 0 };
	int rc = bone_knee_read(bone, THREADS, around, &grey, err);
	const double plane = (bone->result.gppi - around->place.origin) * around->place.step;

	if (rc >= 0)
		rc = knee_make(&grey, grey_raw(&grey, bone->frame.bone_value),
			       grey_raw(&grey, bone->frame.medium_value),
			       (int)lrint(plane), THREADS, &knee, err);
	if (rc >= 0)
		rc = plate_seen_make(&knee, plane, THREADS, seen, err);
	*bin = knee.bin;
	knee_free(&knee);
	grey_free(&grey);
	return rc;
}

static int one_bone(uint64_t seed, enum phantom_condition condition, int coarse, FILE *f, struct gppi_error *err)
{
	struct phantom_params p;
	struct shape *shape = malloc(sizeof *shape);
	struct bone bone = { .threads = THREADS };
	struct bone_knee around = { .place = { .step = 1 } };
	struct plate_seen seen = { .bins = 0 };
	struct scan *scan = NULL;
	struct gppi_options opt;
	float truth;
	int bin = 0, rc = shape ? 0 : err_set(err, GPPI_E_NOMEM, "not enough memory");

	phantom_params_draw(&p, seed, condition);
	p.floor_z = fmaxf(p.floor_z, 150); /* what lies before the plate is in the scan */
	if (coarse)
		phantom_params_coarse(&p);
	if (seed % 3 == 0)
		phantom_params_bridges(&p, 1 + (int)(seed / 3 % 12));
	gppi_options_default(&opt);
	if (rc >= 0) {
		shape_init(shape, &p);
		rc = phantom_scan(&p, STEP, 0, NULL, &scan, &truth, NULL, err);
	}
	if (rc >= 0)
		rc = bone_open(&bone, scan, NULL, err);
	if (rc >= 0)
		rc = bone_given(&bone, lrintf(truth), &opt, err);
	if (rc >= 0)
		rc = see(&bone, &around, &seen, &bin, err);
	if (rc >= 0 && write_bone(&seen, &around.place, bin, shape, f) < 0)
		rc = err_set(err, GPPI_E_IO, "cannot write");
	plate_seen_free(&seen);
	bone_knee_free(&around);
	bone_free(&bone);
	scan_close(scan);
	free(shape);
	return rc;
}

int main(int argc, char **argv)
{
	enum phantom_condition condition = PHANTOM_TYPICAL;
	int failed = 0;

	if (argc < 4 || argc > 6) {
		fputs(usage, stderr);
		return 2;
	}
	for (int i = 0; argc > 4 && i < PHANTOM_CONDITIONS; i++)
		if (strcmp(argv[4], phantom_condition_name((enum phantom_condition)i)) == 0)
			condition = (enum phantom_condition)i;
	FILE *f = fopen(argv[1], "wb");
	for (int i = 0; f && i < atoi(argv[3]); i++) {
		struct gppi_error err = { 0 };
		const uint64_t seed = strtoull(argv[2], NULL, 10) + (uint64_t)i;
		if (one_bone(seed, condition, argc > 5, f, &err) < 0) {
			fprintf(stderr, "%s: bone %llu: %s\n", argv[1], (unsigned long long)seed, err.text);
			failed++;
		}
	}
	if (!f || fclose(f) != 0) {
		fprintf(stderr, "%s: cannot be written\n", argv[1]);
		return 1;
	}
	return failed > 0;
}
