/* libFuzzer target of one reader, chosen by -DREADER=...: `make fuzz`. The input is a whole file, in memory
 * and never on disk. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "picture/picture.h"
#include "scan/metaimage.h"
#include "scan/nifti.h"
#include "scan/scanco.h"
#include "scan/stack.h"
#include "scan/vgi.h"

#define SLICE_MAX ((size_t)1 << 22) /* voxels; larger ones are opened, not read */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static volatile int touch; /* a read that is kept */

/* First, middle and last slice. */
static void read_some(struct scan *scan)
{
	const struct scan_info *info = scan_info(scan);
	size_t slice = (size_t)info->nx * (size_t)info->ny;
	const int at[3] = { 0, info->nz / 2, info->nz - 1 };
	int16_t *scratch = slice <= SLICE_MAX ? malloc(slice * 2) : NULL;
	const int16_t *p;
	struct err err;
	for (int i = 0; scratch && i < 3; i++)
		if (scan_slab(scan, at[i], 1, scratch, &p, &err) == 0)
			touch = p[0] + p[slice - 1];
	if (scan_settle(scan, &err) == 0 && scratch)
		(void)scan_rows(scan, 0, info->ny / 2, 1, scratch, &p, &err);
	free(scratch);
}

typedef int (*open_fn)(const char *path, struct scan *scan, struct err *err);
void fuzz_scan(open_fn open_scan, const char *path);
void fuzz_picture(const char *path);
void fuzz_set(const char *path);

void fuzz_scan(open_fn open_scan, const char *path)
{
	struct scan *scan = calloc(1, sizeof *scan);
	struct err err;
	if (scan && open_scan(path, scan, &err) == 0) {
		read_some(scan);
		scan_close(scan);
	} else {
		free(scan);
	}
}

void fuzz_picture(const char *path)
{
	struct picture_stored p = { 0 };
	struct picture q;
	struct err err;
	(void)picture_read_head(path, &p, &err);
	if (picture_read_stored(path, 0, &p, &err) == 0)
		free(p.pixels);
	if (picture_read(path, &q, &err) == 0)
		picture_free(&q);
}

/* Whatever the first bytes say, through the front door. */
void fuzz_set(const char *path)
{
	struct scan_set *set;
	struct scan *scan;
	struct err err;
	if (scan_set_open(path, &set, &err) < 0)
		return;
	if (scan_open(set, 0, 0.0, &scan, &err) == 0) {
		read_some(scan);
		scan_close(scan);
	}
	scan_set_free(set);
}

#define RUN_nifti fuzz_scan(nifti_open, path)
#define RUN_isq fuzz_scan(isq_open, path)
#define RUN_aim fuzz_scan(aim_open, path)
#define RUN_metaimage fuzz_scan(metaimage_open, path)
#define RUN_nrrd fuzz_scan(nrrd_open, path)
#define RUN_vox fuzz_scan(vox_open, path)
#define RUN_vgi fuzz_scan(vgi_open, path)
#define RUN_tiff fuzz_scan(tiff_open, path)
#define RUN_pictures fuzz_picture(path)
#define RUN_any fuzz_set(path)
#define RUN(reader) RUN_##reader
#define RUN_READER(reader) RUN(reader)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int fd = -1;
	static char path[64];
	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, n, 0) != (ssize_t)n)
		abort();
	RUN_READER(READER);
	return 0;
}
