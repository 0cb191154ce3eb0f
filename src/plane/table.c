#include "plane/table.h"

#include <string.h>

#include "plane/networks.h"

#define CW_SIDE_MIN 32 /* pixels of its input */
#define CW_SIDE_MAX 512

bool plane_is_published(const struct net *net)
{
	const struct net_info *i = net_info(net);

	return i->in_c == PLANE_STACK && i->in_h == SLICE_PX && i->in_w == SLICE_PX && i->out_n == 1;
}

/* CW may see pixels of its own (plane_resample()). */
static bool any_side(const struct net *net)
{
	const struct net_info *i = net_info(net);

	return i->in_c == 1 && i->out_n == 2 && i->in_h >= CW_SIDE_MIN && i->in_h <= CW_SIDE_MAX &&
	       i->in_w >= CW_SIDE_MIN && i->in_w <= CW_SIDE_MAX;
}

/* Mean of 2x2 pixels. */
static void halved(const uint8_t *in, uint8_t *out)
{
	for (int y = 0; y < STACK_SIDE; y++)
		for (int x = 0; x < STACK_SIDE; x++) {
			const uint8_t *p = in + (size_t)(2 * y) * SLICE_PX + (size_t)(2 * x);
			*out++ = (uint8_t)((p[0] + p[1] + p[SLICE_PX] + p[SLICE_PX + 1] + 2) >> 2);
		}
}

/* The middle, at full size: the valley between the mounds, finer than at half size. */
static void inner_half(const uint8_t *in, uint8_t *out)
{
	const uint8_t *first = in + (size_t)(SLICE_PX - STACK_SIDE) / 2 * (SLICE_PX + 1);

	for (int y = 0; y < STACK_SIDE; y++)
		memcpy(out + (size_t)y * STACK_SIDE, first + (size_t)y * SLICE_PX, STACK_SIDE);
}

/* The long-axis weight lies half way from that of earlier networks to what tools/train/fit.py gives (greatest
 * likelihood of the true planes of bones for choosing), because models err together on bones unlike those. SV's two lie
 * too far towards the knee on bones of other generators (-1 to -4 slices), so they weigh less than the fit gives. CW's
 * weight is small: its slices are neighbours and err together. */
const struct plane_entry plane_table[PLANE_KINDS] = {
	[PLANE_NET_LONGAXIS] = { "longaxis", "long-axis network", PLANE_LONGAXIS, PLANE_VIEW, 1,
		.c = 2 * PLANE_LONGAXIS_PLANES, .h = PLANE_ROWS, .w = SLICE_PX / 2,
		.out = PLANE_SEEN_ROWS * PLANE_SEEN },
	[PLANE_NET_LONGAXIS_ROWS] = { "longaxis-rows", "network for the rows of views along the bone", PLANE_LONGAXIS,
				      PLANE_VIEW_ROWS, 1,
		.c = PLANE_SEEN, .h = PLANE_SEEN_ROWS, .w = 1, .out = PLANE_ROWS,
		.belief = "longaxis", .weight = 3.20, .leads = 3.20 },
	[PLANE_NET_PICTURE] = { "picture", "picture network", 0, PLANE_VIEW, 1,
		.c = PLANE_PICTURE_CHANNELS, .h = PLANE_ROWS, .w = SLICE_PX / 2, .out = PLANE_SEEN_ROWS * PLANE_SEEN },
	[PLANE_NET_PICTURE_ROWS] = { "picture-rows", "network for the rows of pictures", 0, PLANE_VIEW_ROWS, 1,
		.c = PLANE_SEEN, .h = PLANE_SEEN_ROWS, .w = 1, .out = PLANE_ROWS },
	[PLANE_NET_SV_CLASSIFIER] = { "sv-classifier", "SV classifier", PLANE_SV, PLANE_CLASS, 1,
		.c = 1, .h = SLICE_PX, .w = SLICE_PX, .out = 2 },
	[PLANE_NET_SV_REGRESSOR] = { "sv-regressor", "SV regressor", PLANE_SV, PLANE_STACKED, PLANE_FOLDS_MAX,
		.c = 1, .h = PLANE_STACK * STACK_SIDE, .w = STACK_SIDE, .out = PLANE_STACK, .also = plane_is_published,
		.see = halved, .belief = "sv", .weight = 0.25, .leads = 1.0 },
	[PLANE_NET_SV_INNER] = { "sv-inner", "network for inner halves", PLANE_SV, PLANE_STACKED, 1, .optional = true,
		.c = 1, .h = PLANE_STACK * STACK_SIDE, .w = STACK_SIDE, .out = PLANE_STACK,
		.see = inner_half, .belief = "inner", .weight = 0.10, .leads = 0.8 },
	[PLANE_NET_CW_CLASSIFIER] = { "cw-classifier", "CW classifier", PLANE_CW, PLANE_CLASS, 1,
		.c = 1, .h = SLICE_PX, .w = SLICE_PX, .out = 2, .also = any_side,
		.belief = "cw", .weight = 0.060, .leads = 0.15 },
};

const struct plane_entry *plane_entry(const char *kind)
{
	for (int i = 0; i < PLANE_KINDS; i++)
		if (plane_table[i].kind && strcmp(plane_table[i].kind, kind) == 0)
			return &plane_table[i];
	return NULL;
}

int plane_models_count(const struct plane_models *models, enum plane_kind kind)
{
	int n = 0;

	while (n < PLANE_FOLDS_MAX && models->net[kind][n])
		n++;
	return n;
}

int plane_models_add(struct plane_models *models, const struct net *net, const char *label, struct gppi_error *err)
{
	const char *kind = net_info(net)->kind;
	const struct plane_entry *e = plane_entry(kind);

	if (!e)
		return err_set(err, GPPI_E_WEIGHTS, "%s: networks of kind \"%s\" are unknown to this "
			       "version; remove the file or use a newer version", label, kind);
	const struct net **place = models->net[e - plane_table];
	int n = plane_models_count(models, (enum plane_kind)(e - plane_table));
	if (n == e->most && n > 1)
		return err_set(err, GPPI_E_WEIGHTS, "%s: more than %d networks of kind %s; "
			       "remove those that do not belong together", label, n, kind);
	if (n == e->most)
		return err_set(err, GPPI_E_WEIGHTS, "%s: a second network of kind %s (the first is %s); "
			       "keep one of them", label, kind, net_info(place[0])->name);
	place[n] = net;
	return 0;
}

static int check(const struct plane_entry *e, const struct net *net, struct gppi_error *err)
{
	const struct net_info *i = net_info(net);
	bool fits = i->in_c == e->c && i->in_h == e->h && i->in_w == e->w && i->out_n == e->out;

	if (fits || (e->also && e->also(net)))
		return 0;
	return err_set(err, GPPI_E_WEIGHTS,
		       "%s: %dx%dx%d in, %d out, but a %s takes %dx%dx%d and gives %d; "
		       "use weights of this version",
		       i->name, i->in_c, i->in_h, i->in_w, i->out_n, e->what, e->c, e->h, e->w, e->out);
}

int plane_models_check(const struct plane_models *models, enum plane_choice choice, struct gppi_error *err)
{
	int rc = 0;

	for (int k = 0; k < PLANE_KINDS && rc == 0; k++) {
		const struct plane_entry *e = &plane_table[k];
		int n = plane_models_count(models, (enum plane_kind)k);
		if (!e->kind || (choice ? !(e->choice & choice) : e->choice != 0))
			continue;
		if (n == 0 && !e->optional)
			rc = choice ? err_set(err, GPPI_E_WEIGHTS, "the weights hold no %s; give a complete folder of "
					      "weights, or another --model", e->what)
				    /* there is no other --model */
				    : err_set(err, GPPI_E_WEIGHTS,
					      "the weights hold no networks for pictures; give a complete "
					      "folder of weights, or leave --weights out");
		for (int i = 0; i < n && rc == 0; i++)
			rc = check(e, models->net[k][i], err);
	}
	return rc;
}
