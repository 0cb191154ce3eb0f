/* One bone in every format, for tests/cli_formats.sh: cli_formats DIR writes
 *   grey-*    the same whole numbers of 0..255 of no unit: nii, isq, aim, mha, nrrd, vox, vgi, tif, and
 *             stacks of png, bmp and jpg (quality 95) with SkyScan's log
 *   hu-*      the same in Hounsfield units: nii, nii.gz (float32), mha, nrrd, vox, tif
 *   holder-*  it and its mirror image upside down, side by side: nii, DICOM series, tif, stacks of png and jpg
 * Voxels are 20 um wide throughout. */
#define _POSIX_C_SOURCE 200809L
#include "picture_files.h"

#include <zlib.h>

#include "phantom/write.h"

enum { SIDE = 192, SLICES = 200, SLICE = SIDE * SIDE, VOXELS = SLICE * SLICES };
#define NECK 80 /* where the bone narrows */

static const char *dir;
static uint8_t grey[VOXELS];
static int16_t hu[VOXELS]; /* grey * 11 - 1000 */
static float hu_float[VOXELS];

static const char *path_of(const char *name)
{
	static char path[1024];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void draw(void)
{
	uint32_t seed = 5;
	for (int i = 0; i < VOXELS; i++) {
		int z = i / SLICE, y = i % SLICE / SIDE, x = i % SIDE;
		double r = z < 6 ? 0 : 34 + 34 / (1 + exp((z - NECK) / 7.0));
		r *= z < 20 && z >= 6 ? sqrt((z - 5.5) / 14.5) : 1;
		double d = hypot(x - 95.5, y - 95.5);
		seed = seed * 1664525u + 1013904223u;
		int spongy = z < NECK && (x / 4 + y / 4 + z / 3) % 3 == 0;
		int bone = d < r && (d > r - 8 || spongy);
		grey[i] = (uint8_t)((bone ? 240 : d < r ? 30 : 12) + (int)(seed >> 28) - 8);
		hu[i] = (int16_t)(grey[i] * 11 - 1000);
		hu_float[i] = hu[i];
	}
}

static void put_at(uint8_t *head, size_t at, int64_t value, size_t width)
{
	memcpy(head + at, &value, width); /* on little-endian machines */
}

/* head, then voxels. */
static void save(const char *name, const void *head, size_t n, const void *voxels, size_t bytes)
{
	FILE *f = fopen(path_of(name), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, n, f), n);
	assert_int_equal(fwrite(voxels, 1, bytes, f), bytes);
	assert_int_equal(fclose(f), 0);
}

static void save_text(const char *name, const char *head, const void *voxels, size_t bytes)
{
	save(name, head, strlen(head), voxels, bytes);
}

static void nifti_head(uint8_t head[352], int nx, int type, int bits)
{
	const float zoom[4] = { 1, 0.02f, 0.02f, 0.02f }, offset = 352, slope = 1;
	const int16_t dim[8] = { 3, (int16_t)nx, SIDE, SLICES, 1, 1, 1, 1 };
	memset(head, 0, 352);
	put_at(head, 0, 348, 4);
	memcpy(head + 40, dim, sizeof dim);
	put_at(head, 70, type, 2);
	put_at(head, 72, bits, 2);
	memcpy(head + 76, zoom, sizeof zoom);
	memcpy(head + 108, &offset, 4);
	memcpy(head + 112, &slope, 4);
	head[123] = 2; /* mm */
	memcpy(head + 344, "n+1", 4);
}

static void save_nifti(void)
{
	uint8_t head[352];
	nifti_head(head, SIDE, 2, 8);
	save("grey-nifti.nii", head, sizeof head, grey, sizeof grey);
	nifti_head(head, SIDE, 4, 16);
	save("hu-nifti.nii", head, sizeof head, hu, sizeof hu);
	nifti_head(head, SIDE, 16, 32);
	gzFile gz = gzopen(path_of("hu-float.nii.gz"), "wb1");
	assert_non_null(gz);
	assert_int_equal(gzwrite(gz, head, sizeof head), sizeof head);
	assert_int_equal(gzwrite(gz, hu_float, sizeof hu_float), sizeof hu_float);
	assert_int_equal(gzclose(gz), Z_OK);
}

static void save_scanco(void)
{
	uint8_t isq[512] = "CTDATA-HEADER_V1", aim[280] = "AIMDATA_V030   ";
	static int16_t wide[VOXELS];
	const int dims[3] = { SIDE, SIDE, SLICES };
	for (int i = 0; i < VOXELS; i++)
		wide[i] = grey[i];
	put_at(isq, 16, 3, 4);
	for (size_t i = 0; i < 3; i++) {
		put_at(isq, 44 + 4 * i, dims[i], 4);
		put_at(isq, 56 + 4 * i, (int64_t)20 * dims[i], 4);
		put_at(aim, 96 + 8 * i, dims[i], 8);
		put_at(aim, 240 + 8 * i, 20000, 8);
	}
	put_at(isq, 88, 4096, 4);
	save("grey-isq.isq", isq, sizeof isq, wide, sizeof wide);
	put_at(aim, 16, 40, 8);
	put_at(aim, 24, 224, 8);
	put_at(aim, 40, VOXELS, 8);
	put_at(aim, 68, 0x000d0001, 4); /* unsigned bytes */
	save("grey-aim.aim", aim, sizeof aim, grey, sizeof grey);
}

static void save_headers(void)
{
	char text[512];
	for (int wide = 0; wide < 2; wide++) {
		const void *voxels = wide ? (const void *)hu : grey;
		size_t bytes = wide ? sizeof hu : sizeof grey;
		snprintf(text, sizeof text, "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB "
			 "= False\nElementSpacing = 0.02 0.02 0.02\nDimSize = %d %d %d\nElementType = "
			 "%s\nElementDataFile = LOCAL\n",
			 SIDE, SIDE, SLICES, wide ? "MET_SHORT" : "MET_UCHAR");
		save_text(wide ? "hu-meta.mha" : "grey-meta.mha", text, voxels, bytes);
		snprintf(text, sizeof text,
			 "NRRD0004\ntype: %s\ndimension: 3\nsizes: %d %d %d\nspacings: 0.02 0.02 0.02\n"
			 "endian: little\nencoding: raw\n\n",
			 wide ? "short" : "uchar", SIDE, SIDE, SLICES);
		save_text(wide ? "hu-nrrd.nrrd" : "grey-nrrd.nrrd", text, voxels, bytes);
		snprintf(text, sizeof text, "Vox1999a\nVolumeCount 1\n##\f\n##\nVolumeSize %d %d %d\nVoxelSize 8\n"
			 "VolumeScale 0.002 0.002 0.002\n%s##\f\n", SIDE, SIDE, SLICES, wide ?
			 "Field 0 (Position 0 Size 8 Name \"Density\" Unit \"HU\" Scale 11 Offset -1000)\n" : "");
		save_text(wide ? "hu-vox.vox" : "grey-vox.vox", text, grey, sizeof grey);
	}
	snprintf(text, sizeof text, "{volume1}\r\n[representation]\r\nsize = 1 1 1\r\n[file1]\r\nSkipHeader = 0\r\n"
		 "FileFormat = raw\r\nSize = %d %d %d\r\nName = voxels.vol\r\nDatatype = unsigned integer\r\n"
		 "BitsPerElement = 8\r\n{volumeprimitive12}\r\n[geometry]\r\nresolution = 0.02 0.02 0.02\r\nunit = "
		 "mm\r\n",
		 SIDE, SIDE, SLICES);
	save_text("grey-vgi.vgi", text, "", 0);
	save_text("voxels.vol", "", grey, sizeof grey);
}

/* NAME-png and so on, with SkyScan's log; `format` as for write_slice(). */
static void save_stack(const char *name, int format, int w, const uint8_t *voxels)
{
	static const char log_text[] = "[System]\r\nScanner=Skyscan1172\r\n[Reconstruction]\r\nPixel Size (um)=20\r\n";
	char path[64];
	snprintf(path, sizeof path, "%s-%s", name, formats[format]);
	assert_int_equal(mkdir(path_of(path), 0777), 0);
	snprintf(path, sizeof path, "%s-%s/bone_rec.log", name, formats[format]);
	save_text(path, log_text, "", 0);
	for (int z = 0; z < SLICES; z++) {
		snprintf(path, sizeof path, "%s-%s/bone_rec%04d.%s", name, formats[format], z, formats[format]);
		write_slice(path_of(path), format,
			    &(struct plane){ w, SIDE, 1, voxels + (size_t)z * SIDE * (size_t)w, 0 });
	}
}

static void save_pictures(void)
{
	struct tiff_style tiff = plain_tiff;
	tiff.description = "ImageJ=1.53t\nimages=200\nslices=200\nunit=mm\nspacing=0.02\nloop=false\n";
	tiff.pixels_per_cm = 50; /* ImageJ's own unit: for each mm */
	write_tiff(path_of("grey-tiff.tif"), &(struct plane){ SIDE, SIDE, 1, grey, 0 }, SLICES, &tiff);
	tiff.format = SAMPLEFORMAT_INT;
	write_tiff(path_of("hu-tiff.tif"), &(struct plane){ SIDE, SIDE, 2, hu, 0 }, SLICES, &tiff);
	for (int k = 0; k < 3; k++) /* png, jpg, bmp */
		save_stack("grey", k, SIDE, grey);
}

enum { WIDE = 2 * SIDE };

static int read_slice(void *user, int z, int16_t *out)
{
	memcpy(out, (const int16_t *)user + (size_t)z * SIDE * WIDE, (size_t)SIDE * WIDE * sizeof *out);
	return 0;
}

static void save_holder(void)
{
	static uint8_t both[2 * VOXELS];
	static int16_t both_hu[2 * VOXELS];
	const struct write_dicom_options dicom = { .series = "holder-dicom", .series_number = 1 };
	struct tiff_style tiff = plain_tiff;
	uint8_t head[352];
	struct gppi_error err = { 0 };
	for (int z = 0; z < SLICES; z++)
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++) {
				uint8_t *row = both + ((size_t)z * SIDE + (size_t)y) * WIDE;
				row[x] = grey[z * SLICE + y * SIDE + x];
				row[WIDE - 1 - x] = grey[(SLICES - 1 - z) * SLICE + y * SIDE + x];
			}
	for (size_t i = 0; i < sizeof both; i++)
		both_hu[i] = (int16_t)(both[i] * 11 - 1000);
	nifti_head(head, WIDE, 4, 16);
	save("holder-nifti.nii", head, sizeof head, both_hu, sizeof both_hu);
	assert_int_equal(write_dicom(path_of("holder-dicom"), WIDE, SIDE, SLICES, 20, &dicom, read_slice, both_hu,
				     &err), 0);
	tiff.description = "ImageJ=1.53t\nimages=200\nslices=200\nunit=mm\nspacing=0.02\nloop=false\n";
	tiff.pixels_per_cm = 50;
	tiff.format = SAMPLEFORMAT_INT;
	write_tiff(path_of("holder-tiff.tif"), &(struct plane){ WIDE, SIDE, 2, both_hu, 0 }, SLICES, &tiff);
	save_stack("holder", 0, WIDE, both);
	save_stack("holder", 1, WIDE, both);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: cli_formats FOLDER\n", stderr);
		return 2;
	}
	dir = argv[1];
	draw();
	save_nifti();
	save_scanco();
	save_headers();
	save_pictures();
	save_holder();
	return 0;
}
