/* Second opinions on a bone by the published heavy solutions. */
#ifndef BONE_OPINION_H
#define BONE_OPINION_H

#include "bone/bone.h"
#include "heavy/heavy.h"

/* What gppi_heavy_open() and its kin do. */
int opinion_open(const char *folder, const char *ort, enum onnx_device device, int number, int threads,
		 struct gppi_heavy **out, struct gppi_error *err);
void opinion_free(struct gppi_heavy *heavy); /* NULL allowed */

/* Does opt->heavy_alone name a solution that is there? */
int opinion_check(const struct gppi_options *opt, struct gppi_error *err);

/* Asks opt->heavy_alone over the whole bone, whose plane takes the place of bone->plane's, before the result is
 * filled. */
int opinion_alone(struct bone *bone, const struct gppi_options *opt, struct gppi_error *err);

/* Asks all others where bone->result (filled) and opt say so, and notes what each says in the result. One that fails
 * says why there; only GPPI_E_CANCELLED is returned. */
int opinion_ask(struct bone *bone, const struct gppi_options *opt, struct gppi_error *err);

#endif
