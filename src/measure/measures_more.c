/* Measures beside those of measures.c: the distance of mid-axes, and the surface as triangles. */
#include "measure/measures_parts.h"

#include <stdlib.h>

#include "measure/axes.h"

/* What lies between the mid-axes of bone; it ends where marrow does in Tb.Sp. */
int more_axes(struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;

	if (!(in->also & ALSO_TB_N_MID))
		return 0;
	uint8_t *axes = grid_alloc(&in->grid, 1, err);
	int rc = axes ? axes_find(&in->grid, in->bone, in->tv, in->threads, axes, err) : GPPI_E_NOMEM;

	for (size_t i = 0, n = in->wall ? grid_voxels(&in->grid) : 0; i < n && rc >= 0; i++)
		axes[i] = axes[i] || in->wall[i];
	struct thickness_of of = measure_shape(job, axes, job->where ? job->where : in->tv, NULL);
	of.inverse = true;
	if (rc >= 0)
		rc = measure_thick(job, THICK_AXES, &of, err);
	free(axes);
	return rc;
}

int more_surface(struct measure_job *job, struct gppi_error *err)
{
	const struct measure_input *in = job->in;
	struct surface *by_slice;

	if (!(in->also & ALSO_SMI))
		return 0;
	int rc = mesh_smooth(&in->grid, in->bone, in->threads, &job->smooth, err);
	if (rc < 0 || in->layers) /* turned_cells() goes on */
		return rc;
	by_slice = calloc((size_t)in->grid.n[2], sizeof *by_slice);
	rc = by_slice ? mesh_measure(&job->smooth, in->tv, job->out->from, job->out->to, in->threads, by_slice, err)
		      : err_set(err, GPPI_E_NOMEM, "out of memory for a surface");
	for (int z = job->out->from; z <= job->out->to && rc >= 0; z++)
		job->out->slice[z].surface = by_slice[z];
	free(by_slice);
	return rc;
}
