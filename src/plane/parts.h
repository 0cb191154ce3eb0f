/* The parts of plane detection, each of which works on scores alone, without networks.
 *
 * plane_detect() = plane_decide() with a scorer that runs the networks (networks.c).
 */
#ifndef PLANE_PARTS_H
#define PLANE_PARTS_H

#include "plane/plane.h"

#define PLANE_CENTRE 25                /* position in the stack that means "rough was right" */
#define PLANE_VIEWS 8                  /* quarter turns x mirror image */
#define PLANE_WORKERS_MAX 64

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

/* Mean of the folds near their median, and the standard deviation of all. */
void plane_sv_mean(const double *fold, int n, double *mean, double *spread);

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

/* ---- combine.c, confidence.c ---- */

/* Plane from what SV and CW found (result->plane). */
void plane_combine(struct plane_result *result);

/* Confidence, and reasons for review in plain words. Slice numbers are shown by `number`. */
struct plane_context {
	enum plane_choice choice;
	int nslices, bone_first, bone_last;
	double (*number)(void *user, double canonical); /* may be NULL */
	void *user;
};
void plane_confidence(struct plane_result *result, const struct plane_context *context);
/* 1 where SV and CW both found a plane and these are too far apart to be averaged. */
int plane_disagree(const struct plane_result *result);

/* ---- views.c ---- */

/* View 0..7 of n square u7 planes of SLICE_PX: bit 0 mirrors x, bit 1 mirrors y, bit 2 transposes. */
void plane_view(const uint8_t *in, int n, int view, uint8_t *out);

/* ---- decide.c ---- */

enum plane_classifier { PLANE_CLASSIFY_SV, PLANE_CLASSIFY_CW };

/* Where scores come from: networks, or a test. Both return 0 or a negative code. */
struct plane_scorer {
	void *user;
	/* score[slice[i]] = P of the positive class, for n slices in ascending order */
	int (*classify)(void *user, enum plane_classifier which, const int *slice, int n,
			float *score, struct err *err);
	/* position[f] in the stack around slice `centre` for every fold */
	int (*regress)(void *user, int centre, int nfolds, double *position, struct err *err);
	int nfolds;
};

/* All decisions of a detection. *out is filled as by plane_detect(). */
int plane_decide(const struct plane_scorer *scorer, const struct plane_context *context,
		 int exhaustive, struct plane_result *out, struct err *err);

/* ---- networks.c ---- */

struct plane_networks;
int plane_networks_open(const struct plane_models *models, const struct plane_source *source,
			const struct plane_options *options, struct plane_networks **out,
			struct plane_scorer *scorer, struct err *err);
void plane_networks_free(struct plane_networks *networks);

#endif
