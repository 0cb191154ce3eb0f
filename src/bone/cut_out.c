/* input_cut_out(): the bones of a holder as files of their own, in one pass over the scan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/os.h"
#include "base/parallel.h"
#include "base/size.h"
#include "bone/input.h"
#include "plane/plane.h"
#include "scan/nifti_write.h"

#define WORKERS_MAX 64
#define RUN 8 /* slices a worker reads in a row */

struct part {
	struct crop box;
	struct atomic_file *file;
	size_t slice;       /* voxels of a slice */
	int16_t *voxels;    /* of all slices of a round */
};

struct writer {
	struct scan *whole;
	struct part *part;
	int n, y0, ny;
	int z0, nz;         /* slices of this round */
	int16_t *scratch[WORKERS_MAX];
};

static int read_run(void *arg, int item, int worker, struct gppi_error *err)
{
	struct writer *w = arg;
	size_t stride = (size_t)scan_info(w->whole)->nx;
	int rc = 0;

	for (int z = item * RUN; z < (item + 1) * RUN && z < w->nz && rc >= 0; z++) {
		const int16_t *rows;
		rc = scan_rows(w->whole, w->z0 + z, w->y0, w->ny, w->scratch[worker], &rows, err);
		for (int i = 0; i < w->n && rc >= 0; i++) {
			const struct part *p = &w->part[i];
			const int16_t *from = rows + (size_t)(p->box.y0 - w->y0) * stride + p->box.x0;
			int16_t *to = p->voxels + (size_t)z * p->slice;
			for (int y = 0; y < p->box.ny; y++, from += stride, to += p->box.nx)
				memcpy(to, from, (size_t)p->box.nx * sizeof *to);
		}
	}
	return rc;
}

static int write_all(struct writer *w, int workers, struct gppi_error *err)
{
	int nz = scan_info(w->whole)->nz, round = workers * RUN, rc = 0;

	for (w->z0 = 0; w->z0 < nz && rc >= 0; w->z0 += round) {
		w->nz = nz - w->z0 < round ? nz - w->z0 : round;
		rc = parallel_for(workers, (w->nz + RUN - 1) / RUN, read_run, w, err);
		for (int i = 0; i < w->n && rc >= 0; i++)
			fwrite(w->part[i].voxels, sizeof(int16_t), w->part[i].slice * (size_t)w->nz,
			       atomic_stream(w->part[i].file));
	}
	return rc;
}

/* A file that is read cannot be written at the same time. */
static int check_target(const char *path, const char *source, struct gppi_error *err)
{
	if (os_same_file(path, source))
		return err_set(err, GPPI_E_USAGE, "%s: is the scan itself; choose another folder for the bones", path);
	return 0;
}

static int open_part(struct gppi_input *input, int index, const char *path, int round, struct part *p,
		     struct gppi_error *err)
{
	struct bone *bone;
	int rc = input_bone(input, index, input->open_um, &bone, err);

	if (rc < 0)
		return rc;
	const struct scan_info *info = scan_info(bone->scan);
	size_t bytes = 0;
	p->box = bone->number ? bone->box : crop_all(info);
	p->slice = (size_t)p->box.nx * (size_t)p->box.ny;
	if (size_mul3(p->slice, (size_t)round, sizeof *p->voxels, &bytes))
		p->voxels = malloc(bytes);
	if (!p->voxels)
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory to write it", path);
	else if (info->nx > NIFTI_WRITE_MAX || info->ny > NIFTI_WRITE_MAX || info->nz > NIFTI_WRITE_MAX)
		rc = err_set(err, GPPI_E_UNSUPPORTED, "%s: NIfTI-1 cannot hold %d x %d x %d voxels", path, info->nx,
			     info->ny, info->nz);
	else if ((rc = check_target(path, info->path, err)) == 0)
		rc = atomic_open(path, &p->file, err);
	if (rc == 0)
		nifti_write_head(atomic_stream(p->file), bone->scan, &p->box);
	return rc;
}

static int write_bones(struct gppi_input *input, int index, int n, const char *const *paths, int workers,
		       struct writer *w, struct gppi_error *err)
{
	size_t bytes = 0;
	int y1 = 0, rc = input_whole(input, index, &w->whole, err);
	workers = rc == 0 ? scan_threads(w->whole, workers) : 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = open_part(input, index + i, paths[i], workers * RUN, &w->part[i], err);
	if (rc < 0)
		return rc;
	const struct scan_info *info = scan_info(w->whole);
	w->y0 = info->ny;
	for (int i = 0; i < n; i++) {
		const struct crop *b = &w->part[i].box;
		w->y0 = b->y0 < w->y0 ? b->y0 : w->y0;
		y1 = b->y0 + b->ny > y1 ? b->y0 + b->ny : y1;
	}
	w->ny = y1 - w->y0;
	if (!size_mul3((size_t)info->nx, (size_t)info->ny, sizeof(int16_t), &bytes))
		return err_set(err, GPPI_E_NOMEM, "%s: a slice is too large", info->path);
	for (int i = 0; i < workers; i++)
		if (!(w->scratch[i] = malloc(bytes)))
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a slice", info->path);
	rc = write_all(w, workers, err);
	for (int i = 0; i < n && rc == 0; i++) {
		rc = atomic_commit(w->part[i].file, err);
		w->part[i].file = NULL;
	}
	return rc;
}

int input_cut_out(struct gppi_input *input, int index, int n, const char *const *paths, int threads,
		  struct gppi_error *err)
{
	struct writer w = { .n = n };
	int workers = plane_workers(threads), rc;

	workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	if (n < 1 || index < 0 || n > input->n - index || input->bone[index]->scan != input->bone[index + n - 1]->scan)
		return err_set(err, GPPI_E_USAGE, "bones %d to %d are not those of one scan", index, index + n - 1);
	w.part = calloc((size_t)n, sizeof *w.part);
	rc = w.part ? write_bones(input, index, n, paths, workers, &w, err)
		    : err_set(err, GPPI_E_NOMEM, "out of memory for %d bones", n);
	for (int i = 0; i < n && w.part; i++) {
		atomic_abort(w.part[i].file);
		free(w.part[i].voxels);
	}
	for (int i = 0; i < workers; i++)
		free(w.scratch[i]);
	free(w.part);
	return rc;
}
