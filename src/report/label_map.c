#define _GNU_SOURCE
#include "report/label_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/stop.h"
#include "report/packer.h"
#include "scan/nifti_write.h"

#define HEADER_MAX 1024

const struct label_look label_looks[] = {
	[LABEL_NONE] = { "", { 0, 0, 0 } },
	[LABEL_CORTEX] = { "Cortical bone", { 241, 214, 145 } },
	[LABEL_SPONGIOSA] = { "Trabecular bone", { 111, 184, 210 } },
	[LABEL_MARROW] = { "Marrow", { 177, 122, 101 } },
	[LABEL_PLATE] = { "Growth plate", { 144, 238, 144 } },
};

/* ---- label map ---- */

/* The header of the whole scan where viewers show it: its values as they are, its place as its file has it, also
 * where its spacing was replaced. */
static size_t label_header(struct scan *scan, uint8_t header[HEADER_MAX], struct gppi_error *err)
{
	struct scan_info info = *scan_info(scan);
	const struct scan_source none = { .user = NULL };
	const struct crop all = crop_all(&info);
	const float scale[2] = { 1, 0 };
	FILE *f = fmemopen(header, HEADER_MAX, "wb");
	struct scan *shown;
	long n = -1;

	if (info.place.known && info.spacing_known == SCAN_GIVEN) {
		info.spacing_known = SCAN_READ;
		for (int i = 0; i < 3; i++)
			info.spacing_um[i] = 1000 * sqrt(info.place.step[i][0] * info.place.step[i][0] +
							 info.place.step[i][1] * info.place.step[i][1] +
							 info.place.step[i][2] * info.place.step[i][2]);
	}
	if (f && scan_wrap(&info, &none, &shown, err) >= 0) {
		nifti_write_head(f, shown, &all);
		scan_close(shown);
		n = ftell(f);
	}
	if (f)
		fclose(f);
	memcpy(header + 112, scale, sizeof scale); /* slope and intercept */
	return n > 0 ? (size_t)n : 0;
}

static void fill_plate(const struct plate_place *place, const struct scan_info *info, int z, int16_t *out)
{
	if (!place || z < place->lo || z > place->hi)
		return;
	for (int y = 0; y < info->ny; y++)
		for (int x = 0; x < info->nx; x++, out++)
			*out = *out == LABEL_NONE && plate_holds(place, x, y, z) ? LABEL_PLATE : *out;
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
			out[(size_t)(y + s->grey.first[1]) * (size_t)nx + (size_t)(x + s->grey.first[0])] =
				(int16_t)label_at(s, i);
		}
}

int label_pack(struct scan *scan, const struct segment *s, const void *head, size_t bytes, FILE *file,
	       struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	const size_t n = (size_t)info->nx * (size_t)info->ny;
	int16_t *slice = size_realloc(NULL, n, sizeof *slice);
	struct packer *p = packer_new(file);
	bool good = slice && p && (!bytes || packer_put(p, head, bytes, false));
	int rc = 0;

	for (int z = 0; z < info->nz && good && rc >= 0; z++) {
		memset(slice, 0, n * sizeof *slice);
		fill_slice(s, z, info->nx, slice);
		fill_plate(s->plate, info, z, slice);
		rc = stop_asked(err);
		good = packer_put(p, slice, n * sizeof *slice, z == info->nz - 1);
	}
	packer_free(p);
	free(slice);
	return rc < 0 || good ? rc : err_set(err, GPPI_E_NOMEM, "out of memory for a label map of %s", info->path);
}

int label_map_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	uint8_t header[HEADER_MAX] = { 0 };
	struct atomic_file *file = NULL;

	if (info->nx > NIFTI_WRITE_MAX || info->ny > NIFTI_WRITE_MAX || info->nz > NIFTI_WRITE_MAX)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: NIfTI cannot hold %d x %d x %d voxels", path, info->nx,
			       info->ny, info->nz);
	const size_t bytes = label_header(scan, header, err);
	if (!bytes)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	int rc = atomic_open(path, &file, err);
	if (rc < 0)
		return rc;
	rc = label_pack(scan, s, header, bytes, atomic_stream(file), err);
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
	info.slope = g->slope; /* of a scan with a negative one the block has another */
	info.intercept = g->intercept;
	/* As nifti_write_head() places the whole scan then. */
	if (!info.place.known || info.spacing_known == SCAN_GIVEN) {
		static const double sign[3] = { -1, -1, 1 };
		info.place = (struct scan_place){ .known = true };
		for (int i = 0; i < 3; i++)
			info.place.step[i][i] =
				sign[i] * (info.spacing_known == SCAN_ASSUMED ? 1 : info.spacing_um[i] / 1000);
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
