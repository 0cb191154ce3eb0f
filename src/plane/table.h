/* The one table of networks: which kinds there are, what they take and answer, and the weights of their answers.
 *
 * Weight files are sorted by it, detections ask what it lists, beliefs are added with its weights, and reports say what
 * took part. A new network is one row behind the others and its weights (tools/train: a model of that kind):
 *   - its kind as weight files have it;
 *   - the choice it is asked with, and what it does: a PLANE_STACKED one sees a stack of slices around the rough plane
 *     and answers which of them is the plane, so that nothing else has to be written for it but, perhaps, a new
 *     `see`;
 *   - its shape, and the weight of its belief (tools/train/fit.py). */
#ifndef PLANE_TABLE_H
#define PLANE_TABLE_H

#include <stdbool.h>

#include "plane/plane.h"

enum plane_task {
	PLANE_VIEW,     /* what a view along the bone, or a picture of it, shows ... */
	PLANE_VIEW_ROWS, /* ... and where the plane is in what all of them show together */
	PLANE_CLASS,    /* is a slice on this side of the plane? */
	PLANE_STACKED   /* which slice of a stack is the plane? */
};

struct plane_entry {
	const char *kind;         /* in weight files */
	const char *what;         /* in sentences: "the weights hold no ..." */
	enum plane_choice choice; /* asked with this; 0: for pictures only */
	enum plane_task task;
	int most;                 /* networks of the kind; together they give one belief, their mean */
	bool optional;            /* folders of other weights do without */
	int c, h, w, out;         /* input, and numbers of the answer */
	/* May another shape be asked, too? NULL: no. */
	bool (*also)(const struct net *net);
	/* PLANE_STACKED: its image of a slice, STACK_SIDE * STACK_SIDE */
	void (*see)(const uint8_t *slice, uint8_t *image);
	const char *belief;       /* its name in tables of beliefs; NULL: it has none of its own */
	/* Weight of the belief in the sum: beside those of other choices that come before it here, and without
	 * these. */
	double weight, leads;
};

extern const struct plane_entry plane_table[PLANE_KINDS]; /* kind NULL: no row */

/* The row of a kind by its name; NULL: there is none. */
const struct plane_entry *plane_entry(const char *kind);

/* Puts a network in its place. GPPI_E_WEIGHTS, label being the file, where there is none for it. */
int plane_models_add(struct plane_models *models, const struct net *net, const char *label, struct gppi_error *err);
/* Networks of a kind. */
int plane_models_count(const struct plane_models *models, enum plane_kind kind);
/* Is everything there that is asked with a choice (0: for pictures), and of the right shape? GPPI_E_WEIGHTS says what
 * is not. */
int plane_models_check(const struct plane_models *models, enum plane_choice choice, struct gppi_error *err);

/* The regressor as SV published it: all slices of the stack whole, as channels; one number. */
bool plane_is_published(const struct net *net);

#endif
