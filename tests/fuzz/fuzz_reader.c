/* libFuzzer target of one reader, chosen by -DREADER=...: `make fuzz`. The input is a whole file, in memory
 * and never on disk. For the reader "folder" it is several files, see fuzz_folder(). */
#define _GNU_SOURCE /* memfd_create */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "picture/picture.h"
#include "scan/flat.h"
#include "scan/format.h"
#include "scan/restart.h"

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
	struct gppi_error err;
	for (int i = 0; scratch && i < 3; i++)
		if (scan_slab(scan, at[i], 1, scratch, &p, &err) == 0)
			touch = p[0] + p[slice - 1];
	if (scan_settle(scan, &err) == 0 && scratch)
		(void)scan_rows(scan, 0, info->ny / 2, 1, scratch, &p, &err);
	free(scratch);
}

void fuzz_scan(const struct scan_format *format, const char *path);
void fuzz_picture(const char *path);
void fuzz_set(const char *path);
void fuzz_restart(const char *path);
void fuzz_folder(const uint8_t *data, size_t n);
void fuzz_walk(const char *path);                /* fuzz_walk.cc */
void fuzz_pdu(const uint8_t *data, size_t n);    /* fuzz_pdu.c */
void fuzz_onnx(const uint8_t *data, size_t n);   /* fuzz_onnx.c */

void fuzz_scan(const struct scan_format *format, const char *path)
{
	struct scan *scan = calloc(1, sizeof *scan);
	struct gppi_error err;
	if (scan && format->open(path, scan, &err) == 0) {
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
	struct gppi_error err;
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
	struct gppi_error err;
	if (scan_set_open(path, &set, &err) < 0)
		return;
	for (int i = 0; i < scan_set_count(set) && i < 4; i++)
		if (scan_open(set, i, 0.0, &scan, &err) == 0) {
			read_some(scan);
			scan_close(scan);
		}
	scan_set_free(set);
}

/* The stream as a volume that is too large for memory: slices in turn, back to a mark, and its end. */
void fuzz_restart(const char *path)
{
	static const int order[] = { 0, 1, 9, 17, 3, 18, 10, 2, 19, 8 };
	struct flat_layout l = { .nx = 7, .ny = 1, .nz = 20, .packed = true,
				 .map = { .type = VOXEL_INT16, .slope = 1, .file_slope = 1 } };
	int16_t slice[7];
	struct restart *r;
	struct gppi_error err;
	snprintf(l.path, sizeof l.path, "%s", path);
	if (restart_open(&l, &r, &err) < 0)
		return;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (restart_slice(r, order[i], slice, &err) == 0)
			touch = slice[0];
	(void)restart_finish(r, &err);
	restart_free(r);
}

#define PICTURES 10 /* STACK_LEAST */

/* Files of a folder in memory. The input holds parts that each begin with "\n@@" and a letter: p a picture, which
 * becomes all slices of a stack; l their log; d a DICOM file, one of up to four; h, m, n the header of a
 * VGI, MetaImage or NRRD file; r the voxels it names. */
void fuzz_folder(const uint8_t *data, size_t n)
{
	static const char mark[] = "\n@@";
	static char folder[32], path[64];
	const uint8_t *end = data + n, *at = n ? memmem(data, n, mark, 3) : NULL;
	int dicom = 0;
	if (!folder[0]) {
		snprintf(folder, sizeof folder, "/dev/shm/gppi-fuzz-%d", (int)getpid());
		if (mkdir(folder, 0700) < 0)
			abort();
	}
	while (at && at + 4 <= end) {
		const uint8_t *part = at + 4;
		char kind = (char)at[3];
		int copies = kind == 'p' ? PICTURES : 1;
		at = memmem(part, (size_t)(end - part), mark, 3);
		for (int i = 0; i < copies; i++) {
			switch (kind) {
			case 'p': snprintf(path, sizeof path, "%s/s_rec%04d.png", folder, i); break;
			case 'l': snprintf(path, sizeof path, "%s/s_rec.log", folder); break;
			case 'd': snprintf(path, sizeof path, "%s/%d.dcm", folder, dicom++ % 4); break;
			case 'h': snprintf(path, sizeof path, "%s/h.vgi", folder); break;
			case 'm': snprintf(path, sizeof path, "%s/m.mhd", folder); break;
			case 'n': snprintf(path, sizeof path, "%s/n.nhdr", folder); break;
			default: snprintf(path, sizeof path, "%s/r.raw", folder);
			}
			FILE *f = fopen(path, "wb");
			const size_t size = (size_t)((at ? at : end) - part);
			if (!f || fwrite(part, 1, size, f) != size)
				abort();
			fclose(f);
		}
	}
	fuzz_set(folder);
	struct dirent **entries;
	int found = scandir(folder, &entries, NULL, NULL);
	for (int i = 0; i < found; i++) {
		snprintf(path, sizeof path, "%s/%.30s", folder, entries[i]->d_name);
		(void)unlink(path); /* fails for . and .. */
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
}

#define RUN_nifti fuzz_scan(&nifti_format, path)
#define RUN_isq fuzz_scan(&isq_format, path)
#define RUN_aim fuzz_scan(&aim_format, path)
#define RUN_metaimage fuzz_scan(&metaimage_format, path)
#define RUN_nrrd fuzz_scan(&nrrd_format, path)
#define RUN_vox fuzz_scan(&vox_format, path)
#define RUN_vgi fuzz_scan(&vgi_format, path)
#define RUN_tiff fuzz_scan(&tiff_format, path)
#define RUN_pictures fuzz_picture(path)
#define RUN_any fuzz_set(path)
#define RUN_dicom fuzz_set(path)
#define RUN_restart fuzz_restart(path)
#define RUN_folder fuzz_folder(data, n)
#define RUN_walk fuzz_walk(path)
#define RUN_pdu fuzz_pdu(data, n)
#define RUN_onnx fuzz_onnx(data, n)
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
