#define _GNU_SOURCE
#include "report/label_map.h"

#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/stop.h"
#include "scan/nifti_write.h"

#define HEADER_MAX 1024

/* ---- gzip ---- */

struct packer {
	struct isal_zstream stream;
	uint8_t *level; /* its work memory */
	uint8_t out[1 << 16];
	FILE *file;
};

static int packer_begin(struct packer *p, FILE *file)
{
	p->file = file;
	p->level = malloc(ISAL_DEF_LVL1_DEFAULT);
	isal_deflate_init(&p->stream);
	p->stream.gzip_flag = IGZIP_GZIP;
	p->stream.level = 1;
	p->stream.level_buf = p->level;
	p->stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
	return p->level ? 0 : -1;
}

static int packer_put(struct packer *p, const void *data, size_t n, bool last)
{
	p->stream.next_in = (uint8_t *)data;
	p->stream.avail_in = (uint32_t)n; /* a slice, or a header */
	p->stream.end_of_stream = last;
	do {
		p->stream.next_out = p->out;
		p->stream.avail_out = sizeof p->out;
		if (isal_deflate(&p->stream) != COMP_OK)
			return -1;
		fwrite(p->out, 1, sizeof p->out - p->stream.avail_out, p->file);
	} while (p->stream.avail_out == 0);
	return 0;
}

/* ---- label map ---- */

/* The header of the whole scan, its values as they are. */
static size_t label_header(struct scan *scan, uint8_t header[HEADER_MAX])
{
	const struct crop all = crop_all(scan_info(scan));
	const float scale[2] = { 1, 0 };
	FILE *f = fmemopen(header, HEADER_MAX, "wb");
	long n = -1;

	if (!f)
		return 0;
	nifti_write_head(f, scan, &all);
	n = ftell(f);
	fclose(f);
	memcpy(header + 112, scale, sizeof scale); /* slope and intercept */
	return n > 0 ? (size_t)n : 0;
}

static void fill_slice(const struct segment *s, int z, int nx, int16_t *out)
{
	const struct grid *g = &s->grey.grid;
	const int k = z - s->grey.first[2];

	if (k < s->first || k > s->last)
		return;
	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			size_t i = grid_at(g, x, y, k);
			int label = s->cortex[i] && s->bone[i] ? LABEL_CORTEX : !s->tv[i] ? LABEL_NONE :
				    s->bone[i] ? LABEL_SPONGIOSA : LABEL_MARROW;
			out[(size_t)(y + s->grey.first[1]) * (size_t)nx + (size_t)(x + s->grey.first[0])] = (int16_t)label;
		}
}

static int pack_slices(struct packer *p, struct scan *scan, const struct segment *s, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	const size_t n = (size_t)info->nx * (size_t)info->ny;
	int16_t *slice = size_realloc(NULL, n, sizeof *slice);
	uint8_t header[HEADER_MAX] = { 0 };
	size_t bytes = label_header(scan, header);
	int bad = !slice || !bytes || packer_put(p, header, bytes, false);

	for (int z = 0; z < info->nz && !bad; z++) {
		memset(slice, 0, n * sizeof *slice);
		fill_slice(s, z, info->nx, slice);
		bad = stop_asked(err) < 0 || packer_put(p, slice, n * sizeof *slice, z == info->nz - 1);
	}
	free(slice);
	return bad ? err_set(err, GPPI_E_NOMEM, "out of memory for a label map of %s", info->path) : 0;
}

int label_map_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct packer *p;
	struct atomic_file *file = NULL;

	if (info->nx > NIFTI_WRITE_MAX || info->ny > NIFTI_WRITE_MAX || info->nz > NIFTI_WRITE_MAX)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: NIfTI cannot hold %d x %d x %d voxels", path, info->nx, info->ny,
			       info->nz);
	int rc = atomic_open(path, &file, err);
	if (rc < 0)
		return rc;
	p = malloc(sizeof *p);
	if (!p || packer_begin(p, atomic_stream(file)) < 0)
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	if (rc >= 0)
		rc = pack_slices(p, scan, s, err);
	if (p)
		free(p->level);
	free(p);
	if (rc >= 0)
		return atomic_commit(file, err);
	atomic_abort(file);
	return rc;
}

/* ---- the VOI alone ---- */

/* The part of the scan as a scan of its own, for its header. */
static int voi_head(FILE *out, struct scan *scan, const struct segment *s, struct gppi_error *err)
{
	const struct grey *g = &s->grey;
	struct scan_info info = *scan_info(scan);
	struct scan *part;
	const struct crop at = { g->first[0], g->first[1], g->grid.n[0], g->grid.n[1] };

	info.nx = g->grid.n[0];
	info.ny = g->grid.n[1];
	info.nz = s->last - s->first + 1;
	if (!info.place.known || info.spacing_known == SCAN_GIVEN) { /* as nifti_write_head() places the whole scan then */
		static const double sign[3] = { -1, -1, 1 };
		info.place = (struct scan_place){ .known = true };
		for (int i = 0; i < 3; i++)
			info.place.step[i][i] = sign[i] * (info.spacing_known == SCAN_ASSUMED ? 1 : info.spacing_um[i] / 1000);
		info.spacing_known = info.spacing_known == SCAN_GIVEN ? SCAN_READ : info.spacing_known;
	}
	for (int i = 0; i < 3; i++)
		info.place.origin[i] += info.place.step[0][i] * g->first[0] + info.place.step[1][i] * g->first[1] +
					info.place.step[2][i] * (g->first[2] + s->first);
	struct scan_source none = { .user = NULL };
	int rc = scan_wrap(&info, &none, &part, err);
	if (rc < 0)
		return rc;
	nifti_write_head(out, part, &at);
	scan_close(part);
	return 0;
}

int label_crop_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err)
{
	const struct grid *g = &s->grey.grid;
	struct atomic_file *file = NULL;
	int rc = atomic_open(path, &file, err);

	if (rc < 0)
		return rc;
	rc = voi_head(atomic_stream(file), scan, s, err);
	for (int z = s->first; z <= s->last && rc >= 0; z++)
		fwrite(s->grey.v + grid_at(g, 0, 0, z), sizeof *s->grey.v, (size_t)g->n[0] * (size_t)g->n[1],
		       atomic_stream(file));
	if (rc >= 0)
		return atomic_commit(file, err);
	atomic_abort(file);
	return rc;
}
