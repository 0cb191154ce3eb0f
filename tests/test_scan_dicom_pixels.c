/* The DICOM reader: bits, sign, photometric interpretation and padding, where the header and the voxels agree and
 * where they do not. */
#define _POSIX_C_SOURCE 200809L
#include "dicom_files.h"

/* Stored words of a slice, from what they should mean. */
typedef int (*stored_fn)(int value);

struct source {
	stored_fn stored;
	int (*value)(int z, int i);
};

static int make_stored(void *user, int z, int16_t *out)
{
	const struct source *s = user;
	for (int i = 0; i < SLICE; i++)
		out[i] = (int16_t)s->stored(s->value(z, i));
	return 0;
}

/* Air around a bone, in HU. */
static int bone_at(int z, int i)
{
	int x = i % NX, y = i / NX;
	bool bone = x > 4 && x < 8 && y > 2 && y < 6;
	return bone ? 900 + 13 * z + 31 * i % 900 : -1000 + (i * 29 + z * 7) % 200;
}

/* Values around 0 and on both sides of it, without a gap. */
static int ramp_at(int z, int i)
{
	return (i * 37 + z * 411) % 3000 - 1417;
}

static int as_it_is(int value)
{
	return value;
}

static void save_stored(const char *folder, stored_fn stored, int (*value)(int, int))
{
	struct gppi_error err = { 0 };
	struct source source = { stored, value };
	if (write_dicom(in_dir(folder), NX, NY, NZ, 10.5, &simple, make_stored, &source, &err) < 0)
		fail_msg("%s", err.text);
}

/* A format without units, so that only the voxels tell what they are. */
static void put_format(const char *folder, int bits, int is_signed)
{
	hide(folder, 0x0028, 0x1054, 0x55);
	patch_u16(folder, 0x0101, (unsigned)bits);
	patch_u16(folder, 0x0102, (unsigned)bits - 1);
	patch_u16(folder, 0x0103, (unsigned)is_signed);
}

/* The doubts of the scan are just this one, or none. */
static void assert_doubt(const char *path, const char *text)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	const struct scan_info *info = scan_info(scan);
	if (info->ndoubts != (text ? 1 : 0) || (text && !strstr(info->doubt[0], text)))
		fail_msg("%d doubts, \"%s\" instead of \"%s\"", info->ndoubts, info->doubt[0], text ? text : "none");
	scan_close(scan);
}

static double bone(int z, int i)
{
	return bone_at(z, i);
}

static double ramp(int z, int i)
{
	return ramp_at(z, i);
}

static int grey(int value)
{
	return 8 * (value + 1000);
}

static int film(int value)
{
	return 65535 - grey(value);
}

static double as_grey(int z, int i)
{
	return grey(bone_at(z, i));
}

/* Photometric interpretation is for showing pictures. */
static void monochrome1(void **state)
{
	(void)state;
	save_stored("hu", as_it_is, bone_at);
	patch_all("hu", 0x0028, 0x0004, "MONOCHROME1", 11);
	assert_meaning(in_dir("hu"), bone);
	assert_doubt(in_dir("hu"), NULL);
	save_stored("grey", grey, bone_at);
	put_format("grey", 16, 0);
	patch_all("grey", 0x0028, 0x0004, "MONOCHROME1", 11);
	assert_meaning(in_dir("grey"), as_grey);
	save_stored("film", film, bone_at);
	put_format("film", 16, 0);
	patch_all("film", 0x0028, 0x0004, "MONOCHROME1", 11);
	assert_meaning(in_dir("film"), as_grey);
}

static int low_bits(int value)
{
	return value & 0xfff;
}

static int high_bits(int value)
{
	return (value + 1000) << 4;
}

static double from_minus_1000(int z, int i)
{
	return bone_at(z, i) + 1000;
}

/* 12 bits, the sign repeated above them or not, or at the top of the word. */
static void bits_as_told(void **state)
{
	(void)state;
	save_stored("e", as_it_is, bone_at);
	put_format("e", 12, 1);
	assert_meaning(in_dir("e"), bone);
	assert_doubt(in_dir("e"), NULL);
	save_stored("l", low_bits, bone_at);
	put_format("l", 12, 1);
	assert_meaning(in_dir("l"), bone);
	assert_doubt(in_dir("l"), NULL);
	save_stored("h", high_bits, bone_at);
	put_format("h", 12, 0);
	patch_u16("h", 0x0102, 15);
	assert_meaning(in_dir("h"), from_minus_1000);
	assert_doubt(in_dir("h"), NULL);
	patch_u16("h", 0x0102, 3);
	assert_refused(in_dir("h"), GPPI_E_UNSUPPORTED, "bits stored");
}

static int wide(int value)
{
	return 16 * (value + 1000);
}

static double as_wide(int z, int i)
{
	return wide(bone_at(z, i));
}

static void more_bits_than_told(void **state)
{
	(void)state;
	save_stored("u", wide, bone_at);
	put_format("u", 12, 0);
	assert_meaning(in_dir("u"), as_wide);
	assert_doubt(in_dir("u"), "BitsStored is 12");
	/* Signed values beyond 2047: some words repeat the sign above bit 11, others do not. */
	save("s", simple);
	put_format("s", 12, 1);
	assert_meaning(in_dir("s"), as_written);
	assert_doubt(in_dir("s"), "BitsStored is 12");
}

static int far(int value)
{
	return 20 * (value + 1417);
}

static double as_far(int z, int i)
{
	return far(ramp_at(z, i));
}

static void other_sign_than_told(void **state)
{
	(void)state;
	save_stored("u", as_it_is, ramp_at);
	put_format("u", 16, 0);
	assert_meaning(in_dir("u"), ramp);
	assert_doubt(in_dir("u"), "PixelRepresentation says unsigned");
	save_stored("s", far, ramp_at);
	put_format("s", 16, 1);
	assert_meaning(in_dir("s"), as_far);
	assert_doubt(in_dir("s"), "PixelRepresentation says signed");
	/* Where the voxels use only a part of the range, the header is believed. */
	save_stored("g", grey, bone_at);
	put_format("g", 16, 0);
	assert_doubt(in_dir("g"), NULL);
}

static int padded_at(int z, int i)
{
	return i % NX < 2 ? 32767 : bone_at(z, i);
}

static double lowest_at(int z, int i)
{
	int low = 32767;
	for (int s = 0; s < NZ; s++)
		for (int k = 0; k < SLICE && i % NX < 2; k++)
			low = padded_at(s, k) < low ? padded_at(s, k) : low;
	return i % NX < 2 ? low : bone_at(z, i);
}

static void put_padding(const char *folder, int value, const char type[2])
{
	uint8_t word[2] = { (uint8_t)value, (uint8_t)((unsigned)value >> 8) };
	for (int k = 1; k <= NZ; k++)
		put_element(slice_file(folder, k), 0x0028, 0x0120, type, word, 2);
}

static int far_below_at(int z, int i)
{
	return i % NX < 2 ? -2000 : bone_at(z, i);
}

static double far_below(int z, int i)
{
	return far_below_at(z, i);
}

static int bright_film_at(int z, int i)
{
	return i % NX < 2 ? -1000 - 4000 : bone_at(z, i); /* stored as 97535 - 65536 */
}

static double as_grey_padded(int z, int i)
{
	double low = 1e9;
	for (int s = 0; s < NZ; s++)
		for (int k = 0; k < SLICE; k++)
			low = fmin(low, grey(bone_at(s, k)));
	return i % NX < 2 ? low : grey(bone_at(z, i));
}

/* Padding becomes the lowest value that was measured, unless it is lower anyway. */
static void padding(void **state)
{
	(void)state;
	save_stored("p", as_it_is, padded_at);
	put_padding("p", 32767, "SS");
	assert_meaning(in_dir("p"), lowest_at);
	put_padding("p", 32767, "US"); /* the type is that of the voxels */
	assert_meaning(in_dir("p"), lowest_at);
	save_stored("l", as_it_is, far_below_at);
	put_padding("l", -2000, "SS");
	assert_meaning(in_dir("l"), far_below);
	save_stored("f", film, bright_film_at);
	put_format("f", 16, 0);
	patch_all("f", 0x0028, 0x0004, "MONOCHROME1", 11);
	put_padding("f", (uint16_t)film(-5000), "US");
	assert_meaning(in_dir("f"), as_grey_padded);
}

static int with_a_few_zeros_at(int z, int i)
{
	return z == 4 && i == 60 ? 0 : bone_at(z, i);
}

static double with_a_few_zeros(int z, int i)
{
	return with_a_few_zeros_at(z, i);
}

/* 0 HU is water, whatever a writer puts there for padding. */
static void padding_that_is_none(void **state)
{
	(void)state;
	save_stored("p", as_it_is, with_a_few_zeros_at);
	put_padding("p", 0, "SS");
	assert_meaning(in_dir("p"), with_a_few_zeros);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(monochrome1),
		TEST(bits_as_told),
		TEST(more_bits_than_told),
		TEST(other_sign_than_told),
		TEST(padding),
		TEST(padding_that_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
