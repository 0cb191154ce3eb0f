/* Measures on their way (measures.c), by slice or, where the VOI is turned, by layer. */
#ifndef MEASURE_MEASURES_PARTS_H
#define MEASURE_MEASURES_PARTS_H

#include "measure/measures.h"

enum { THICK_BONE, THICK_SPACE, THICK_CORTEX, THICK_AXES };

struct measure_job {
	const struct measure_input *in;
	struct measures *out;
	struct thickness *thick; /* by slice */
	uint8_t *outline, *bone, *marrow; /* whole section, cortical bone, and what lies within */
	struct grey smooth;      /* bone, for its surface; v NULL: not asked for */
	struct lattice lattice;  /* of a section */
	/* measures_turned.c, where in->layers is set */
	uint8_t *where;          /* TV of layers from .. to */
	int span[2];             /* least and greatest rise of the columns that the bone has */
};

/* Of a slice: the thickness of a kind. */
struct thickness *measure_thickness(struct measure_slice *s, int kind);
/* What the masks of the job are asked for their thickness, and the answer, by slice. */
struct thickness_of measure_shape(const struct measure_job *job, const uint8_t *mask, const uint8_t *where,
				  uint16_t *map);
int measure_thick(const struct measure_job *job, int kind, struct thickness_of *of, struct gppi_error *err);

/* measures_total.c: the values of slices first .. last, which are of from .. to. */
void measures_total(struct measures *m, int first, int last);

/* measures_more.c */
int more_axes(struct measure_job *job, struct gppi_error *err);
int more_surface(struct measure_job *job, struct gppi_error *err);

/* What measures.c does by slice, by layer. turned_begin() comes first; turned_end() also after a failure. */
int turned_begin(struct measure_job *job, struct gppi_error *err);
void turned_end(struct measure_job *job);
void turned_volumes(const struct measure_job *job);
int turned_cells(const struct measure_job *job, struct gppi_error *err);
int turned_thickness(const struct measure_job *job, int kind, struct thickness_of *of, struct gppi_error *err);
int turned_sections(const struct measure_job *job, struct gppi_error *err);

#endif
