#include "validate/turned.h"

#include <stdlib.h>

#include "base/size.h"

struct turned {
	struct scan *inner;
	int view, nx, ny, nz; /* of the inner scan */
};

static int read_turned(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	const struct turned *t = user;
	size_t n, bytes;

	if (!size_mul((size_t)t->nx, (size_t)t->ny, &n) || !size_mul(n, sizeof(int16_t), &bytes))
		return err_set(err, GPPI_E_NOMEM, "turned scan: slices too large");
	int16_t *scratch = malloc(bytes);
	if (!scratch)
		return err_set(err, GPPI_E_NOMEM, "turned scan: not enough memory");
	int rc = 0, swap = t->view & 4, columns = swap ? t->ny : t->nx;
	for (int k = 0; k < nz && rc == 0; k++) {
		int z = t->view & 8 ? t->nz - 1 - (z0 + k) : z0 + k;
		const int16_t *in;
		rc = scan_slab(t->inner, z, 1, scratch, &in, err);
		for (int y = 0; rc == 0 && y < t->ny; y++)
			for (int x = 0; x < t->nx; x++) {
				int to_x = t->view & 1 ? t->nx - 1 - x : x, to_y = t->view & 2 ? t->ny - 1 - y : y;
				size_t at = swap ? (size_t)to_x * (size_t)columns + (size_t)to_y
						 : (size_t)to_y * (size_t)columns + (size_t)to_x;
				dst[(size_t)k * n + at] = in[(size_t)y * (size_t)t->nx + (size_t)x];
			}
	}
	free(scratch);
	return rc;
}

int turned_scan(struct scan *inner, int view, struct scan **out, struct gppi_error *err)
{
	struct scan_info info = *scan_info(inner);
	struct turned *t = malloc(sizeof *t);

	if (!t)
		return err_set(err, GPPI_E_NOMEM, "turned scan: not enough memory");
	*t = (struct turned){ inner, view, info.nx, info.ny, info.nz };
	if (view & 4) {
		double um = info.spacing_um[0];
		info.nx = t->ny;
		info.ny = t->nx;
		info.spacing_um[0] = info.spacing_um[1];
		info.spacing_um[1] = um;
	}
	struct scan_source source = { .user = t, .read = read_turned, .close = free };
	int rc = scan_wrap(&info, &source, out, err);
	if (rc < 0)
		free(t);
	return rc;
}
