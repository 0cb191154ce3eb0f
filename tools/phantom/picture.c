#include "phantom/picture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "phantom/render.h"

#define LOW (-500)
#define HIGH 1500
#define AROUND 16 /* voxels each way of the plane that blur and motion may bring into it */

static uint8_t grey(int16_t v)
{
	int g = (v - LOW) * 255 / (HIGH - LOW);
	return (uint8_t)(g < 0 ? 0 : g > 255 ? 255 : g);
}

int picture_write(const char *path, const struct phantom_params *p, char axis, float *truth,
		  struct gppi_error *err)
{
	struct atomic_file *file = NULL;
	struct scan *scan;
	int x0 = p->nx / 2 - AROUND, y0 = p->ny / 2 - AROUND;
	struct crop only =
		axis == 'x' ? (struct crop){ x0, 0, 2 * AROUND, p->ny } : (struct crop){ 0, y0, p->nx, 2 * AROUND };
	int rc = phantom_scan(p, 1, 0, &only, &scan, truth, NULL, err);

	if (rc < 0)
		return rc;
	const struct scan_info *info = scan_info(scan);
	int16_t *slab = malloc((size_t)info->nx * (size_t)info->ny * sizeof *slab);
	if (!slab) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
		goto end;
	}
	rc = atomic_open(path, &file, err);
	if (rc < 0)
		goto end;
	FILE *out = atomic_stream(file);
	int cols = axis == 'x' ? info->ny : info->nx;
	fprintf(out, "P5\n%d %d\n255\n", cols, info->nz);
	for (int z = 0; z < info->nz && rc == 0; z++) {
		const int16_t *at;
		rc = scan_slab(scan, z, 1, slab, &at, err);
		for (int i = 0; rc == 0 && i < cols; i++)
			putc(grey(axis == 'x' ? at[i * info->nx + info->nx / 2]
					      : at[info->ny / 2 * info->nx + i]), out);
	}
	if (rc == 0) {
		rc = atomic_commit(file, err);
		file = NULL;
	}
end:
	atomic_abort(file);
	free(slab);
	scan_close(scan);
	return rc;
}
