/* SCANCO AIM, versions 2 and 3: every type of voxel, packed ones, the processing log. */
#define _POSIX_C_SOURCE 200809L
#include "scan_ramp.h"

static const char log_text[] =
	"! Processing Log\n"
	"Created by                    ISQ_TO_AIM (IPL)\n"
	"Original Creation-Date         5-MAR-2013 11:31:19.43\n"
	"Patient Name                  Mouse 7   \n"
	"Index Patient                                   65\n"
	"Index Measurement                      1234\n"
	"Mu_Scaling                              4096\n"
	"Calibration Data              55 kVp, BH: 200 mg HA/ccm, Scaling 4096\n"
	"Density: unit                           mg HA/ccm          \n"
	"Density: slope                         1.65997000e+02\n"
	"Density: intercept                    -1.29681000e+02\n"
	"HU: mu water                              0.70330\n";

/* VAX F float, as SCANCO's alphas wrote it. */
static uint32_t vax(double v)
{
	float f = (float)(v * 4.0);
	uint32_t bits;
	memcpy(&bits, &f, 4);
	return bits << 16 | bits >> 16;
}

struct aim {
	const char *log;
	long long data_bytes; /* -1: the true ones */
	int version, type;
	int off[3], dim[3];
};

static struct aim plain(int version, int type)
{
	return (struct aim){ log_text, -1, version, type, { 0, 0, 0 }, { NX, NY, NZ } };
}

static void header(struct bytes *b, const struct aim *a, size_t data)
{
	memset(b, 0, sizeof *b);
	bool three = a->version == 3;
	long long bytes = a->data_bytes < 0 ? (long long)data : a->data_bytes;
	const long long sizes[5] = { three ? 40 : 20, three ? 224 : 140, (long long)strlen(a->log), bytes, 0 };
	int w = three ? 8 : 4;
	size_t at = three ? 16 : 0;
	if (three)
		memcpy(b->at, "AIMDATA_V030   ", 16);
	for (size_t i = 0; i < 5; i++)
		put_int(b, at + i * (size_t)w, sizes[i], w);
	put_int(b, three ? 68 : 40, a->type, 4);
	for (size_t i = 0; i < 3; i++) {
		put_int(b, (three ? 72 : 44) + i * (size_t)w, 0, w);
		put_int(b, (three ? 96 : 56) + i * (size_t)w, a->dim[i], w);
		put_int(b, (three ? 120 : 68) + i * (size_t)w, a->off[i], w);
		if (three)
			put_int(b, 240 + 8 * i, 10500, 8);
		else
			put_int(b, 128 + 4 * i, vax(0.0105), 4);
	}
	b->n = three ? 280 : 160;
	add_text(b, a->log);
}

static const char *save_aim(const char *name, const struct aim *a, const struct bytes *data)
{
	struct bytes b;
	header(&b, a, data->n);
	add(&b, data->at, data->n);
	return save_bytes(name, &b);
}

static double in_hu(double raw)
{
	return raw * 1000 / (4096 * 0.7033) - 1000;
}

static void numbers(void **state)
{
	(void)state;
	static const struct { double lo, hi; int type; enum kind kind; int width; bool hu; } t[] = {
		{ -128, 127, 0x00010001, SIGNED, 1, false }, { 0, 255, 0x00160001, UNSIGNED, 1, false },
		{ 0, 255, 0x000d0001, UNSIGNED, 1, false },  { -32768, 32767, 0x00020002, SIGNED, 2, true },
		{ 0, 65535, 0x00170002, UNSIGNED, 2, true }, { -2000, 40000, 0x00030004, SIGNED, 4, true },
		{ -2000, 20000, 0x001a0004, FLOAT, 4, true },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++)
		for (int version = 2; version <= 3; version++) {
			struct aim a = plain(version, t[k].type);
			struct bytes data = { .n = 0 };
			double v[N], w[N];
			for (int i = 0; i < N; i++) {
				v[i] = t[k].lo + floor((t[k].hi - t[k].lo) * i / (N - 1));
				w[i] = t[k].hu ? in_hu(v[i]) : v[i];
			}
			add_values(&data, v, N, t[k].kind, t[k].width, false);
			assert_values(save_aim("a.aim", &a, &data), w, t[k].width == 4 ? 0.51 : 1e-6);
			struct scan *scan = must_open(in_dir("a.aim"), 0);
			assert_int_equal(scan_info(scan)->unit, t[k].hu ? SCAN_UNIT_HU : SCAN_UNIT_UNKNOWN);
			assert_string_equal(scan_info(scan)->format,
					    version == 2 ? "SCANCO AIM v020" : "SCANCO AIM v030");
			scan_close(scan);
			assert_spacing(in_dir("a.aim"), 10.5, 10.5, 10.5, SCAN_READ);
		}
}

/* Known words of VAX floats: 1.0 is 0x4080 in its first word, -2.5 is 0xc120. */
static void vax_floats(void **state)
{
	(void)state;
	assert_int_equal(vax(1.0), 0x00004080);
	assert_int_equal(vax(-2.5), 0x0000c120);
	struct aim a = plain(2, 0x00040004);
	struct bytes data = { .n = 0 };
	double v[N];
	a.log = "";
	for (int i = 0; i < N; i++) {
		v[i] = i == 3 ? 0 : -900.5 + 31.25 * i;
		uint32_t bits = i == 3 ? 0 : vax(v[i]);
		add(&data, &bits, 4);
	}
	assert_values(save_aim("f.aim", &a, &data), v, 0.5);
	a.version = 3;
	assert_values(save_aim("f.aim", &a, &data), v, 0.5);
	assert_detail(in_dir("f.aim"), "mu_scaling is 0");
}

static void calibration_of_the_log(void **state)
{
	(void)state;
	struct bytes data = { .n = 0 };
	double v[N], w[N];
	for (int i = 0; i < N; i++) {
		v[i] = 100 * i;
		w[i] = v[i] / 4096 * 165.997 - 129.681;
	}
	add_values(&data, v, N, SIGNED, 2, false);
	struct aim a = plain(2, 0x00020002);
	save_aim("c.aim", &a, &data);
	assert_detail(in_dir("c.aim"), "density: stored * 0.0405266113 + -129.681 [mg HA/ccm]");
	/* Without the last line: density; without all: as they are. */
	char text[sizeof log_text];
	memcpy(text, log_text, sizeof text);
	*strstr(text, "HU: mu") = '\0';
	a.log = text;
	assert_values(save_aim("c.aim", &a, &data), w, 1e-6);
	*strstr(text, "Mu_Scaling") = '\0';
	assert_values(save_aim("c.aim", &a, &data), v, 0);
	/* A key that another one begins with does not count. */
	a.log = "Mu_Scaling of old 77\nMu_Scaling  4096\nHU: mu water  0.7033\n";
	for (int i = 0; i < N; i++)
		w[i] = in_hu(v[i]);
	assert_values(save_aim("c.aim", &a, &data), w, 1e-6);
}

/* A mask in a frame of zeros, with long and short runs. */
static int mask(int x, int y, int z, const int off[3])
{
	if (x < off[0] || y < off[1] || z < off[2] || x >= NX - off[0] || y >= NY - off[1] || z >= NZ - off[2])
		return 0;
	return (x + 3 * y + 7 * z) % 5 < 2 ? 127 : z == 2 ? 0 : x == 3 ? 127 : 0;
}

static void add_char_run(struct bytes *b, int value, int length)
{
	uint8_t p[2] = { (uint8_t)value, (uint8_t)length };
	add(b, p, 2);
}

/* The packed form of the inside of the frame: kind 0 runs of values, 1 of two values, 2 bits. */
static void pack(struct bytes *b, int kind, int version, const int off[3])
{
	int inside[N], n = 0;
	size_t head = version == 3 ? 8 : 4;
	memset(b, 0, sizeof *b);
	if (kind == 2) {
		int bx = (NX + 1) / 2, by = (NY + 1) / 2, bz = (NZ + 1) / 2;
		b->n = (size_t)bx * (size_t)by * (size_t)bz;
		for (int i = 0; i < N; i++) {
			int x = i % NX, y = i / NX % NY, z = i / NX / NY;
			if (mask(x, y, z, off))
				b->at[x / 2 + bx * (y / 2 + by * (z / 2))] |=
					(uint8_t)(1 << (4 * (z & 1) + 2 * (y & 1) + (x & 1)));
		}
		b->at[b->n++] = 127;
		return;
	}
	for (int z = off[2]; z < NZ - off[2]; z++)
		for (int y = off[1]; y < NY - off[1]; y++)
			for (int x = off[0]; x < NX - off[0]; x++)
				inside[n++] = mask(x, y, z, off);
	b->n = head;
	if (kind == 1)
		add_char_run(b, inside[0], inside[0] ? 0 : 127);
	for (int i = 0, k; i < n; i = k) {
		for (k = i; k < n && inside[k] == inside[i];)
			k++;
		if (kind == 0)
			add_char_run(b, inside[i], k - i);
		else
			add(b, &(uint8_t){ (uint8_t)(k - i) }, 1);
	}
	put_int(b, 0, (int64_t)b->n, (int)head);
}

static const int packed_types[3] = { 0x00080002, 0x00150001, 0x00060001 };

static void packed(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++)
		for (int version = 2; version <= 3; version++)
			for (int frame = 0; frame < 2; frame++) {
				struct aim a = plain(version, packed_types[kind]);
				struct bytes data;
				double v[N];
				const int off[3] = { frame, 2 * frame, frame };
				memcpy(a.off, off, sizeof off);
				pack(&data, kind, version, off);
				for (int i = 0; i < N; i++)
					v[i] = mask(i % NX, i / NX % NY, i / NX / NY, off);
				assert_values(save_aim("p.aim", &a, &data), v, 0);
			}
}

static int16_t *row_of_runs(int type, const uint8_t *runs, size_t size, int n)
{
	struct aim a = plain(2, type);
	struct bytes data = { .n = 0 };
	struct gppi_error err;
	a.dim[0] = n;
	a.dim[1] = a.dim[2] = 1;
	put_int(&data, 0, 4 + (int64_t)size, 4);
	add(&data, runs, size);
	a.dim[0] = n + 1;
	assert_refused(save_aim("l.aim", &a, &data), GPPI_E_FORMAT, "l.aim");
	a.dim[0] = n - 1;
	assert_refused(save_aim("l.aim", &a, &data), GPPI_E_FORMAT, "more than");
	a.dim[0] = n;
	struct scan *scan = must_open(save_aim("l.aim", &a, &data), 0);
	int16_t *all = read_all(scan, &err);
	assert_non_null(all);
	scan_close(scan);
	return all;
}

/* Runs longer than a byte, and of nothing: in binary ones 255 stands for 254 and the same value again. */
static void long_runs(void **state)
{
	(void)state;
	static const uint8_t binary[] = { 0, 127, 254, 1, 255, 255, 92, 0, 0, 2 };
	static const uint8_t chars[] = { 5, 255, 5, 255, 9, 0, 0xf6, 85, 2, 2 };
	int16_t *all = row_of_runs(packed_types[1], binary, sizeof binary, 857);
	for (int i = 0; i < 857; i++)
		assert_int_equal(all[i], i == 254 || i >= 855 ? 127 : 0);
	free(all);
	all = row_of_runs(packed_types[0], chars, sizeof chars, 597);
	for (int i = 0; i < 597; i++)
		assert_int_equal(all[i], i < 510 ? 5 : i < 595 ? -10 : 2);
	free(all);
}

/* The size of the packed data is big-endian in files of VMS machines: 25 x 25 x 25 voxels in 1705 runs. */
static void big_endian_size(void **state)
{
	(void)state;
	enum { SIDE = 25, VOXELS = SIDE * SIDE * SIDE, RUNS = 1705 };
	for (int k = 0; k < 8; k++) {
		bool chars = k & 1, big = k & 2;
		int version = k & 4 ? 3 : 2, width = version == 3 ? 8 : 4;
		struct aim a = plain(version, packed_types[chars ? 0 : 1]);
		struct bytes data = { .n = (size_t)width };
		struct gppi_error err;
		a.dim[0] = a.dim[1] = a.dim[2] = SIDE;
		if (!chars)
			add_char_run(&data, 127, 0);
		for (int run = 0; run < RUNS; run++) {
			uint8_t length = run < VOXELS - 9 * RUNS ? 10 : 9;
			if (chars)
				add_char_run(&data, run & 1 ? 0 : 127, length);
			else
				add(&data, &length, 1);
		}
		int64_t size = (int64_t)data.n;
		put_number(data.at, &size, width, big);
		struct scan *scan = must_open(save_aim("t.aim", &a, &data), 0);
		int16_t *all = read_all(scan, &err);
		assert_non_null(all);
		for (int run = 0, i = 0; run < RUNS; run++)
			for (int end = i + (run < VOXELS - 9 * RUNS ? 10 : 9); i < end; i++)
				assert_int_equal(all[i], run & 1 ? 0 : 127);
		free(all);
		scan_close(scan);
		/* no size at all, in neither order */
		size = version == 3 ? 0x7f00000000000000 | 0x7f : 0x7f00007f;
		put_number(data.at, &size, width, big);
		assert_refused(save_aim("t.aim", &a, &data), GPPI_E_FORMAT, "end too early");
	}
}

static void hostile_packed(void **state)
{
	(void)state;
	const int none[3] = { 0, 0, 0 };
	for (int kind = 0; kind < 3; kind++) {
		struct aim a = plain(2, packed_types[kind]), b;
		struct bytes data;
		pack(&data, kind, 2, none);
		b = a;
		b.dim[2] = NZ + 2;
		assert_refused(save_aim("h.aim", &b, &data), GPPI_E_FORMAT, "h.aim");
		b.dim[0] = b.dim[1] = b.dim[2] = 65535;
		assert_refused(save_aim("h.aim", &b, &data), GPPI_E_FORMAT, "h.aim");
		b = a;
		b.data_bytes = 0x7fffffff;
		assert_refused(save_aim("h.aim", &b, &data), GPPI_E_FORMAT, "h.aim");
		b.data_bytes = 5;
		assert_refused(save_aim("h.aim", &b, &data), GPPI_E_FORMAT, "h.aim");
		if (kind == 2)
			continue;
		static const int frames[] = { -1, 2, 256, 0x7fffffff };
		for (int i = 0; i < 4; i++) {
			b = a;
			b.off[2] = frames[i];
			assert_refused(save_aim("h.aim", &b, &data), GPPI_E_FORMAT, "frame");
		}
		put_int(&data, 0, -4, 4);
		assert_refused(save_aim("h.aim", &a, &data), GPPI_E_FORMAT, "h.aim");
	}
}

static void hostile(void **state)
{
	(void)state;
	struct bytes data = { .n = 0 }, b;
	double v[N] = { 0 };
	add_values(&data, v, N, SIGNED, 2, false);
	for (int version = 2; version <= 3; version++) {
		struct aim a = plain(version, 0x00020002);
		static const int dims[] = { 0, -1, 65536, NZ + 1, 65535 };
		for (int i = 0; i < 5; i++) {
			a.dim[2] = dims[i];
			assert_refused(save_aim("h.aim", &a, &data), GPPI_E_FORMAT, "h.aim");
		}
		a = plain(version, 0x12340002);
		assert_refused(save_aim("h.aim", &a, &data), GPPI_E_UNSUPPORTED, "0x12340002");
		a = plain(version, 0x00020002);
		a.data_bytes = N;
		assert_refused(save_aim("h.aim", &a, &data), GPPI_E_FORMAT, "h.aim");
		a.data_bytes = -1;
		header(&b, &a, data.n);
		add(&b, data.at, data.n);
		assert_cuts_refused("cut.aim", &b, b.n);
		put_int(&b, version == 3 ? 32 : 8, -1, version == 3 ? 8 : 4); /* size of the log */
		assert_refused(save_bytes("h.aim", &b), GPPI_E_FORMAT, "h.aim");
		put_int(&b, version == 3 ? 32 : 8, INT64_MAX, version == 3 ? 8 : 4);
		assert_refused(save_bytes("h.aim", &b), GPPI_E_FORMAT, "h.aim");
	}
	memset(&b, 0, sizeof b);
	put_int(&b, 0, 16, 4);
	put_int(&b, 4, 92, 4);
	b.n = 4096;
	assert_refused(save_bytes("one.aim", &b), GPPI_E_UNSUPPORTED, "version 1");
	/* Any other file with this name is none. */
	memset(b.at, 0x41, sizeof b.at);
	assert_refused(save_bytes("other.aim", &b), GPPI_E_FORMAT, "other.aim");
}

static void identity(void **state)
{
	(void)state;
	struct aim a = plain(3, 0x00020002);
	struct scan *scan;
	struct gppi_error err;
	struct bytes b;
	double v[N] = { 0.0 };
	header(&b, &a, sizeof(int16_t) * N);
	add_values(&b, v, N, SIGNED, 2, false);
	assert_int_equal(open_scan(save_bytes("i.aim", &b), 0, 0.0, &scan, &err), 0);
	const struct gppi_identity *who = &scan_info(scan)->identity;
	assert_string_equal(who->patient_name, "Mouse 7");
	assert_string_equal(who->sample, "65");
	assert_string_equal(who->measurement, "1234");
	assert_string_equal(who->date, "2013-03-05");
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers),        TEST(vax_floats), TEST(calibration_of_the_log),
		TEST(packed),         TEST(long_runs),  TEST(big_endian_size),
		TEST(hostile_packed), TEST(hostile),    TEST(identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
