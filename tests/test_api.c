/* The public interface: models, inputs, and a detection of a simple bone with networks that can be
 * computed by hand. */
#define _POSIX_C_SOURCE 200809L
#include "temp_dir.h"

#include "gppi/gppi.h"

#include "near.h"
#include "tiny_net.h"

/* ---- models ---- */

static const char *models_error(const char *folder, int code)
{
	static struct gppi_error err;
	struct gppi_models *m = (struct gppi_models *)1;

	assert_int_equal(gppi_models_open(folder, &m, &err), code);
	assert_int_equal(err.code, code);
	assert_null(m);
	return err.text;
}

static void save_net(const char *path, const char *kind, size_t cut)
{
	/* brightness falls towards the shaft: dark slices are "after" */
	static const int sign[2] = { 0, -1 };
	static const float bias[2] = { 0, 20 };
	size_t size;
	void *p = tiny_net(kind, kind, 1, 96, 96, 2, sign, 1, bias, &size);

	put_file(path, p, size - cut);
	free(p);
}

static void bad_weights_are_refused(void **s)
{
	const char *folder = in_dir("weights");

	(void)s;
	assert_non_null(strstr(models_error(folder, GPPI_E_IO), folder));
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_non_null(strstr(models_error(folder, GPPI_E_WEIGHTS), "no weight file"));
	put_file(in_dir("weights/a.gppiw"), "", 0);
	assert_non_null(strstr(models_error(folder, GPPI_E_WEIGHTS), "a.gppiw: is empty"));
	put_file(in_dir("weights/a.gppiw"), "hello", 5);
	assert_non_null(strstr(models_error(folder, GPPI_E_WEIGHTS), "a.gppiw"));
	save_net(in_dir("weights/a.gppiw"), "cw-classifier", 1);
	assert_non_null(strstr(models_error(folder, GPPI_E_WEIGHTS), "a.gppiw"));
	save_net(in_dir("weights/a.gppiw"), "poet", 0);
	assert_non_null(strstr(models_error(folder, GPPI_E_WEIGHTS), "\"poet\""));
	save_net(in_dir("weights/a.gppiw"), "cw-classifier", 0);
	save_net(in_dir("weights/b.gppiw"), "cw-classifier", 0);
	assert_non_null(strstr(models_error(folder, GPPI_E_WEIGHTS), "a second network"));
	assert_int_equal(remove(in_dir("weights/b.gppiw")), 0);
	assert_int_equal(mkdir(in_dir("weights/b.gppiw"), 0700), 0);
	assert_non_null(strstr(models_error(folder, GPPI_E_IO), "b.gppiw: is not a regular file"));
	assert_int_equal(rmdir(in_dir("weights/b.gppiw")), 0);
}

static void models_are_described(void **s)
{
	struct gppi_models *m;
	struct gppi_error err;

	(void)s;
	put_file(in_dir("weights/README.md"), "not weights", 11);
	assert_int_equal(gppi_models_open(in_dir("weights"), &m, &err), GPPI_OK);
	assert_int_equal(gppi_models_count(m), 1);
	const struct gppi_model_info *i = gppi_models_info(m, 0);
	assert_string_equal(i->kind, "cw-classifier");
	assert_string_equal(i->source, in_dir("weights/a.gppiw"));
	assert_int_equal(strlen(i->hash), 64);
	assert_string_equal(i->meta, "{}");
	assert_null(gppi_models_info(m, 1));
	assert_null(gppi_models_info(m, -1));
	gppi_models_free(m);
	gppi_models_free(NULL);
}

/* ---- a simple bone: a wide end that narrows to a tube ---- */

#define NX 96
#define NZ 400
#define NECK 160 /* where it narrows */

static void save_bone(const char *path, int reversed)
{
	uint8_t header[352] = { 0 };
	const int16_t dim[8] = { 3, NX, NX, NZ, 1, 1, 1, 1 };
	const float zoom[8] = { 1, 0.04f, 0.04f, 0.01f, 1, 1, 1, 1 }, slope = 1, offset = 352;
	const int32_t size = 348;
	static int16_t slice[NX * NX];
	uint32_t seed = 5;
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	memcpy(header, &size, 4);
	memcpy(header + 40, dim, 16);
	header[70] = 4;  /* int16 */
	header[72] = 16;
	memcpy(header + 76, zoom, 32);
	memcpy(header + 108, &offset, 4);
	memcpy(header + 112, &slope, 4);
	header[123] = 2; /* mm */
	memcpy(header + 344, "n+1", 4);
	assert_int_equal(fwrite(header, 1, 352, f), 352);
	for (int i = 0; i < NZ; i++) {
		int z = reversed ? NZ - 1 - i : i;
		double r = z < 12 ? 0 : 17 + 17 / (1 + exp((z - NECK) / 14.0));
		if (z < 40 && r > 0)
			r *= sqrt((z - 11) / 29.0);
		for (int y = 0; y < NX; y++)
			for (int x = 0; x < NX; x++) {
				double d = hypot(x - 47.5, y - 47.5);
				seed = seed * 1664525u + 1013904223u;
				int noise = (int)(seed >> 24) - 128;
				int spongy = z < NECK && (x / 2 + y / 2 + z / 6) % 3 == 0;
				int bone = d < r && (d > r - 4 || spongy);
				slice[y * NX + x] = (int16_t)((bone ? 1680 : d < r ? -700 : -1000) + noise);
			}
		assert_int_equal(fwrite(slice, sizeof slice, 1, f), 1);
	}
	assert_int_equal(fclose(f), 0);
}

static struct gppi_result *detect(const char *path, struct gppi_options opt, int code,
				  struct gppi_error *err)
{
	struct gppi_models *m;
	struct gppi_input *in = NULL;
	struct gppi_result *r = NULL;

	if (gppi_models_open(in_dir("weights"), &m, err) || gppi_input_open(path, &in, err))
		fail_msg("%s", err->text);
	assert_int_equal(gppi_input_count(in), 1);
	int rc = gppi_detect(m, in, 0, &opt, &r, err);
	if (rc != code)
		fail_msg("%d instead of %d: %s", rc, code, rc < 0 ? err->text : "");
	assert_true((r != NULL) == (rc == 0));
	gppi_input_free(in);
	gppi_models_free(m);
	return r;
}

static int cancel(void *user, double done)
{
	(void)done;
	++*(int *)user;
	return -1;
}

static void a_bone_and_its_reversed_copy_agree(void **s)
{
	struct gppi_options opt;
	struct gppi_error err;
	struct gppi_result *a, *b;

	(void)s;
	gppi_options_default(&opt);
	opt.model = GPPI_MODEL_CW;
	opt.threads = 2;
	save_bone(in_dir("bone.nii"), 0);
	save_bone(in_dir("reversed.nii"), 1);
	a = detect(in_dir("bone.nii"), opt, GPPI_OK, &err);
	b = detect(in_dir("reversed.nii"), opt, GPPI_OK, &err);
	assert_string_equal(a->input, in_dir("bone.nii"));
	assert_int_equal(a->spacing_known, GPPI_SPACING_READ);
	assert_int_equal(a->shaft_first, 0);
	assert_int_equal(b->shaft_first, 1);
	near(a->gppi, NECK, 40); /* where it darkens */
	near(a->gppi_exact, NZ - 1 - b->gppi_exact, 1.5);
	near(a->gppi_mm, a->gppi * 0.01, 1e-6);
	assert_int_equal(a->voi_first, a->gppi + 30);
	assert_int_equal(b->voi_last, b->gppi - 30);
	assert_int_equal(a->nfolds, 0);
	assert_true(isnan(a->sv_plane) && isnan(a->sv_rough) && isnan(a->longaxis_plane));
	assert_true(a->seconds_total >= a->seconds_cw && a->seconds_cw > 0);
	near(a->confidence, b->confidence, 0.1);
	gppi_result_free(b);

	opt.engine = GPPI_ENGINE_FP32;
	b = detect(in_dir("bone.nii"), opt, GPPI_OK, &err);
	near(a->gppi_exact, b->gppi_exact, 0.1);
	gppi_result_free(b);
	gppi_result_free(a);
}

static void wrong_requests_are_refused(void **s)
{
	struct gppi_options opt;
	struct gppi_error err;
	int calls = 0;

	(void)s;
	gppi_options_default(&opt); /* asks for all, of which the folder holds CW */
	assert_null(detect(in_dir("bone.nii"), opt, GPPI_E_WEIGHTS, &err));
	assert_non_null(strstr(err.text, "no long-axis network"));
	opt.model = GPPI_MODEL_SV;
	assert_null(detect(in_dir("bone.nii"), opt, GPPI_E_WEIGHTS, &err));
	assert_non_null(strstr(err.text, "no SV classifier"));
	opt.model = GPPI_MODEL_CW;
	opt.progress = cancel;
	opt.progress_user = &calls;
	assert_null(detect(in_dir("bone.nii"), opt, GPPI_E_CANCELLED, &err));
	assert_non_null(strstr(err.text, "bone.nii"));
	assert_true(calls >= 1 && calls <= 2 * 64);
	opt.progress = NULL;
	opt.voi.length = 0;
	assert_null(detect(in_dir("bone.nii"), opt, GPPI_E_USAGE, &err));
	opt.voi.length = 1000;
	opt.voxel_um = NAN;
	assert_null(detect(in_dir("bone.nii"), opt, GPPI_E_USAGE, &err));
	opt.voxel_um = 0;
	for (int model = 0; model <= 8; model++) { /* one of them or all, no pairs */
		opt.model = (enum gppi_model)model;
		if (model != 1 && model != 2 && model != 4 && model != 7)
			assert_null(detect(in_dir("bone.nii"), opt, GPPI_E_USAGE, &err));
	}
}

/* An input is turned when it is opened: options that ask for another axis later are told, not left unheard. */
static void the_axis_is_chosen_at_opening(void **s)
{
	struct gppi_options opt;
	struct gppi_scan_info i;
	struct gppi_result *r;
	struct gppi_input *in;
	struct gppi_error err;

	(void)s;
	gppi_options_default(&opt);
	assert_int_equal(opt.axis, GPPI_AXIS_Z);
	opt.axis = (enum gppi_axis)3;
	assert_int_equal(gppi_input_open_with(in_dir("bone.nii"), &opt, &in, &err), GPPI_E_USAGE);
	opt.axis = GPPI_AXIS_X;
	assert_int_equal(gppi_input_open_with(in_dir("bone.nii"), &opt, &in, &err), GPPI_OK);
	assert_int_equal(gppi_input_info(in, 0, 0, &i, &err), GPPI_OK);
	assert_true(i.dims[0] != NZ && i.dims[1] == NZ);
	near(i.spacing_um[1], 10, 1e-3);
	assert_string_equal(i.format, "NIfTI-1, along x");
	opt.axis = GPPI_AXIS_Z;
	assert_int_equal(gppi_input_split(in, 0, &opt, &err), GPPI_E_USAGE);
	assert_non_null(strstr(err.text, "when the input is opened"));
	opt.axis = GPPI_AXIS_X;
	opt.margin_um = NAN;
	assert_int_equal(gppi_input_split(in, 0, &opt, &err), GPPI_E_USAGE);
	assert_non_null(strstr(err.text, "margin"));
	assert_true(gppi_input_split(in, 0, NULL, &err) >= 1); /* without options: as it was opened */
	gppi_input_free(in);
	assert_int_equal(gppi_input_open(in_dir("bone.nii"), &in, &err), GPPI_OK);
	opt.axis = GPPI_AXIS_Y;
	assert_int_equal(gppi_detect(NULL, in, 0, &opt, &r, &err), GPPI_E_USAGE);
	assert_null(r);
	gppi_input_free(in);
}

static void input_tells_what_it_read(void **s)
{
	struct gppi_scan_info i;
	struct gppi_input *in;
	struct gppi_error err;

	(void)s;
	assert_int_equal(gppi_input_open(in_dir("bone.nii"), &in, &err), GPPI_OK);
	assert_int_equal(gppi_input_info(in, 0, 0, &i, &err), GPPI_OK);
	assert_int_equal(i.dims[2], NZ);
	near(i.spacing_um[0], 40, 1e-3);
	near(i.spacing_um[2], 10, 1e-3);
	near(i.value_min, -1128, 0);
	near(i.value_max, 1680 + 127, 0);
	assert_string_equal(i.path, in_dir("bone.nii"));
	assert_int_equal(gppi_input_info(in, 0, 7.5, &i, &err), GPPI_OK);
	near(i.spacing_um[0], 7.5, 0);
	assert_int_equal(i.spacing_known, GPPI_SPACING_GIVEN);
	assert_int_equal(gppi_input_info(in, 1, 0, &i, &err), GPPI_E_USAGE);
	gppi_input_free(in);
	gppi_input_free(NULL);

	in = (struct gppi_input *)1;
	assert_int_equal(gppi_input_open(in_dir("nothing.nii"), &in, &err), GPPI_E_IO);
	assert_null(in);
	assert_non_null(strstr(err.text, "nothing.nii"));
	assert_int_equal(gppi_input_open(in_dir("nothing.nii"), &in, NULL), GPPI_E_IO);
}

/* Programs that were compiled with the header of an older or newer library. */
static void structs_of_other_versions(void **s)
{
	static const size_t old_options = offsetof(struct gppi_options, margin_um),
			    old_info = offsetof(struct gppi_scan_info, slope);
	struct { struct gppi_options opt; char more[16]; } newer;
	struct gppi_scan_info info;
	struct gppi_options old;
	struct gppi_input *in;
	struct gppi_error err;

	(void)s;
	memset(&old, 0x55, sizeof old);
	gppi_options_init(&old, old_options);
	assert_int_equal(old.size, old_options);
	near(old.voi.length, 1000, 0);
	assert_int_equal(((const char *)&old)[old_options], 0x55); /* not touched, and not read */
	old.model = GPPI_MODEL_CW;
	gppi_result_free(detect(in_dir("bone.nii"), old, GPPI_OK, &err));
	assert_int_equal(gppi_input_open_with(in_dir("bone.nii"), &old, &in, &err), GPPI_OK);
	memset(&info, 0x55, sizeof info);
	assert_int_equal(gppi_input_info_sized(in, 0, 0, &info, old_info, &err), GPPI_OK);
	assert_int_equal(info.dims[2], NZ);
	assert_int_equal(((const char *)&info)[old_info], 0x55);
	gppi_input_free(in);

	gppi_options_init(&newer.opt, sizeof newer);
	assert_int_equal(newer.more[0], 0);
	assert_int_equal(gppi_input_open_with(in_dir("bone.nii"), &newer.opt, &in, &err), GPPI_OK);
	gppi_input_free(in);
	newer.more[15] = 1; /* an option that this library does not know */
	assert_int_equal(gppi_input_open_with(in_dir("bone.nii"), &newer.opt, &in, &err), GPPI_E_USAGE);
	assert_null(in);
	assert_non_null(strstr(err.text, "lacks"));
	old.size = 0;
	assert_int_equal(gppi_input_open_with(in_dir("bone.nii"), &old, &in, &err), GPPI_E_USAGE);
	assert_non_null(strstr(err.text, "gppi_options_default"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_weights_are_refused),
		cmocka_unit_test(models_are_described),
		cmocka_unit_test(a_bone_and_its_reversed_copy_agree),
		cmocka_unit_test(wrong_requests_are_refused),
		cmocka_unit_test(the_axis_is_chosen_at_opening),
		cmocka_unit_test(input_tells_what_it_read),
		cmocka_unit_test(structs_of_other_versions),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
