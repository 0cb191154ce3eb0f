/* The parts of plane detection, each of which works on scores alone, without networks.
 *
 * plane_detect() = plane_decide() with a scorer that runs the networks (networks.c).
 */
#ifndef PLANE_PARTS_H
#define PLANE_PARTS_H

#include "plane/plane.h"

#define PLANE_CENTRE 25                /* position in the stack that means "rough was right" */
#define PLANE_TURNS 8                  /* quarter turns x mirror image */
#define PLANE_WORKERS_MAX 64
#define PLANE_LONGAXIS_VIEWS 8             /* planes along the bone, 22.5 degrees apart */
#define PLANE_LEAD 24                  /* slices before the bone that views along it begin with */
#define PLANE_LONGAXIS_PLANES 3            /* parallel ones in each view */
#define PLANE_PICTURE_CHANNELS 4       /* even and odd columns, the distance from the middle, whether it is known */
#define PLANE_SEEN_ROWS 112            /* what a view leaves: for every four slices ... */
#define PLANE_SEEN 64                  /* ... as many numbers */
#define PLANE_REACH 76                 /* slices beyond the bone, or beyond what views along it show, that regressors
					* see at most */
#define PLANE_NEAR 3                   /* slices: an error that does no harm */

/* ---- sv.c ---- */

struct sv_rough {
	int slice;        /* last slice of the chosen run; -1 where no slice reaches 0.1 */
	double threshold; /* 0.5, or lower where nothing reaches it */
	double strength;  /* sum of p - threshold over the run */
	double peak;      /* highest p of the run */
	int runs;         /* runs of at least a third of the best one's strength */
};

/* Rough GPPI from P(four blobs) of slices first..last, all of them present. The published rule
 * takes the last positive slice of the volume; here it is the last slice of the strongest run,
 * so that a false alarm far up the shaft does not win. */
void plane_sv_rough(const float *p, int first, int last, struct sv_rough *out);

/* Standard deviation of the folds' planes; NAN where n < 1. */
double plane_spread(const double *fold, int n);

/* ---- cw.c ---- */

struct cw_step {
	double plane;      /* first slice "after", labels closed; NAN where all lie on one side */
	double likelihood; /* change-over of greatest likelihood, between slices; NAN likewise */
	double sharpness;  /* see struct plane_result; 0 where there is no change-over */
	double explained;  /* share of first..last whose closed label lies on its own side */
};

/* Change-over in P(after) of slices first..last, all of them present.
 * scratch: 2 * (last - first + 1) bytes. */
void plane_cw_step(const float *p, int first, int last, uint8_t *scratch, struct cw_step *out);

/* ---- belief.c ---- */

/* Log-odds of slices first..first+n-1 to be the plane, and of "none of them" (softmax gives
 * probabilities). */
struct plane_belief {
	int first, n; /* n 0: nothing was asked */
	double logit[PLANE_ROWS], none;
};

struct plane_verdict {
	double plane; /* slice of the greatest expected score (Eq. 1); NAN where n is 0 */
	double near;  /* 0..1: belief within PLANE_NEAR of it, of all slices */
	double none;  /* 0..1: P(none) */
	double rival, rival_p; /* strongest slice farther than 3 * PLANE_NEAR from it; 0, 0: no such */
};

/* Mean of `count` answers of a network, [count][n]. */
void plane_belief_mean(struct plane_belief *b, int first, int n, const float *logit, int count);
/* Likelihood of a single step from 0 to 1 in p[first..last], a step at k: p[k] is the first 1. Of more
 * than PLANE_ROWS places those around the best. */
void plane_belief_step(struct plane_belief *b, const float *p, int first, int last);
/* b = weight * b + other_weight * other on the slices of b. */
void plane_belief_add(struct plane_belief *b, double weight, const struct plane_belief *other,
		      double other_weight);
/* Leaves out what lies outside of slices 0..nslices-1. */
void plane_belief_cut(struct plane_belief *b, int nslices);
/* How far from the knee end planes usually lie, slices: near to far, beyond with a s.d. of `soft`, and never less
 * believed than by `most` log-odds, which what is clear outweighs. */
extern const struct plane_usual {
	double near, far, soft, most;
} plane_usual_volume, plane_usual_picture;
/* Less belief in planes at an unusual distance from the knee end of the bone, which begins at slice bone_first (0: cut
 * off there, and nothing is too near). */
void plane_belief_expect(struct plane_belief *b, int bone_first, const struct plane_usual *usual);
struct plane_verdict plane_belief_verdict(const struct plane_belief *b);

/* ---- combine.c, confidence.c ---- */

struct plane_beliefs {
	struct plane_belief of[PLANE_KINDS];      /* that of plane_table[i].belief; n 0 where it has none */
	float around[PLANE_AROUND];               /* what views along the bone leave around the plane */
	int around_known;
};

/* Plane, rival and share of the belief near the plane from what all models believe. */
void plane_combine(const struct plane_beliefs *beliefs, struct plane_result *result);

/* Confidence, and reasons for review in plain words. Slice numbers are shown by `number`. */
struct plane_context {
	enum plane_choice choice;
	int nslices, bone_first, bone_last;
	double (*number)(void *user, double canonical); /* may be NULL */
	void *user;
	const struct plane_familiar *familiar; /* may be NULL */
};
void plane_confidence(struct plane_result *result, const struct plane_context *context);

/* ---- turned.c, quarter turns ---- */

/* View 0..7 of n square u7 planes: bit 0 mirrors x, bit 1 mirrors y, bit 2 transposes. */
void plane_turned(const uint8_t *in, int side, int n, int view, uint8_t *out);

/* A slice as a network of another input size sees it: h x w pixels of 10 um around the same centre, linear
 * between pixels of um_per_px (0: the whole slice is shown), edges repeated. */
void plane_resample(const uint8_t *slice, double um_per_px, int h, int w, uint8_t *out);

/* ---- longaxis.c ---- */

/* Puts slices first .. first + n - 1 of `rows` into turned[SLICE_PX * SLICE_PX][rows]: every pixel's values
 * along the bone together, which is how the views are made fast. */
void plane_longaxis_turn(const uint8_t *const *slices, int first, int n, int rows, uint8_t *turned);
/* View 0..7 along the bone of `rows` slices: planes through the middle of the slices at view * 22.5
 * degrees, as the long-axis network takes them: u7 [6][rows][48], three parallel planes 4 pixels
 * apart, of each first the even, then the odd columns. */
void plane_longaxis_view(const uint8_t *turned, int rows, int view, uint8_t *out);
/* What views left, seen[view][PLANE_SEEN_ROWS][PLANE_SEEN], as the network for rows takes it: their mean in
 * u7, 1.0 being 127, out[PLANE_SEEN][PLANE_SEEN_ROWS]. */
void plane_longaxis_together(const float *seen, int views, uint8_t *out);

/* ---- familiar.c ---- */

/* The numbers of plane_longaxis_together() around a plane at `row` (0 .. PLANE_ROWS - 1) of the views: means over 20
 * slices at the plane, over 28 that end 12 before it, and over 28 that begin 12 behind it; rows beyond the views are
 * left out. */
void plane_around(const uint8_t *together, double row, float out[PLANE_AROUND]);
/* Root mean square of the distances from the training's means in their standard deviations, over the limit. */
double plane_unlike(const struct plane_familiar *familiar, const float around[PLANE_AROUND]);

/* ---- decide.c ---- */

enum plane_classifier { PLANE_CLASSIFY_SV, PLANE_CLASSIFY_CW };

/* Where scores come from: networks, or a test. Both return 0 or a negative code. */
struct plane_scorer {
	void *user;
	/* score[slice[i]] = P of the positive class, for n slices in ascending order */
	int (*classify)(void *user, enum plane_classifier which, const int *slice, int n,
			float *score, struct gppi_error *err);
	/* logit[i][k] that slice centre - PLANE_CENTRE + k is the plane, for every PLANE_STACKED network in the order
	 * of plane_table[] */
	int (*regress)(void *user, int centre, float *logit, struct gppi_error *err);
	/* logit[i] that slice first + i is the plane, of all views together, for PLANE_ROWS slices */
	int (*longaxis)(void *user, int first, float *logit, struct gppi_error *err);
	/* plane_around() of slice `plane` in what along() saw last; NULL: not known */
	void (*around)(void *user, double plane, float out[PLANE_AROUND]);
	int stacked[PLANE_KINDS]; /* how many of these there are of each kind; of PLANE_NET_SV_REGRESSOR at least one */
};

/* All decisions of a detection. *out is filled as by plane_detect(). */
int plane_decide(const struct plane_scorer *scorer, const struct plane_context *context,
		 int exhaustive, struct plane_result *out, struct gppi_error *err);

/* ---- networks.c ---- */

struct plane_networks;
int plane_networks_open(const struct plane_models *models, const struct plane_source *source,
			const struct plane_options *options, struct plane_networks **out,
			struct plane_scorer *scorer, struct gppi_error *err);
void plane_networks_free(struct plane_networks *networks);

#endif
