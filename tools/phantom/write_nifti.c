#define _POSIX_C_SOURCE 200809L
#include "phantom/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define OFFSET 352

static void put_i16(uint8_t *p, int v)
{
	int16_t x = (int16_t)v;
	memcpy(p, &x, 2);
}

static void put_f32(uint8_t *p, double v)
{
	float x = (float)v;
	memcpy(p, &x, 4);
}

/* In this processor's byte order, as NIfTI allows. */
static void make_header(uint8_t h[OFFSET], int nx, int ny, int nz, double spacing_um)
{
	const int dim[8] = { 3, nx, ny, nz, 1, 1, 1, 1 };
	double step = spacing_um > 0.0 ? spacing_um / 1000.0 : 1.0;
	const int32_t size = 348;
	memset(h, 0, OFFSET);
	memcpy(h, &size, 4);
	for (size_t i = 0; i < 8; i++) {
		put_i16(h + 40 + 2 * i, dim[i]);
		put_f32(h + 76 + 4 * i, i >= 1 && i <= 3 ? step : 1.0);
	}
	put_i16(h + 70, 4); /* int16 */
	put_i16(h + 72, 16);
	put_f32(h + 108, OFFSET);
	put_f32(h + 112, 1.0); /* scl_slope */
	h[123] = spacing_um > 0.0 ? 2 : 0; /* mm, or no unit */
	put_i16(h + 254, spacing_um > 0.0 ? 1 : 2); /* sform: scanner, or aligned */
	for (size_t i = 0; i < 3; i++)
		put_f32(h + 280 + 16 * i + 4 * i, step);
	memcpy(h + 344, "n+1", 4);
}

static int put_all(int fd, gzFile gz, const void *data, size_t n)
{
	const uint8_t *p = data;
	while (n) {
		unsigned part = n < (1u << 30) ? (unsigned)n : 1u << 30;
		ssize_t done = gz ? gzwrite(gz, p, part) : write(fd, p, part);
		if (done < 0 && !gz && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int write_nifti(const char *path, int nx, int ny, int nz, double spacing_um, slice_fn fn,
		void *user, struct gppi_error *err)
{
	if (nx < 1 || ny < 1 || nz < 1 || nx > 32767 || ny > 32767 || nz > 32767)
		return err_set(err, GPPI_E_USAGE, "%s: NIfTI-1 cannot hold %d x %d x %d voxels", path,
			       nx, ny, nz);
	size_t len = strlen(path), slice = (size_t)nx * (size_t)ny;
	bool packed = len > 3 && !strcmp(path + len - 3, ".gz");
	char tmp[1100];
	if ((size_t)snprintf(tmp, sizeof tmp, "%s.%ld.tmp", path, (long)getpid()) >= sizeof tmp)
		return err_set(err, GPPI_E_USAGE, "%.200s...: the path is too long", path);
	int rc = 0;
	gzFile gz = NULL;
	int16_t *voxels = malloc(slice * sizeof *voxels);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (!voxels || fd < 0) {
		rc = !voxels ? err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path)
			     : err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path,
				       strerror(errno));
		goto done;
	}
	int copy = packed ? dup(fd) : -1;
	if (packed && (copy < 0 || !(gz = gzdopen(copy, "wb1")))) {
		if (copy >= 0)
			close(copy);
		rc = err_set(err, GPPI_E_IO, "%s: cannot be compressed", path);
		goto done;
	}
	uint8_t header[OFFSET];
	make_header(header, nx, ny, nz, spacing_um);
	int bad = put_all(fd, gz, header, OFFSET);
	for (int z = 0; z < nz && !bad; z++) {
		rc = fn(user, z, voxels);
		if (rc < 0) {
			err_set(err, rc, "%s: slice %d could not be made", path, z);
			goto done;
		}
		bad = put_all(fd, gz, voxels, slice * sizeof *voxels);
	}
	if (gz) {
		bad |= gzclose(gz) != Z_OK;
		gz = NULL;
	}
	if (bad || fsync(fd) < 0 || rename(tmp, path) < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
done:
	if (gz)
		gzclose(gz);
	if (fd >= 0) {
		close(fd);
		if (rc < 0)
			unlink(tmp);
	}
	free(voxels);
	return rc;
}
