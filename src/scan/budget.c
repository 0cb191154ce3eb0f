#include "scan/budget.h"

#include <stdint.h>

#include "base/size.h"

int budget_sides(const char *path, int nx, int ny, int nz, struct gppi_error *err)
{
	if (nx >= 1 && ny >= 1 && nz >= 1 && nx <= 65535 && ny <= 65535 && nz <= 65535)
		return 0;
	return err_set(err, GPPI_E_FORMAT, "%s: the header claims %d x %d x %d voxels, each of which must be 1 to "
		       "65535; the file is damaged", path, nx, ny, nz);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

int budget_volume(const char *path, int nx, int ny, int nz, size_t width, size_t file_bytes, struct gppi_error *err)
{
	const size_t per_byte = width > 2 ? BUDGET_VOXELS_PER_BYTE / 2 : BUDGET_VOXELS_PER_BYTE;
	size_t slice, voxels, most;
	int rc = budget_sides(path, nx, ny, nz, err);

	if (rc < 0)
		return rc;
	if (!size_mul((size_t)nx, (size_t)ny, &slice) || slice > BUDGET_SLICE)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: has slices of %d x %d voxels, more than is read (8192 x "
			       "8192); cut the bone out, or export it with larger voxels", path, nx, ny);
	if (!size_mul(file_bytes, per_byte, &most))
		most = SIZE_MAX;
	most = larger(most, BUDGET_VOXELS_FREE / larger(width, 4) * 4);
	if (!size_mul(slice, (size_t)nz, &voxels) || voxels > most)
		return err_set(err, GPPI_E_FORMAT, "%s: claims %d x %d x %d voxels in %zu bytes, more than %zu for "
			       "each byte; it is cut, damaged or not a scan%s", path, nx, ny, nz, file_bytes, per_byte,
			       width > 2 ? ", or a mask: save it with 8 or 16 bits a voxel" : "");
	if (slice > BUDGET_SLICE_FREE && voxels / BUDGET_WIDE_PER_BYTE > file_bytes)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: has slices of %d x %d voxels, which are read only where "
			       "the scan has a byte for %d of them, but it has %zu bytes; cut the bone out, or save it "
			       "without compression", path, nx, ny, BUDGET_WIDE_PER_BYTE, file_bytes);
	return 0;
}

int budget_threads(int threads, int nx, int ny, size_t width, size_t file_bytes)
{
	size_t each = (larger(width, sizeof(int16_t)) + sizeof(int16_t)) * (size_t)nx * (size_t)ny;
	size_t most = larger(BUDGET_IN_FLIGHT, file_bytes / BUDGET_IN_FLIGHT_PART) / larger(each, 1);

	if (threads < 1 || most < 1)
		return 1;
	return (size_t)threads < most ? threads : (int)most;
}

size_t budget_copy(size_t file_bytes)
{
	return larger(BUDGET_COPY, file_bytes / BUDGET_COPY_PART);
}
