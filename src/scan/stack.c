/* The open scan of a stack of pictures. */
#include "scan/stack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/size.h"
#include "scan/budget.h"
#include "picture/picture.h"
#include "scan/flat.h"

#define THREADS_MAX 8

struct stack {
	char (*files)[1024];
	uint64_t *ifds;
	int nx, ny, nz;
	struct voxel_map map;
};

static const char *slice_file(const struct stack *s, int z)
{
	return s->files[s->ifds ? 0 : z];
}

static void stack_close(void *self)
{
	struct stack *s = self;
	free(s->files);
	free(s->ifds);
	free(s);
}

enum voxel_type stack_voxel_type(int bytes, bool is_signed, bool is_float)
{
	if (is_float)
		return bytes == 4 ? VOXEL_FLOAT32 : VOXEL_FLOAT64;
	if (bytes == 4)
		return is_signed ? VOXEL_INT32 : VOXEL_UINT32;
	if (bytes == 2)
		return is_signed ? VOXEL_INT16 : VOXEL_UINT16;
	return is_signed ? VOXEL_INT8 : VOXEL_UINT8;
}

static enum voxel_type type_of(const struct picture_stored *p)
{
	return stack_voxel_type(p->bytes, p->is_signed, p->is_float);
}

static int check(const struct stack *s, int z, const struct picture_stored *p, struct gppi_error *err)
{
	if (p->w == s->nx && p->h == s->ny && type_of(p) == s->map.type)
		return 0;
	return err_set(err, GPPI_E_FORMAT, "%s: has %d x %d pixels of %s, but %s has %d x %d of %s; a scan's slices "
		       "are all alike", slice_file(s, z), p->w, p->h, voxel_name(type_of(p)), slice_file(s, 0),
		       s->nx, s->ny, voxel_name(s->map.type));
}

static int read_slice(const struct stack *s, int z, struct picture_stored *p, struct gppi_error *err)
{
	int rc = picture_read_stored(slice_file(s, z), s->ifds ? s->ifds[z] : 0, p, err);
	return rc < 0 ? rc : check(s, z, p, err);
}

static int stack_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out, struct gppi_error *err)
{
	const struct stack *s = self;
	size_t slice = (size_t)s->nx * (size_t)s->ny;
	int rc = 0;
	for (int z = z0; z < z0 + nz && rc == 0; z++) {
		struct picture_stored p = { 0 };
		rc = read_slice(s, z, &p, err);
		if (rc == 0)
			voxels_convert(&s->map, p.pixels, slice, scratch + slice * (size_t)(z - z0));
		free(p.pixels);
	}
	*out = scratch;
	return rc;
}

static bool stack_any_order(const void *self)
{
	(void)self;
	return true;
}

static const struct scan_ops stack_ops = { .slab = stack_slab, .any_order = stack_any_order, .close = stack_close };

/* The heads of all files, several at a time: a slice of another size is told at once. */
struct heads {
	const struct stack *s;
	size_t bytes[THREADS_MAX];
	bool colour[THREADS_MAX];
};

static int read_one(void *arg, int z, int worker, struct gppi_error *err)
{
	struct heads *h = arg;
	struct picture_stored p = { 0 };
	size_t size;
	int rc = picture_read_head(h->s->files[z], &p, err);
	if (rc == 0)
		rc = check(h->s, z, &p, err);
	if (rc == 0)
		rc = flat_file_size(h->s->files[z], &size, err);
	if (rc == 0) {
		h->bytes[worker] += size;
		h->colour[worker] = h->colour[worker] || p.colour;
	}
	return rc;
}

static int read_heads(const struct stack *s, struct scan_info *info, struct gppi_error *err)
{
	struct heads h = { .s = s };
	int threads = parallel_cpus();
	bool colour = false;
	threads = threads > THREADS_MAX ? THREADS_MAX : threads;
	int rc = parallel_for(threads, s->ifds ? 1 : s->nz, read_one, &h, err);
	for (int i = 0; i < threads; i++) {
		info->file_bytes += h.bytes[i];
		colour = colour || h.colour[i];
	}
	if (rc == 0)
		rc = budget_volume(slice_file(s, 0), s->nx, s->ny, s->nz, voxel_bytes(s->map.type), info->file_bytes,
				   err);
	if (rc == 0 && colour)
		scan_note(info, "colours: turned into brightness");
	return rc;
}

/* Numbers are read once more, in advance, for their range. */
struct ranges {
	const struct stack *s;
	struct voxel_range range[THREADS_MAX];
};

static int range_one(void *arg, int z, int worker, struct gppi_error *err)
{
	struct ranges *r = arg;
	struct picture_stored p = { 0 };
	int rc = read_slice(r->s, z, &p, err);
	r->range[worker].wait = 0;
	if (rc == 0)
		voxels_range(&r->s->map, p.pixels, (size_t)p.w * (size_t)p.h, &r->range[worker]);
	free(p.pixels);
	return rc;
}

static int choose_map(struct stack *s, struct scan_info *info, struct gppi_error *err)
{
	struct ranges r = { .s = s };
	struct voxel_range all;
	int threads = parallel_cpus(), rc = 0;
	threads = threads > THREADS_MAX ? THREADS_MAX : threads;
	threads = budget_threads(threads, s->nx, s->ny, voxel_bytes(s->map.type), info->file_bytes);
	voxels_range_start(&all, (size_t)s->nx * (size_t)s->ny * (size_t)s->nz);
	for (int i = 0; i < threads; i++)
		r.range[i] = all;
	if (voxel_is_wide(s->map.type))
		rc = parallel_for(threads, s->nz, range_one, &r, err);
	for (int i = 0; i < threads; i++)
		voxels_range_add(&all, &r.range[i]);
	flat_note_bad(info, all.bad);
	return rc < 0 ? rc : flat_choose(slice_file(s, 0), &s->map, &all, err);
}

int stack_slices_open(const struct stack_slices *slices, struct scan *scan, struct gppi_error *err)
{
	struct stack *s = calloc(1, sizeof *s);
	struct scan_info *info = &scan->info;
	struct picture_stored first = { 0 };
	if (!s) {
		free(slices->files);
		free(slices->ifds);
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", slices->path);
	}
	s->files = slices->files;
	s->ifds = slices->ifds;
	s->nz = slices->n;
	int rc = picture_read_head(s->files[0], &first, err);
	if (rc == 0) {
		s->nx = first.w;
		s->ny = first.h;
		s->map = (struct voxel_map){ .type = type_of(&first), .file_slope = 1.0 };
		rc = read_heads(s, info, err);
	}
	if (rc == 0)
		rc = choose_map(s, info, err);
	if (rc < 0) {
		stack_close(s);
		return rc;
	}
	info->nx = s->nx;
	info->ny = s->ny;
	info->nz = s->nz;
	info->slope = s->map.slope;
	info->intercept = s->map.intercept;
	info->decoded_bytes = voxel_bytes(s->map.type);
	info->unit = SCAN_UNIT_UNKNOWN;
	snprintf(info->voxel_type, sizeof info->voxel_type, "%s", voxel_name(s->map.type));
	snprintf(info->encoding, sizeof info->encoding, "%s", first.format);
	scan->ops = &stack_ops;
	scan->self = s;
	return 0;
}
