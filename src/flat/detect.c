/* The plane in pictures along the bone: read, locate the bone, ask the networks either way up. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "flat/detect.h"
#include "flat/flat_plane.h"
#include "plane/table.h"

#define UM_PER_ROW 10.0
#define NONE_REVIEW 0.5    /* belief in "no plate" above which there is no answer */
#define SURE 0.75          /* confidence below which a person should look: 4 of 26 sets of real pictures reach it with
			    * networks that did not see the bone, all 4 within 3 slices; from 0.70 on 6, one of them 5.4
			    * off */
#define OFF_MIDDLE 20      /* slices by which pictures may pass the bone's middle and not be blamed for doubt */
#define SHARE_UNSURE 0.1   /* distal share this near to one half: either end could be the knee */
/* confidence = near / (near + ODDS * (1 - near)) * (1 - none): one plane of a bone shows less than a
 * volume does, and the network does not know. */
#define ODDS 2.0

/* What is known of the pictures of a bone with the knee at one end. */
struct way {
	struct strip_frame frame; /* the first picture's, with what all show of the ends */
	struct plane_verdict v;
	double beside;            /* slices by which the picture nearest to it passes the bone's middle; NAN unknown */
};

/* What all pictures together say with the knee at one end. frames: room for each picture's; crossings: filled by the
 * first call, not flipped. */
static int one_way_up(const struct plane_models *models, struct net_run *run,
		      const struct picture *pictures, const char *const *paths, int n, double um_per_row,
		      int flipped, struct strip_frame *frames, struct plane_crossings *crossings, struct way *way,
		      struct gppi_error *err)
{
	struct plane_belief belief;
	double share = 0;
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		rc = strip_locate(&pictures[i], um_per_row, flipped, paths[i], &frames[i], err);
		share += frames[i].distal_share / n;
	}
	if (rc == 0 && !flipped)
		rc = plane_pictures_cross(pictures, frames, n, crossings, err);
	if (rc == 0)
		rc = plane_pictures(models, run, pictures, frames, n, crossings, &belief, &way->beside, err);
	if (rc < 0)
		return rc;
	way->v = plane_belief_verdict(&belief);
	way->frame = frames[0];
	way->frame.distal_share = share;
	return 0;
}

static void review(struct gppi_picture_result *out, const char *text)
{
	if (out->nreasons < GPPI_MAX_REASONS)
		snprintf(out->reason[out->nreasons++], sizeof out->reason[0], "%s", text);
}

static void conclude(const struct way *way, const struct picture *picture, const struct gppi_picture_options *opt,
		     struct gppi_picture_result *out)
{
	const struct plane_verdict *v = &way->v;
	const struct strip_frame *frame = &way->frame;

	out->row = -1;
	out->row_exact = out->mm = NAN;
	out->distal_down = frame->flipped;
	out->confidence = v->near / (v->near + ODDS * (1 - v->near)) * (1 - v->none);
	if (v->none > NONE_REVIEW || isnan(v->plane)) {
		out->confidence = fmin(out->confidence, 0.02);
		review(out, "no growth plate seen: is this a long-axis view of the knee end?");
		return;
	}
	out->row_exact = fmin(fmax(strip_row(picture, frame, v->plane), 0), picture->h - 1);
	out->row = (int)lround(out->row_exact);
	if (opt->um_per_row > 0)
		out->mm = out->row * opt->um_per_row / 1000;
	if (fabs(frame->distal_share - 0.5) < SHARE_UNSURE)
		review(out, "which end is the knee is not clear: check the picture's orientation");
	if (out->confidence < SURE && way->beside > OFF_MIDDLE) {
		char text[96];
		snprintf(text, sizeof text,
			 "low confidence: all planes are %.0f rows or more off the bone's middle; export "
			 "some through it",
			 fmin(way->beside * frame->per_slice, 9999));
		review(out, text);
	} else if (out->confidence < SURE) {
		review(out, "low confidence: check the plane on the picture, or give another view of the bone");
	}
}

int flat_detect(const struct plane_models *nets, const char *const *paths, int n,
		const struct gppi_picture_options *opt, struct gppi_picture_result *out, struct gppi_error *err)
{
	struct picture *pictures = n > 0 ? calloc((size_t)n, sizeof *pictures) : NULL;
	struct strip_frame *frames = n > 0 ? calloc((size_t)n, sizeof *frames) : NULL;
	struct plane_crossings crossings;
	struct way way[2] = { { .v.plane = NAN }, { .v.plane = NAN } };
	struct net_run *run = NULL;
	double um = opt->um_per_row > 0 ? opt->um_per_row : UM_PER_ROW, start = clock_now();
	int rc;

	*out = (struct gppi_picture_result){ .row = -1 };
	if (!pictures || !frames) {
		rc = err_set(err, n > 0 ? GPPI_E_NOMEM : GPPI_E_USAGE, n > 0 ? "not enough memory" : "no picture");
		goto end;
	}
	if (!isfinite(um) || um < 0.5 || um > 200) {
		rc = err_set(err, GPPI_E_USAGE, "%g um per row makes no sense; give 0.5 to 200", um);
		goto end;
	}
	rc = plane_models_check(nets, (enum plane_choice)0, err);
	if (rc == 0)
		rc = net_run_new(nets->net[PLANE_NET_PICTURE][0], (enum net_engine)opt->engine, &run, err);
	for (int i = 0; i < n && rc == 0; i++) {
		rc = picture_read(paths[i], &pictures[i], err);
		if (rc == 0 && pictures[i].h != pictures[0].h)
			rc = err_set(err, GPPI_E_FORMAT, "%s: %d rows, but %s has %d; pictures of one bone must show "
				     "the same rows", paths[i], pictures[i].h, paths[0], pictures[0].h);
	}
	for (int flipped = 0; flipped < 2 && rc == 0; flipped++)
		rc = one_way_up(nets, run, pictures, paths, n, um, flipped, frames, &crossings, &way[flipped], err);
	if (rc < 0)
		goto end;
	/* The knee is the wider end, unless the network sees a plate only at the other one. */
	double up = way[0].frame.distal_share * (1 - way[0].v.none) * way[0].v.near;
	double down = way[1].frame.distal_share * (1 - way[1].v.none) * way[1].v.near;
	conclude(&way[down > up], &pictures[0], opt, out);
	out->seconds = clock_now() - start;
end:
	net_run_free(run);
	for (int i = 0; pictures && i < n; i++)
		picture_free(&pictures[i]);
	free(pictures);
	free(frames);
	return rc;
}
