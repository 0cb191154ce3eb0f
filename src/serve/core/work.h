/* Inside the workers: one job from queue/ to done/ or quarantine/. */
#ifndef SERVE_JOBS_WORK_H
#define SERVE_JOBS_WORK_H

#include <stdio.h>

#include "serve/core/service.h"
#include "serve/core/state.h"

enum outcome {
	WORK_DONE,
	WORK_BAD,    /* to quarantine; the reason is in err */
	WORK_LATER,  /* not to be blamed on the data */
	WORK_NOTHING /* nothing is left to do: the data are gone, or known already */
};

struct work {
	struct service *service;
	const struct job *job;
	struct job_state state;
	char folder[STORE_PATH]; /* work/KEY */
	char input[STORE_PATH];  /* what is opened */
	char shown[STORE_PATH];  /* the same, where a person will find it afterwards */
	struct record record;    /* of what was read */
	double voxel_um;         /* instead of what the files say; 0: what they say */
	double deadline;         /* clock_now(); 0: none */
	atomic_bool late;        /* stopped since the deadline has passed */
	int bones, failed, review;
	double seconds_after;    /* between the result and the record: the study page */
};

/* work_input.c: finds out what is read, and for what it is a record. WORK_DONE: go on. */
enum outcome work_input(struct work *w, struct gppi_error *err);
/* Why this may not be read at all, perhaps in text; NULL: it may. */
const char *work_refuse(const struct work *w, const char *path, char *text, size_t size);
/* Which watch folder it comes from; -1: none. */
int work_watch(const struct work *w);
/* After reading: is what was left in place still the same? */
bool work_input_is_same(const struct work *w);

/* work_detect.c: everything from opening the input to the record. */
enum outcome work_detect(struct work *w, struct gppi_error *err);

#endif
