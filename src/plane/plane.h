/* From network scores to the growth plate plane. Knows no files.
 *
 * All positions are canonical slices (10 um pitch, distal first; slices.h).
 */
#ifndef PLANE_PLANE_H
#define PLANE_PLANE_H

#include <stdint.h>

#include "base/err.h"
#include "net/net.h"

#define PLANE_FOLDS_MAX 8
#define PLANE_STACK 51       /* slices the SV regressor sees */
#define PLANE_ROWS 448       /* slices the long-axis networks see */
#define PLANE_REASONS_MAX 12

/* What the long-axis network leaves of training bones around their planes: numbers of PLANE_AROUND (parts.h), u7.
 * From the description of its weights (tools/train/familiar.py). */
#define PLANE_AROUND 192
struct plane_familiar {
	float mean[PLANE_AROUND], sd[PLANE_AROUND]; /* sd > 0 */
	float limit; /* greatest plane_unlike() of a bone of the training's kind; > 0 */
};

enum plane_kind { /* rows of plane_table[] (plane/table.h) that are asked for by name; others stand behind them */
	PLANE_NET_LONGAXIS,      /* what one view along the bone shows, */
	PLANE_NET_LONGAXIS_ROWS, /* and where the plane is in what all views show together */
	PLANE_NET_PICTURE,       /* the same for pictures of one plane each */
	PLANE_NET_PICTURE_ROWS,
	PLANE_NET_SV_CLASSIFIER,
	PLANE_NET_SV_REGRESSOR,
	PLANE_NET_SV_INNER,
	PLANE_NET_CW_CLASSIFIER,
	PLANE_KINDS = 12 /* room for all */
};

/* The networks of one detection. */
struct plane_models {
	const struct net *net[PLANE_KINDS][PLANE_FOLDS_MAX]; /* those of a kind from 0 on, in the order of their
							      * names */
	const struct plane_familiar *familiar; /* NULL: the weights do not say */
};

enum plane_choice { PLANE_SV = 1, PLANE_CW = 2, PLANE_LONGAXIS = 4, PLANE_ALL = 7 };

/* The volume a detection looks at. */
struct plane_source {
	const uint8_t *slices; /* canonical slices first .. first+n-1 (u7, 96x96): at least plane_slices_wanted() */
	int first, n;
	int nslices;               /* of the volume */
	int bone_first, bone_last; /* only these are searched */
	/* Slice number to show a person for a canonical position (the file's own count).
	 * NULL: the canonical number itself. */
	double (*number)(void *user, double canonical);
	void *user;
	double um_per_px; /* of the slices; 0: unknown */
};

/* net_prepare() for the networks of a choice, in the order they are asked. */
int plane_prepare(const struct plane_models *models, enum plane_choice choice, enum net_engine engine,
		  struct gppi_error *err);

/* The slices that any network may ask for: *first .. *first + *n - 1 of a volume of nslices. */
void plane_slices_wanted(int nslices, int bone_first, int bone_last, int *first, int *n);

struct plane_options {
	enum plane_choice choice;
	enum net_engine engine;
	int threads;    /* 0: as many as processors */
	int exhaustive; /* 1: score every slice of the bone, not coarse to fine */
	/* Progress: done in 0..1; a negative answer cancels. May be NULL. Called from the
	 * caller's thread or a worker, one at a time. */
	int (*progress)(void *user, double done);
	void *progress_user;
};

struct plane_beliefs;

/* From this confidence on a person needs to look only where something else is odd. Of 500 synthetic bones for choosing
 * (seeds 105001..105500) 459 have it, and 457 of these lie within 3 slices; where nothing else is odd, 385 of 385. */
#define PLANE_CONFIDENT 0.90

/* Models that place the plane farther apart than this, in slices of 10 um, are always a reason for a person to look. */
#define PLANE_APART 10.0

struct plane_result {
	double plane;             /* combined, canonical, unrounded; NAN when none */
	double confidence;        /* 0..1: estimated probability that |error| <= 3 planes */
	double longaxis_plane;        /* of the long-axis views together; NAN when not run or not found */
	double longaxis_near;         /* 0..1: share of their belief within 3 slices of it */
	double longaxis_none;         /* 0..1: their belief that no plate is in view */
	double near;              /* 0..1: share of the combined belief within 3 slices of `plane` */
	double unlike;            /* distance from the training's bones, 1: the limit of these; NAN: not known */
	double rival;             /* second place that keeps some of the combined belief; NAN none */
	int sv_rough;             /* -1 when not run, or no slice shows four blobs */
	double sv_rough_p;        /* threshold at which the rough estimate was found, 0..1 */
	double sv_fold[PLANE_FOLDS_MAX]; /* each regressor's plane */
	int nfolds;
	double sv_plane;          /* of the folds together; NAN when not run or not found */
	double inner_plane;       /* of the network for the inner half of slices; NAN like sv_plane, or no such */
	double sv_spread;         /* standard deviation of the folds, slices; NAN like sv_plane */
	double sv_peak;           /* highest P(four blobs) of the run that ends at sv_rough */
	double sv_strength;       /* sum of P - threshold over that run, slices */
	int sv_runs;              /* places that compete for the rough estimate; 1 is clear */
	double cw_plane;          /* by morphological closing; NAN when not run or no change-over */
	double cw_likelihood_plane; /* change-over of greatest likelihood */
	double cw_sharpness;      /* 0..1: how surely the slices within 30 of the change-over lie on
				   * their own side of it; 1: all at P = 0 or 1 */
	struct plane_beliefs *beliefs; /* what each model believes (parts.h); owned by result */
	float *sv_score;          /* nslices, P(four blobs), -1 = not evaluated; owned by result */
	float *cw_score;          /* nslices, P(after), -1 = not evaluated; owned by result */
	int nslices;
	int nreasons;
	char reason[PLANE_REASONS_MAX][96]; /* why a person should look; plain words */
	double seconds_longaxis, seconds_sv, seconds_regress, seconds_cw;
};

/* Workers that plane_detect() uses for options->threads. */
int plane_workers(int threads);

/* Finds the plane. Succeeds with plane = NAN, a reason and low confidence where no growth plate
 * is seen. Fails with GPPI_E_WEIGHTS where a network needed for options->choice is missing or
 * has other shapes, GPPI_E_CANCELLED, or what source->get returned. On failure *out is empty. */
int plane_detect(const struct plane_models *models, const struct plane_source *source,
		 const struct plane_options *options, struct plane_result *out, struct gppi_error *err);
void plane_result_free(struct plane_result *result);

/* 1-D binary closing (dilation then erosion) of n labels with an odd window of `width`
 * (the published 5x1 structuring element), edges replicated. out may not alias in. */
void plane_closing(const uint8_t *in, int n, int width, uint8_t *out);

/* Eq. 1 of the challenge: erfc(|p-t| / (3 sqrt 2)), 1 at 0. */
double plane_score(double predicted, double truth);

#endif
