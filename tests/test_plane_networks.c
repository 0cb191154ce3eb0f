/* The networks at work: whole detections of slices that are dark up to the plane and bright from it
 * on, with networks that can be computed by hand. */
#include "plane_case.h"

#include "slices/slices.h"
#include "tiny_net.h"

enum { LONG, ROWS, SV, CW, FOLD0, FOLD1, INNER, BLIND, NARROW, OLD, PUBLISHED, AHEAD, NATIVE, NETS };

static struct net *nets[NETS];
static void *images[NETS];

/* Answers with a bell around the number of dark rows, plus `off`; without their square, which is the
 * same for all rows, and so far above "none". */
static void *locator(const char *kind, int channels, int height, int width, int rows, double off, size_t *size)
{
	int slope[PLANE_ROWS];
	float bias[PLANE_ROWS];
	const double sharp = 0.2;

	for (int i = 0; i < rows; i++) {
		slope[i] = -i;
		bias[i] = (float)(sharp * i * (2 * (rows + off) - i));
	}
	return tiny_net(kind, kind, channels, height, width, rows, slope,
			(float)(2 * sharp * rows / 127 / channels), bias, size);
}

static int nets_open(void **s)
{
	static const int up[2] = { 0, 1 }, down[2] = { 0, -1 }, level[PLANE_ROWS] = { 0 };
	static const float up_bias[2] = { 0, -6 }, down_bias[2] = { 0, 6 };
	static float low[PLANE_ROWS];
	size_t size[NETS];

	(void)s;
	for (int i = 0; i < PLANE_ROWS; i++)
		low[i] = -20;
	/* SV stand-in: dark slices show four blobs. CW: bright slices are after. */
	images[SV] = tiny_net("sv-classifier", "sv", 1, 96, 96, 2, down, 12 / 127.f, down_bias, &size[SV]);
	images[CW] = tiny_net("cw-classifier", "cw", 1, 96, 96, 2, up, 12 / 127.f, up_bias, &size[CW]);
	images[LONG] = tiny_view("longaxis", "view", 6, &size[LONG]);
	images[ROWS] = locator("longaxis-rows", PLANE_SEEN, PLANE_SEEN_ROWS, 1, PLANE_ROWS, 0, &size[ROWS]);
	images[FOLD0] = locator("sv-regressor", 1, PLANE_STACK * 48, 48, PLANE_STACK, 0, &size[FOLD0]);
	images[FOLD1] = locator("sv-regressor", 1, PLANE_STACK * 48, 48, PLANE_STACK, 2, &size[FOLD1]);
	images[INNER] = locator("sv-inner", 1, PLANE_STACK * 48, 48, PLANE_STACK, 0, &size[INNER]);
	images[BLIND] = tiny_net("longaxis-rows", "blind", PLANE_SEEN, PLANE_SEEN_ROWS, 1, PLANE_ROWS, level, 1, low,
				 &size[BLIND]);
	images[NARROW] = locator("longaxis-rows", PLANE_SEEN, PLANE_SEEN_ROWS, 1, PLANE_ROWS - 1, 0, &size[NARROW]);
	images[OLD] = tiny_net("sv-regressor", "old", 52, 96, 96, 1, level, 1, low, &size[OLD]);
	/* As published: the number of dark slices of a stack; CW on more pixels. */
	static const int fewer[1] = { -1 };
	static const float all[1] = { PLANE_STACK }, more[1] = { PLANE_STACK + 2 };
	images[PUBLISHED] =
		tiny_net("sv-regressor", "published", PLANE_STACK, 96, 96, 1, fewer, 1 / 127.f, all, &size[PUBLISHED]);
	images[AHEAD] = tiny_net("sv-regressor", "ahead", PLANE_STACK, 96, 96, 1, fewer, 1 / 127.f, more, &size[AHEAD]);
	images[NATIVE] = tiny_net("cw-classifier", "native", 1, 322, 307, 2, up, 12 / 127.f, up_bias, &size[NATIVE]);
	for (int i = 0; i < NETS; i++) {
		struct gppi_error err;
		if (net_load(images[i], size[i], "tiny", &nets[i], &err) < 0) {
			printf("%s\n", err.text);
			return -1;
		}
	}
	return 0;
}

static int nets_close(void **s)
{
	(void)s;
	for (int i = 0; i < NETS; i++) {
		net_free(nets[i]);
		free(images[i]);
	}
	return 0;
}

#define SLICES 400

struct stack {
	int plane, cancel_after, ticks, blind;
	double done;
};

/* Slices that are dark before the plane and bright from it on: all of each, or the middle only. */
static const uint8_t *stack_slices(int plane, bool middle)
{
	static uint8_t slices[SLICES * SLICE_PX * SLICE_PX];
	int side = middle ? SLICE_PX / 2 : SLICE_PX, from = middle ? SLICE_PX / 4 : 0;

	memset(slices, 0, sizeof slices);
	for (int k = plane; k < SLICES; k++)
		for (int y = from; y < from + side; y++)
			memset(slices + (size_t)k * (size_t)SLICE_BYTES + (size_t)y * SLICE_PX + from, 127,
			       (size_t)side);
	return slices;
}

static int stack_progress(void *user, double done)
{
	struct stack *t = user;

	assert_true(done >= t->done && done <= 1);
	t->done = done;
	return ++t->ticks == t->cancel_after ? -1 : 0;
}

static struct plane_models models(const struct stack *t)
{
	return (struct plane_models){ .net = {
		[PLANE_NET_LONGAXIS] = { nets[LONG] }, [PLANE_NET_LONGAXIS_ROWS] = { nets[t->blind ? BLIND : ROWS] },
		[PLANE_NET_SV_CLASSIFIER] = { nets[SV] }, [PLANE_NET_CW_CLASSIFIER] = { nets[CW] },
		[PLANE_NET_SV_REGRESSOR] = { nets[FOLD0], nets[FOLD1] } } };
}

static int detect(struct stack *t, const struct plane_options *o, struct plane_result *r, struct gppi_error *err)
{
	const struct plane_models m = models(t);
	const struct plane_source source = { .slices = stack_slices(t->plane, false), .n = SLICES, .nslices = SLICES,
					     .bone_first = 30, .bone_last = 390 };

	t->ticks = 0;
	t->done = 0;
	return plane_detect(&m, &source, o, r, err);
}

static void same(const struct plane_result *a, const struct plane_result *b)
{
	assert_memory_equal(a->sv_score, b->sv_score, SLICES * sizeof *a->sv_score);
	assert_memory_equal(a->cw_score, b->cw_score, SLICES * sizeof *a->cw_score);
	assert_memory_equal(a->beliefs, b->beliefs, sizeof *a->beliefs);
	assert_true(a->plane == b->plane && a->confidence == b->confidence && a->near == b->near);
	assert_int_equal(a->nreasons, b->nreasons);
}

static void networks_find_the_plane(void **s)
{
	static struct stack t;

	(void)s;
	for (int i = 0; i < 8; i++) { /* engine, views that see nothing, threads */
		struct plane_result r, alone = { 0 };
		struct gppi_error err;
		t = (struct stack){ .plane = 171, .blind = i >> 1 & 1 };
		for (int threads = 1; threads <= 4; threads += 3) {
			struct plane_options o = { .choice = PLANE_ALL, .threads = threads,
						   .engine = i & 1 ? NET_FP32 : NET_INT8, .exhaustive = i >> 2,
						   .progress = threads == 1 ? stack_progress : NULL,
						   .progress_user = &t };
			if (detect(&t, &o, threads == 1 ? &alone : &r, &err) != 0)
				fail_msg("%s", err.text);
			near(t.done, threads == 1, 0);
		}
		same(&alone, &r);
		assert_true(t.blind ? isnan(r.longaxis_plane) && r.longaxis_none > 0.9
				    : r.longaxis_plane == 171 && r.longaxis_none < 1e-6);
		near(r.sv_rough, 170, t.blind || i >> 2 ? 0 : 2); /* else from one slice in four */
		near(r.sv_fold[0], 171, 0);
		near(r.sv_fold[1], 173, 0);
		near(r.sv_plane, 172, 0);
		near(r.sv_spread, 1, 1e-9);
		near(r.cw_plane, 171, 0);
		near(r.cw_likelihood_plane, 171, 1e-3);
		near(r.plane, 171.5, 0.5);
		near(r.sv_score[t.blind || i >> 2 ? 168 : 75], 1 / (1 + exp(-6)), 1e-4);
		near(r.cw_score[171], 1 / (1 + exp(-6)), 1e-4);
		near(r.sv_score[29], -1, 0);
		plane_result_free(&r);
		plane_result_free(&alone);
	}
}

/* The published regressors and CW's own size of slices in the place of this program's networks. */
static void published_networks_do_as_well(void **s)
{
	static struct stack t;

	(void)s;
	for (int i = 0; i < 8; i++) {
		t = (struct stack){ .plane = 171 };
		const struct plane_models m = { .net = {
			[PLANE_NET_LONGAXIS] = { nets[LONG] }, [PLANE_NET_LONGAXIS_ROWS] = { nets[ROWS] },
			[PLANE_NET_SV_CLASSIFIER] = { nets[SV] }, [PLANE_NET_CW_CLASSIFIER] = { nets[NATIVE] },
			[PLANE_NET_SV_REGRESSOR] = { nets[i & 4 ? FOLD0 : PUBLISHED], nets[AHEAD] } } };
		const struct plane_source source = { .slices = stack_slices(t.plane, false), .n = SLICES,
						     .nslices = SLICES,
						     .bone_first = 30, .bone_last = 390, .um_per_px = i & 1 ? 30 : 0 };
		struct plane_options o = { .choice = PLANE_ALL, .threads = 2, .engine = i & 2 ? NET_FP32 : NET_INT8 };
		struct plane_result r;
		struct gppi_error err;
		if (plane_detect(&m, &source, &o, &r, &err) != 0)
			fail_msg("%s", err.text);
		near(r.sv_fold[0], 171, 0);
		near(r.sv_fold[1], 173, 0);
		near(r.sv_plane, 172, i & 4 ? 1 : 0); /* two kinds of belief need not be as sharp */
		near(r.cw_plane, 171, 0);
		near(r.cw_score[171], 1 / (1 + exp(-6)), 1e-4);
		plane_result_free(&r);
	}
}

/* Stacks and windows that reach beyond the volume hold its end slices again. */
static void the_ends_of_the_volume_are_repeated(void **s)
{
	static const int planes[2] = { 10, SLICES - 5 };
	static float logit[PLANE_ROWS];
	static struct stack t;

	(void)s;
	for (int i = 0; i < 2; i++) {
		t = (struct stack){ .plane = planes[i] };
		struct plane_options o = { .choice = PLANE_ALL, .threads = 1 };
		struct plane_source source = { .slices = stack_slices(planes[i], false), .n = SLICES, .nslices = SLICES,
					       .bone_last = SLICES - 1 };
		struct plane_models m = models(&t);
		struct plane_networks *networks;
		struct plane_scorer scorer;
		struct plane_belief b;
		struct gppi_error err;
		assert_int_equal(plane_networks_open(&m, &source, &o, &networks, &scorer, &err), 0);
		assert_int_equal(scorer.stacked[PLANE_NET_SV_REGRESSOR], 2);
		int centre = i ? SLICES - 1 : 0, first = i ? 350 : 0;
		assert_int_equal(scorer.regress(scorer.user, centre, logit, &err), 0);
		plane_belief_mean(&b, centre - PLANE_CENTRE, PLANE_STACK, logit, 1);
		near(plane_belief_verdict(&b).plane, planes[i], 0);
		assert_int_equal(scorer.longaxis(scorer.user, first, logit, &err), 0);
		plane_belief_mean(&b, first, PLANE_ROWS, logit, 1);
		near(plane_belief_verdict(&b).plane, planes[i], 0);
		plane_networks_free(networks);
	}
	plane_networks_free(NULL);
}

/* One network of the stack sees the middle only, and takes slices that are bright there for bright. */
static void inner_halves_are_seen_whole(void **s)
{
	struct stack t = { 0 };
	float logit[3 * PLANE_STACK];
	struct plane_options o = { .choice = PLANE_ALL, .threads = 2 };
	struct plane_source source = { .slices = stack_slices(171, true), .n = SLICES, .nslices = SLICES,
				       .bone_last = SLICES - 1 };
	struct plane_models m = models(&t);
	struct plane_networks *networks;
	struct plane_scorer scorer;
	struct plane_belief b;
	struct gppi_error err;

	(void)s;
	m.net[PLANE_NET_SV_INNER][0] = nets[INNER];
	assert_int_equal(plane_networks_open(&m, &source, &o, &networks, &scorer, &err), 0);
	assert_true(scorer.stacked[PLANE_NET_SV_REGRESSOR] == 2 && scorer.stacked[PLANE_NET_SV_INNER] == 1);
	assert_int_equal(scorer.regress(scorer.user, 168, logit, &err), 0);
	plane_belief_mean(&b, 168 - PLANE_CENTRE, PLANE_STACK, logit + (size_t)2 * PLANE_STACK, 1);
	near(plane_belief_verdict(&b).plane, 171, 0);
	plane_belief_mean(&b, 168 - PLANE_CENTRE, PLANE_STACK, logit, 1); /* three quarters of what it sees are dark */
	assert_true(plane_belief_verdict(&b).plane > 181);
	plane_networks_free(networks);
}

static void detections_can_be_cancelled(void **s)
{
	static struct stack t = { .plane = 171 };
	struct plane_options o = { .choice = PLANE_ALL, .threads = 1, .progress = stack_progress, .progress_user = &t };
	struct plane_result r;
	struct gppi_error err;
	int stops = 0;

	(void)s;
	for (t.cancel_after = 1; t.cancel_after < 2000; t.cancel_after += 5) {
		int rc = detect(&t, &o, &r, &err);
		if (rc == 0) { /* it was over before */
			assert_true(t.ticks < t.cancel_after);
			plane_result_free(&r);
			break;
		}
		assert_int_equal(rc, GPPI_E_CANCELLED);
		assert_int_equal(t.ticks, t.cancel_after);
		assert_null(r.beliefs);
		stops++;
	}
	assert_true(stops > 10 && t.cancel_after < 2000);
}

/* Every slice that a network may ask for must be there; which these are, by hand: 76 beside the bone, and 76 beyond the
 * 448 that are seen along it from 24 before. */
static void slices_that_lack_are_told(void **s)
{
	static const struct {
		int nslices, bone_first, bone_last, first, n;
	} want[] = { { 2000, 100, 1200, 24, 1253 }, { 2000, 100, 300, 24, 576 }, { 300, 20, 290, 0, 300 },
		     { 700, 200, 690, 124, 576 } };
	const struct plane_models m = models(&(struct stack){ 0 });
	struct plane_options o = { .choice = PLANE_ALL, .threads = 1 };
	struct plane_result r;
	struct gppi_error err;

	(void)s;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		int first, n;
		plane_slices_wanted(want[i].nslices, want[i].bone_first, want[i].bone_last, &first, &n);
		assert_int_equal(first, want[i].first);
		assert_int_equal(n, want[i].n);
	}
	for (int lack = 0; lack < 2; lack++) { /* one at either end */
		struct plane_source source = { .slices = stack_slices(171, false), .first = lack, .n = SLICES - 1,
					       .nslices = SLICES,
					       .bone_first = 30, .bone_last = 390 };
		assert_int_equal(plane_detect(&m, &source, &o, &r, &err), GPPI_E_USAGE);
		assert_non_null(strstr(err.text, lack ? "slices 1 to 399" : "slices 0 to 398"));
	}
}

static void unsuitable_networks_are_refused(void **s)
{
	static const struct {
		enum plane_choice choice;
		int along, rows, sv, fold0, fold1, cw, inner; /* 0, LONG: none */
		const char *word;
	} set[] = {
		{ PLANE_ALL, -1, ROWS, SV, FOLD0, FOLD1, CW, 0, "no long-axis network" },
		{ PLANE_ALL, LONG, ROWS, -1, FOLD0, FOLD1, CW, 0, "no SV classifier" },
		{ PLANE_ALL, LONG, ROWS, SV, -1, FOLD1, CW, 0, "no SV regressor" },
		{ PLANE_ALL, LONG, ROWS, SV, FOLD0, FOLD1, -1, 0, "no CW classifier" },
		{ PLANE_LONGAXIS, LONG, -1, SV, FOLD0, FOLD1, CW, 0, "no network for the rows of views" },
		{ PLANE_LONGAXIS, LONG, NARROW, SV, FOLD0, FOLD1, CW, 0,
		  "447 out, but a network for the rows of views along the bone takes 64x112x1" },
		{ PLANE_LONGAXIS, ROWS, ROWS, SV, FOLD0, FOLD1, CW, 0,
		  "448 out, but a long-axis network takes 6x448x48" },
		{ PLANE_LONGAXIS, SV, ROWS, SV, FOLD0, FOLD1, CW, 0, "1x96x96 in, 2 out" },
		{ PLANE_SV, LONG, ROWS, SV, FOLD0, OLD, CW, 0, "old: 52x96x96 in, 1 out" },
		{ PLANE_SV, LONG, ROWS, FOLD0, FOLD0, FOLD1, CW, 0, "but a SV classifier takes 1x96x96" },
		{ PLANE_SV, LONG, ROWS, SV, FOLD0, FOLD1, CW, OLD, "but a network for inner halves takes 1x2448x48" },
		{ PLANE_CW, LONG, ROWS, SV, FOLD0, FOLD1, LONG, 0, "but a CW classifier takes 1x96x96" },
	};
	const struct plane_source source = { .slices = stack_slices(0, false), .n = 10, .nslices = 10, .bone_last = 9 };

	(void)s;
	for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
#define NET(member) (set[i].member < 0 ? NULL : nets[set[i].member])
		const struct plane_models m = { .net = {
			[PLANE_NET_LONGAXIS] = { NET(along) }, [PLANE_NET_LONGAXIS_ROWS] = { NET(rows) },
			[PLANE_NET_SV_CLASSIFIER] = { NET(sv) }, [PLANE_NET_SV_REGRESSOR] = { NET(fold0), NET(fold1) },
			[PLANE_NET_CW_CLASSIFIER] = { NET(cw) },
			[PLANE_NET_SV_INNER] = { set[i].inner ? nets[set[i].inner] : NULL } } };
#undef NET
		struct plane_options o = { .choice = set[i].choice, .threads = 1 };
		struct plane_result r;
		struct gppi_error err;
		assert_int_equal(plane_detect(&m, &source, &o, &r, &err), GPPI_E_WEIGHTS);
		if (!strstr(err.text, set[i].word))
			fail_msg("\"%s\" lacks \"%s\"", err.text, set[i].word);
		assert_null(r.sv_score);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_find_the_plane),
		cmocka_unit_test(published_networks_do_as_well),
		cmocka_unit_test(the_ends_of_the_volume_are_repeated),
		cmocka_unit_test(inner_halves_are_seen_whole),
		cmocka_unit_test(detections_can_be_cancelled), cmocka_unit_test(slices_that_lack_are_told),
		cmocka_unit_test(unsuitable_networks_are_refused),
	};

	return cmocka_run_group_tests(tests, nets_open, nets_close);
}
