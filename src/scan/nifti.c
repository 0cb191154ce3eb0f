#define _POSIX_C_SOURCE 200809L
#include "scan/nifti.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/size.h"
#include "scan/gunzip.h"
#include "scan/unpack.h"

#define CHUNK 65536 /* bytes converted at a time; a multiple of every voxel size */
#define UNIT_SAMPLES 9

struct nifti {
	char path[1024];
	struct nifti_header h;
	size_t slice;     /* voxels per slice */
	int fd;           /* uncompressed file, else -1 */
	struct unpack *unpack; /* of a .gz file */
};

static void nifti_close(void *self)
{
	struct nifti *n = self;
	if (n->fd >= 0)
		close(n->fd);
	unpack_free(n->unpack);
	free(n);
}

static int read_at(const struct nifti *n, void *dst, size_t bytes, size_t at, struct err *err)
{
	uint8_t *p = dst;
	while (bytes) {
		ssize_t got = pread(n->fd, p, bytes, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", n->path,
				       strerror(errno));
		if (got == 0)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: ends before its last voxel; the file is cut", n->path);
		p += got;
		at += (size_t)got;
		bytes -= (size_t)got;
	}
	return 0;
}

/* Voxels first .. first+count-1 of the file's order. Blocks are read, not mapped: a file cut while
 * it is read must be an error, not a signal, and it is no slower. */
static int voxels_at(const struct nifti *n, size_t first, size_t count, int16_t *scratch,
		     const int16_t **out, struct err *err)
{
	if (n->unpack) {
		int rc = unpack_wait(n->unpack, first + count, out, err);
		*out += rc < 0 ? 0 : first;
		return rc;
	}
	*out = scratch;
	size_t width = voxel_bytes(n->h.map.type), at = n->h.offset + first * width;
	if (n->h.map.type == VOXEL_INT16 && !n->h.map.swap)
		return read_at(n, scratch, count * width, at, err);
	uint8_t chunk[CHUNK];
	for (size_t done = 0; done < count;) {
		size_t part = count - done < CHUNK / width ? count - done : CHUNK / width;
		int rc = read_at(n, chunk, part * width, at + done * width, err);
		if (rc < 0)
			return rc;
		voxels_convert(&n->h.map, chunk, part, scratch + done);
		done += part;
	}
	return 0;
}

static int nifti_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out,
		      struct err *err)
{
	const struct nifti *n = self;
	return voxels_at(n, (size_t)z0 * n->slice, (size_t)nz * n->slice, scratch, out, err);
}

static int nifti_rows(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
		      struct err *err)
{
	const struct nifti *n = self;
	size_t row = (size_t)n->h.nx;
	return voxels_at(n, (size_t)z * n->slice + (size_t)y0 * row, (size_t)ny * row, scratch, out, err);
}

/* Finds the range of all voxels in one pass, before they can be converted. */
static int find_range(const struct nifti *n, bool packed, struct voxel_range *range, struct err *err)
{
	uint8_t chunk[CHUNK];
	struct gunzip *gz = NULL;
	int rc = packed ? gunzip_open(n->path, &gz, err) : 0;
	for (size_t skip = n->h.offset; packed && rc == 0 && skip;) {
		size_t part = skip < CHUNK ? skip : CHUNK;
		rc = gunzip_exact(gz, chunk, part, err);
		skip -= part;
	}
	size_t width = voxel_bytes(n->h.map.type), count = n->slice * (size_t)n->h.nz;
	for (size_t done = 0; rc == 0 && done < count;) {
		size_t part = count - done < CHUNK / width ? count - done : CHUNK / width;
		rc = packed ? gunzip_exact(gz, chunk, part * width, err)
			    : read_at(n, chunk, part * width, n->h.offset + done * width, err);
		if (rc < 0)
			break;
		voxels_range(&n->h.map, chunk, part, range);
		if (range->bad) {
			/* The chunk may straddle slices: find the voxel itself. */
			size_t i = 0;
			struct voxel_range one = { 0.0, 0.0, false };
			for (; i < part && !one.bad; i++)
				voxels_range(&n->h.map, chunk + i * width, 1, &one);
			rc = err_set(err, GPPI_E_FORMAT,
				     "%s: slice %zu holds a voxel that is not a number (NaN or "
				     "infinite); repair the volume first", n->path,
				     (done + i - 1) / n->slice);
		}
		done += part;
	}
	gunzip_close(gz);
	return rc;
}

/* Header bytes of either kind of file; *packed tells which. */
static int read_head(struct nifti *n, bool *packed, size_t *file_bytes, struct err *err)
{
	n->fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (n->fd < 0 || fstat(n->fd, &st) < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", n->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, GPPI_E_IO, "%s: is not a regular file", n->path);
	*file_bytes = (size_t)st.st_size;
	uint8_t head[NIFTI_HEADER_BYTES];
	size_t got = *file_bytes < sizeof head ? *file_bytes : sizeof head;
	int rc = read_at(n, head, got, 0, err);
	if (rc < 0)
		return rc;
	*packed = got >= 2 && head[0] == 0x1f && head[1] == 0x8b;
	if (*packed) {
		struct gunzip *gz;
		if ((rc = gunzip_open(n->path, &gz, err)) < 0)
			return rc;
		rc = gunzip_some(gz, head, sizeof head, &got, err);
		gunzip_close(gz);
		if (rc < 0)
			return rc;
	}
	return nifti_parse(head, got, n->path, &n->h, err);
}

static int check_size(const struct nifti *n, bool packed, size_t file_bytes, struct err *err)
{
	size_t need, limit = file_bytes;
	bool fits = size_add(n->h.offset, n->h.bytes, &need);
	if (packed && !size_mul(file_bytes, GUNZIP_MAX_RATIO, &limit))
		limit = SIZE_MAX;
	if (fits && need <= limit)
		return 0;
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the header promises %d x %d x %d %s voxels, but the file is too short "
		       "for them (%zu bytes%s); it is cut or damaged", n->path, n->h.nx, n->h.ny,
		       n->h.nz, voxel_name(n->h.map.type), file_bytes,
		       packed ? ", compressed" : "");
}

/* Chooses slope and intercept; a packed file begins to be unpacked. */
static int load(struct nifti *n, bool packed, struct err *err)
{
	struct voxel_range range = { INFINITY, -INFINITY, false };
	int rc;
	if (voxel_is_wide(n->h.map.type) && (rc = find_range(n, packed, &range, err)) < 0)
		return rc;
	if (!voxels_choose(&n->h.map, &range))
		return err_set(err, GPPI_E_FORMAT,
			       "%s: its values span more than can be told apart; the file is damaged",
			       n->path);
	if (!packed)
		return 0;
	close(n->fd);
	n->fd = -1;
	return unpack_start(n->path, &n->h, &n->unpack, err);
}

/* Hounsfield units reach far below 0, grey values and densities hardly do. */
static int find_unit(void *self, struct scan_info *info, struct err *err)
{
	struct nifti *n = self;
	int16_t *scratch = calloc(n->slice, sizeof *scratch);
	if (!scratch)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", n->path);
	enum scan_unit unit = SCAN_UNIT_UNKNOWN;
	int rc = 0;
	for (int s = 0; s < UNIT_SAMPLES && unit == SCAN_UNIT_UNKNOWN; s++) {
		const int16_t *p;
		rc = nifti_slab(n, (int)((long)(info->nz - 1) * s / (UNIT_SAMPLES - 1)), 1, scratch,
				&p, err);
		if (rc < 0)
			break;
		int lo = p[0], hi = p[0];
		for (size_t i = 0; i < n->slice; i++) {
			lo = p[i] < lo ? p[i] : lo;
			hi = p[i] > hi ? p[i] : hi;
		}
		double a = lo * info->slope + info->intercept, b = hi * info->slope + info->intercept;
		if (a < SCAN_HU_BELOW || b < SCAN_HU_BELOW)
			unit = SCAN_UNIT_HU;
	}
	free(scratch);
	if (rc == 0 && n->unpack) /* and the file's end is sound */
		rc = unpack_wait(n->unpack, n->slice * (size_t)n->h.nz, &(const int16_t *){ NULL }, err);
	if (rc == 0)
		info->unit = unit;
	return rc;
}

static const struct scan_ops nifti_ops = { .slab = nifti_slab, .rows = nifti_rows,
					  .settle = find_unit, .close = nifti_close };

static void fill_info(const struct nifti *n, bool packed, size_t file_bytes,
		      struct scan_info *info)
{
	const struct nifti_header *h = &n->h;
	snprintf(info->format, sizeof info->format, "NIfTI-%d%s", h->version,
		 packed ? " (gzip)" : "");
	snprintf(info->path, sizeof info->path, "%s", n->path);
	info->nx = h->nx;
	info->ny = h->ny;
	info->nz = h->nz;
	memcpy(info->spacing_um, h->spacing_um, sizeof info->spacing_um);
	info->spacing_known = h->spacing_read ? SCAN_READ : SCAN_ASSUMED;
	info->slope = h->map.slope;
	info->intercept = h->map.intercept;
	snprintf(info->voxel_type, sizeof info->voxel_type, "%s", voxel_name(h->map.type));
	snprintf(info->encoding, sizeof info->encoding, "%s-endian",
		 h->big_endian ? "big" : "little");
	snprintf(info->detail, sizeof info->detail, "%s", h->note);
	info->file_bytes = file_bytes;
}

int nifti_open(const char *path, struct scan *scan, struct err *err)
{
	struct nifti *n = calloc(1, sizeof *n);
	if (!n)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", path);
	n->fd = -1;
	snprintf(n->path, sizeof n->path, "%s", path);
	bool packed = false;
	size_t file_bytes = 0;
	int rc = read_head(n, &packed, &file_bytes, err);
	if (rc == 0)
		rc = check_size(n, packed, file_bytes, err);
	if (rc == 0) {
		n->slice = (size_t)n->h.nx * (size_t)n->h.ny;
		rc = load(n, packed, err);
	}
	if (rc == 0) {
		fill_info(n, packed, file_bytes, &scan->info);
		if (packed)
			scan->info.unit = SCAN_UNIT_PENDING;
		else
			rc = find_unit(n, &scan->info, err);
	}
	if (rc < 0) {
		nifti_close(n);
		return rc;
	}
	scan->ops = &nifti_ops;
	scan->self = n;
	return 0;
}
