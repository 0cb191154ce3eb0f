#define _POSIX_C_SOURCE 200809L
#include "scan/flat.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "base/size.h"
#include "base/stop.h"
#include "scan/budget.h"
#include "scan/gunzip.h"
#include "scan/restart.h"
#include "scan/unpack.h"

#define CHUNK 65536 /* bytes converted at a time; a multiple of every voxel size */
#define READ_MAX ((size_t)8 << 20) /* bytes between two questions whether to go on */
#define UNIT_SAMPLES 9
#define DARK_ONE_OF 10000 /* more than one of so many voxels below SCAN_HU_BELOW: Hounsfield units */
/* Bytes of a packed volume kept in memory; more are unpacked as needed. Above the first limit they must be worth it:
 * a small file asks for no more. */
#define MEMORY_FREE ((size_t)280 << 20)
#define MEMORY_MAX ((size_t)700 << 20)
#define MEMORY_PER_BYTE 16
#define KEEP_MAX ((size_t)320 << 20)   /* bytes of wide voxels kept as they are until their range is known */

struct flat {
	struct flat_layout l;
	size_t slice;     /* voxels per slice */
	size_t bad;       /* voxels that are no numbers */
	int fd;           /* -1 where packed */
	struct unpack *unpack;
	struct restart *restart;
};

static void flat_close(void *self)
{
	struct flat *f = self;
	if (f->fd >= 0)
		close(f->fd);
	unpack_free(f->unpack);
	restart_free(f->restart);
	free(f);
}

static int read_some(int fd, const char *path, void *dst, size_t bytes, size_t at, size_t *got,
		     struct gppi_error *err)
{
	uint8_t *p = dst;
	*got = 0;
	while (*got < bytes) {
		int rc = stop_asked(err);
		if (rc < 0)
			return rc;
		size_t part = bytes - *got < READ_MAX ? bytes - *got : READ_MAX;
		ssize_t n = os_read_at(fd, p + *got, part, at + *got);
		if (n < 0)
			return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return 0;
}

int flat_read_file(const char *path, size_t at, void *dst, size_t n, size_t *got, struct gppi_error *err)
{
	int fd, rc = file_open(path, &fd, NULL, err);
	*got = 0;
	if (rc < 0)
		return rc;
	rc = read_some(fd, path, dst, n, at, got, err);
	close(fd);
	return rc;
}

int flat_file_size(const char *path, size_t *bytes, struct gppi_error *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	*bytes = (size_t)st.st_size;
	return 0;
}

static int read_at(const struct flat *f, void *dst, size_t bytes, size_t at, struct gppi_error *err)
{
	size_t got;
	int rc = read_some(f->fd, f->l.path, dst, bytes, at, &got, err);
	if (rc == 0 && got < bytes)
		rc = err_set(err, GPPI_E_FORMAT,
			     "%s: ends before its last voxel; the file is cut", f->l.path);
	return rc;
}

/* Voxels first .. first+count-1 of the file's order. Blocks are read, not mapped: a file cut while
 * it is read must be an error, not a signal, and it is no slower. */
static int voxels_at(const struct flat *f, size_t first, size_t count, int16_t *scratch,
		     const int16_t **out, struct gppi_error *err)
{
	if (f->unpack) {
		int rc = unpack_wait(f->unpack, first + count, out, err);
		*out += rc < 0 ? 0 : first;
		return rc;
	}
	*out = scratch;
	size_t width = voxel_bytes(f->l.map.type), at = f->l.offset + first * width;
	if (f->l.map.type == VOXEL_INT16 && !f->l.map.swap)
		return read_at(f, scratch, count * width, at, err);
	uint8_t chunk[CHUNK];
	for (size_t done = 0; done < count;) {
		size_t part = count - done < CHUNK / width ? count - done : CHUNK / width;
		int rc = read_at(f, chunk, part * width, at + done * width, err);
		if (rc < 0)
			return rc;
		voxels_convert(&f->l.map, chunk, part, scratch + done);
		done += part;
	}
	return 0;
}

static int flat_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out,
		     struct gppi_error *err)
{
	const struct flat *f = self;
	int rc = 0;

	if (!f->restart)
		return voxels_at(f, (size_t)z0 * f->slice, (size_t)nz * f->slice, scratch, out, err);
	*out = scratch;
	for (int z = 0; z < nz && rc == 0; z++)
		rc = restart_slice(f->restart, z0 + z, scratch + (size_t)z * f->slice, err);
	return rc;
}

static int flat_rows(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
		     struct gppi_error *err)
{
	const struct flat *f = self;
	size_t row = (size_t)f->l.nx;
	*out = scratch + (size_t)y0 * row;
	if (f->restart)
		return restart_slice(f->restart, z, scratch, err);
	return voxels_at(f, (size_t)z * f->slice + (size_t)y0 * row, (size_t)ny * row, scratch + (size_t)y0 * row,
			 out, err);
}

static bool flat_rows_apart(const void *self)
{
	const struct flat *f = self;
	return !f->restart;
}

/* Finds the range of all voxels in one pass, before they can be converted. `keep` (may be NULL) receives
 * them as they are. */
static int find_range(const struct flat *f, uint8_t *keep, struct voxel_range *range, struct gppi_error *err)
{
	const struct flat_layout *l = &f->l;
	uint8_t chunk[CHUNK];
	struct gunzip *gz = NULL;
	int rc = l->packed ? gunzip_open(l->path, l->packed_at, &gz, err) : 0;
	for (size_t skip = l->offset; l->packed && rc == 0 && skip;) {
		size_t part = skip < CHUNK ? skip : CHUNK;
		rc = gunzip_exact(gz, chunk, part, err);
		skip -= part;
	}
	size_t width = voxel_bytes(l->map.type), count = f->slice * (size_t)l->nz;
	for (size_t done = 0; rc == 0 && done < count;) {
		size_t part = count - done < CHUNK / width ? count - done : CHUNK / width;
		uint8_t *at = keep ? keep + done * width : chunk;
		rc = l->packed ? gunzip_exact(gz, at, part * width, err)
			       : read_at(f, at, part * width, l->offset + done * width, err);
		if (rc < 0)
			break;
		voxels_range(&l->map, at, part, range);
		done += part;
	}
	if (rc == 0 && keep)
		rc = gunzip_finish(gz, err);
	gunzip_close(gz);
	return rc;
}

/* Room for a packed volume as it is, so that it is unpacked once; no more than KEEP_MAX, so that a detection
 * stays below 400 MB. NULL: unpack it twice. */
static uint8_t *room_to_keep(const struct flat *f)
{
	size_t bytes;
	return f->l.packed && flat_bytes(&f->l, &bytes) && bytes <= KEEP_MAX ? malloc(bytes) : NULL;
}

static int open_file(struct flat *f, size_t *file_bytes, struct gppi_error *err)
{
	uint64_t bytes;
	int rc = file_open(f->l.path, &f->fd, &bytes, err);

	*file_bytes = rc == 0 ? (size_t)bytes : 0;
	return rc;
}

bool flat_bytes(const struct flat_layout *l, size_t *bytes)
{
	size_t voxels;
	return size_mul3((size_t)l->nx, (size_t)l->ny, (size_t)l->nz, &voxels) &&
	       voxels <= SIZE_MAX / 16 && size_mul(voxels, voxel_bytes(l->map.type), bytes);
}

static int check_size(const struct flat *f, size_t file_bytes, struct gppi_error *err)
{
	const struct flat_layout *l = &f->l;
	size_t bytes, need = 0, limit = file_bytes;
	int rc = budget_sides(l->path, l->nx, l->ny, l->nz, err);
	if (rc < 0)
		return rc;
	bool fits = flat_bytes(l, &bytes) && size_add(l->offset, bytes, &need);
	if (l->packed && !size_mul(file_bytes, GUNZIP_MAX_RATIO, &limit))
		limit = SIZE_MAX;
	if (fits && need <= limit)
		return budget_volume(l->path, l->nx, l->ny, l->nz, voxel_bytes(l->map.type), file_bytes, err);
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the header promises %d x %d x %d %s voxels, but the file is too short "
		       "for them (%zu bytes%s); it is cut or damaged", l->path, l->nx, l->ny,
		       l->nz, voxel_name(l->map.type), file_bytes, l->packed ? ", compressed" : "");
}

int flat_choose(const char *path, struct voxel_map *map, const struct voxel_range *range, struct gppi_error *err)
{
	if (voxels_choose(map, range))
		return 0;
	return err_set(err, GPPI_E_FORMAT, range->min > range->max ? "%s: none of its voxels is a number; the file is "
								     "damaged" :
		       "%s: its values span more than can be told apart; the file is damaged", path);
}

void flat_note_bad(struct scan_info *info, size_t bad)
{
	if (bad)
		scan_note(info, "no numbers: %zu voxels (NaN or infinite), taken as the darkest or the brightest", bad);
}

/* Are the voxels of a packed file kept as int16? */
static bool fits_memory(const struct flat *f, size_t file_bytes)
{
	size_t bytes = f->slice * (size_t)f->l.nz * sizeof(int16_t); /* no overflow: flat_bytes() leaves room */

	return bytes <= MEMORY_FREE || (bytes <= MEMORY_MAX && bytes / MEMORY_PER_BYTE <= file_bytes);
}

/* Chooses slope and intercept; a packed file begins to be unpacked. */
static int load(struct flat *f, size_t file_bytes, struct gppi_error *err)
{
	struct voxel_range range;
	uint8_t *kept = NULL;
	int rc = 0;
	voxels_range_start(&range, f->slice * (size_t)f->l.nz);
	if (voxel_is_wide(f->l.map.type)) {
		kept = room_to_keep(f);
		rc = find_range(f, kept, &range, err);
	}
	f->bad = range.bad;
	if (rc == 0)
		rc = flat_choose(f->l.path, &f->l.map, &range, err);
	if (rc < 0 || !f->l.packed) {
		free(kept);
		return rc;
	}
	close(f->fd);
	f->fd = -1;
	if (!kept && !fits_memory(f, file_bytes))
		return restart_open(&f->l, &f->restart, err);
	return kept ? unpack_kept(&f->l, kept, &f->unpack, err) : unpack_start(&f->l, &f->unpack, err);
}

/* Hounsfield units reach far below 0, grey values and densities hardly do, but for a few broken voxels. */
static int find_unit(void *self, struct scan_info *info, struct gppi_error *err)
{
	struct flat *f = self;
	int16_t *scratch = calloc(f->slice, sizeof *scratch);
	if (!scratch)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", f->l.path);
	enum scan_unit unit = SCAN_UNIT_UNKNOWN;
	int rc = 0;
	for (int s = 0; s < UNIT_SAMPLES && unit == SCAN_UNIT_UNKNOWN; s++) {
		const int16_t *p;
		rc = flat_slab(f, (int)((long)(info->nz - 1) * s / (UNIT_SAMPLES - 1)), 1, scratch,
			       &p, err);
		if (rc < 0)
			break;
		size_t dark = 0;
		for (size_t i = 0; i < f->slice; i++)
			dark += p[i] * info->slope + info->intercept < SCAN_HU_BELOW;
		if (dark > f->slice / DARK_ONE_OF)
			unit = SCAN_UNIT_HU;
	}
	free(scratch);
	if (rc == 0 && f->unpack) /* and the file's end is sound */
		rc = unpack_wait(f->unpack, f->slice * (size_t)f->l.nz, &(const int16_t *){ NULL }, err);
	if (rc == 0 && f->restart)
		rc = restart_finish(f->restart, err);
	if (rc == 0)
		info->unit = unit;
	return rc;
}

static bool flat_any_order(const void *self)
{
	const struct flat *f = self;
	return f->fd >= 0;
}

static const struct scan_ops flat_ops = { .slab = flat_slab, .rows = flat_rows, .rows_apart = flat_rows_apart,
					  .any_order = flat_any_order, .settle = find_unit, .close = flat_close };

bool flat_must_swap(bool big_endian_file)
{
	const uint16_t probe = 1;
	bool host_big = *(const uint8_t *)&probe == 0;
	return big_endian_file != host_big;
}

static void fill_info(const struct flat *f, size_t file_bytes, struct scan_info *info)
{
	const struct flat_layout *l = &f->l;
	info->nx = l->nx;
	info->ny = l->ny;
	info->nz = l->nz;
	info->slope = l->map.slope;
	info->intercept = l->map.intercept;
	info->unit = SCAN_UNIT_PENDING;
	snprintf(info->voxel_type, sizeof info->voxel_type, "%s", voxel_name(l->map.type));
	bool big = l->map.swap == flat_must_swap(true);
	snprintf(info->encoding, sizeof info->encoding, "%s-endian", big ? "big" : "little");
	info->file_bytes = file_bytes;
	flat_note_bad(info, f->bad);
}

int flat_open(const struct flat_layout *layout, struct scan *scan, struct gppi_error *err)
{
	size_t file_bytes = 0, need = 0;
	if (scan->need) {
		bool known = !layout->packed && flat_bytes(layout, &need) && size_add(layout->offset, need, &need);
		return scan_tell_need(scan, layout->path, known ? need : 0);
	}
	struct flat *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to open it", layout->path);
	f->l = *layout;
	f->fd = -1;
	int rc = open_file(f, &file_bytes, err);
	if (rc == 0)
		rc = check_size(f, file_bytes, err);
	if (rc == 0) {
		f->slice = (size_t)f->l.nx * (size_t)f->l.ny;
		rc = load(f, file_bytes, err);
	}
	if (rc == 0) {
		fill_info(f, file_bytes, &scan->info);
		if (!f->l.packed)
			rc = find_unit(f, &scan->info, err);
	}
	if (rc < 0) {
		flat_close(f);
		return rc;
	}
	scan->ops = &flat_ops;
	scan->self = f;
	return 0;
}
