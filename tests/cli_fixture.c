/* Files for tests/cli.sh: cli_fixture DIR writes
 *   weights/        stand-in networks that follow the brightness of a slice
 *   bone.nii        a wide end that narrows to a tube, spacing stated; bone2.nii without spacing
 *   air.nii         noise without bone        tube.nii      a shaft only
 *   one-slice.nii   nan.nii                   huge.nii      a header that promises 60000^3 voxels
 *   series7/        bone.nii as DICOM slices  series8/      as one multi-frame file
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "phantom/write.h"
#include "tiny_net.h"

#define NX 96
#define NZ 400
#define NECK 160 /* where the bone narrows */

enum shape { BONE, AIR, TUBE };

static char *in_dir(const char *dir, const char *name)
{
	static char path[1024];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "wb");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void put(FILE *f, const void *data, size_t size)
{
	if (fwrite(data, 1, size, f) != size) {
		perror("cli_fixture");
		exit(1);
	}
}

static void finish(FILE *f)
{
	if (fclose(f) != 0) {
		perror("cli_fixture");
		exit(1);
	}
}

/* A NIfTI-1 header of int16 (type 4) or float32 (16) voxels; spacing 0: none stated. */
static void put_header(FILE *f, int16_t nx, int16_t nz, int type, float spacing_mm)
{
	uint8_t header[352] = { 0 };
	const int16_t dim[8] = { 3, nx, nx, nz, 1, 1, 1, 1 };
	const float side = spacing_mm > 0 ? spacing_mm : 1, z = spacing_mm > 0 ? 0.01f : 1;
	const float zoom[8] = { 1, side, side, z, 1, 1, 1, 1 }, slope = 1, offset = 352;
	const int32_t size = 348;

	memcpy(header, &size, 4);
	memcpy(header + 40, dim, 16);
	header[70] = (uint8_t)type;
	header[72] = type == 4 ? 16 : 32;
	memcpy(header + 76, zoom, 32);
	memcpy(header + 108, &offset, 4);
	memcpy(header + 112, &slope, 4);
	header[123] = spacing_mm > 0 ? 2 : 0;
	memcpy(header + 344, "n+1", 4);
	put(f, header, sizeof header);
}

static double radius(enum shape shape, int z)
{
	if (shape == TUBE)
		return 17;
	double r = z < 12 ? 0 : 17 + 17 / (1 + exp((z - NECK) / 14.0));
	return z < 40 && r > 0 ? r * sqrt((z - 11) / 29.0) : r;
}

static void draw_slice(enum shape shape, int z, uint32_t *seed, int16_t slice[NX * NX])
{
	double r = shape == AIR ? 0 : radius(shape, z);

	for (int y = 0; y < NX; y++)
		for (int x = 0; x < NX; x++) {
			double d = hypot(x - 47.5, y - 47.5);
			*seed = *seed * 1664525u + 1013904223u;
			int noise = (int)(*seed >> 24) - 128;
			int spongy = shape == BONE && z < NECK && (x / 2 + y / 2 + z / 6) % 3 == 0;
			int bone = d < r && (d > r - 4 || spongy);
			slice[y * NX + x] = (int16_t)((bone ? 1680 : d < r ? -700 : -1000) + noise);
		}
}

static void save_volume(const char *path, enum shape shape, int nz, float spacing_mm)
{
	static int16_t slice[NX * NX];
	uint32_t seed = 5;
	FILE *f = create(path);

	put_header(f, NX, (int16_t)nz, 4, spacing_mm);
	for (int z = 0; z < nz; z++) {
		draw_slice(shape, z, &seed, slice);
		put(f, slice, sizeof slice);
	}
	finish(f);
}

static int dicom_slice(void *seed, int z, int16_t *out)
{
	draw_slice(BONE, z, seed, out);
	return 0;
}

/* Voxels are cubes there: tests/cli_dicom.sh makes them those of bone.nii. */
static void save_dicom(const char *folder, int multiframe)
{
	struct write_dicom_options options = { .series = "bone", .series_number = multiframe ? 8 : 7,
					       .multiframe = multiframe };
	struct gppi_error err;
	uint32_t seed = 5;

	if (write_dicom(folder, NX, NX, NZ, 10, &options, dicom_slice, &seed, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
}

static void save_nan(const char *path)
{
	FILE *f = create(path);
	const float nan_value = NAN;

	put_header(f, 32, 200, 16, 0.01f);
	for (int i = 0; i < 32 * 32 * 200; i++)
		put(f, &nan_value, sizeof nan_value);
	finish(f);
}

static void save_huge(const char *path)
{
	FILE *f = create(path);

	put_header(f, 30000, 30000, 4, 0.01f);
	put(f, "a few bytes", 11);
	finish(f);
}

static void save_image(const char *path, void *image, size_t size)
{
	FILE *f = create(path);

	put(f, image, size);
	finish(f);
	free(image);
}

/* Says "yes" where sign * brightness + bias is above 0. */
static void save_classifier(const char *path, const char *kind, int sign, float bias)
{
	const int slope[2] = { 0, sign };
	const float biases[2] = { 0, bias };
	size_t size;
	void *image = tiny_net(kind, kind, 1, 96, 96, 2, slope, 1, biases, &size);

	save_image(path, image, size);
}

/* Always answers with the same row; the brighter the bone (the mean of the input), the surer that there is a plate. */
static void save_locator(const char *path, const char *kind, const char *name, int channels, int height,
			 int width, int rows, int row, int gain, float bias)
{
	int slope[448];
	float biases[448];
	size_t size;

	for (int i = 0; i < rows; i++) {
		slope[i] = gain;
		biases[i] = bias - 0.1f * (float)((i - row) * (i - row));
	}
	void *image = tiny_net(kind, name, channels, height, width, rows, slope, 1.0f / (float)channels, biases, &size);
	save_image(path, image, size);
}

int main(int argc, char **argv)
{
	if (argc != 2 || mkdir(in_dir(argv[1], "weights"), 0777) != 0) {
		fputs("usage: cli_fixture NEW-FOLDER\n", stderr);
		return 2;
	}
	/* bright slices show four blobs, dark ones lie after the plane */
	save_classifier(in_dir(argv[1], "weights/a.gppiw"), "sv-classifier", 1, -20);
	save_locator(in_dir(argv[1], "weights/b.gppiw"), "sv-regressor", "sv-regressor-1", 1, 51 * 48, 48, 51, 25, 0,
		     0);
	save_classifier(in_dir(argv[1], "weights/c.gppiw"), "cw-classifier", -1, 20);
	size_t size;
	void *view = tiny_view("longaxis", "longaxis", 6, &size);
	save_image(in_dir(argv[1], "weights/d.gppiw"), view, size);
	view = tiny_view("picture", "picture", 4, &size);
	save_image(in_dir(argv[1], "weights/f.gppiw"), view, size);
	save_locator(in_dir(argv[1], "weights/e.gppiw"), "longaxis-rows", "longaxis-rows", 64, 112, 1, 448, 174, 8,
		     -225);
	save_locator(in_dir(argv[1], "weights/g.gppiw"), "picture-rows", "picture-rows", 64, 112, 1, 448, 174, 8, -225);
	save_volume(in_dir(argv[1], "bone.nii"), BONE, NZ, 0.04f);
	save_volume(in_dir(argv[1], "bone2.nii"), BONE, NZ, 0);
	save_volume(in_dir(argv[1], "air.nii"), AIR, 200, 0.01f);
	save_volume(in_dir(argv[1], "tube.nii"), TUBE, NZ, 0.04f);
	save_volume(in_dir(argv[1], "one-slice.nii"), BONE, 1, 0.01f);
	save_nan(in_dir(argv[1], "nan.nii"));
	save_huge(in_dir(argv[1], "huge.nii"));
	save_dicom(in_dir(argv[1], "series7"), 0);
	save_dicom(in_dir(argv[1], "series8"), 2);
	return 0;
}
