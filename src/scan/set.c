/* What an input path holds: sniffs files by content, lists folders, names the volumes. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "picture/picture.h"
#include "picture/tiff.h"
#include "scan/format.h"
#include "scan/gunzip.h"
#include "scan/reader.h"
#include "scan/set_parts.h"
#include "scan/unwritten.h"

/* First bytes of a file, looking through gzip. Returns how many, or a negative code. */
static int read_head(const char *path, uint8_t head[FORMAT_HEAD_BYTES], bool *packed, struct gppi_error *err)
{
	int fd, rc = file_open(path, &fd, NULL, err);
	if (rc < 0)
		return rc;
	ssize_t got = os_read_at(fd, head, FORMAT_HEAD_BYTES, 0);
	int saved = errno;
	close(fd);
	if (got < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(saved));
	*packed = got >= 2 && head[0] == 0x1f && head[1] == 0x8b;
	if (!*packed)
		return (int)got;
	struct gunzip *gz;
	size_t n;
	rc = gunzip_open(path, 0, &gz, err);
	if (rc < 0)
		return rc;
	rc = gunzip_some(gz, head, FORMAT_HEAD_BYTES, &n, err);
	gunzip_close(gz);
	return rc < 0 ? rc : (int)n;
}

/* Does it start like a DICOM file? Without the preamble the first group is 2 or 8. */
static bool dicom_sniff(const uint8_t *head, int n)
{
	if (n >= 132 && !memcmp(head + 128, "DICM", 4))
		return true;
	return n >= 132 && (head[0] == 2 || head[0] == 8) && !head[1] && head[2] < 0x20 && !head[3];
}

static int add_item(struct scan_set *set, const struct item *item, struct gppi_error *err)
{
	if (set->n == set->room) {
		int room = set->room ? 2 * set->room : 16;
		struct item *grown = realloc(set->items, (size_t)room * sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", item->path);
		set->items = grown;
		set->room = room;
	}
	struct item *it = &set->items[set->n];
	*it = *item;
	int rc = set_names_add(&set->names, it->name, it->path, err);
	set->n += rc == 0;
	return rc;
}

static int add_scan_file(struct scan_set *set, const struct scan_format *format, const char *path,
			 struct gppi_error *err)
{
	struct item it = { .format = format };
	snprintf(it.path, sizeof it.path, "%s", path);
	format_file_name(set->stream ? "stdin" : path, it.name);
	int rc = add_item(set, &it, err);
	return rc < 0 ? rc : 1;
}

static int add_series(struct scan_set *set, struct gppi_error *err)
{
	int n = series_list_group(set->series, err), rc = n < 0 ? n : 0;
	for (int i = 0; i < n && rc == 0; i++) {
		struct item it = { .index = i };
		snprintf(it.path, sizeof it.path, "%s", series_path(set->series, i));
		series_name(set->series, i, it.name);
		if (set->stream && !strcmp(it.name, strrchr(it.path, '/') + 1)) /* it has none, and is in no folder */
			snprintf(it.name, sizeof it.name, "stdin");
		rc = add_item(set, &it, err);
	}
	set->others += series_list_others(set->series);
	return rc;
}

static int add_stacks(struct scan_set *set, struct gppi_error *err)
{
	int n = stack_list_group(set->stacks, err), rc = n < 0 ? n : 0;
	for (int i = 0; i < n && rc == 0; i++) {
		struct item it = { .stack = true, .index = i };
		struct gppi_error why;
		int projections = stack_projections(set->stacks, i, &why);
		if (projections) {
			set->others += projections;
			set->projection = why;
			continue;
		}
		snprintf(it.path, sizeof it.path, "%s", stack_path(set->stacks, i));
		stack_name(set->stacks, i, it.name);
		rc = add_item(set, &it, err);
	}
	const char *damaged;
	for (int i = 0; rc == 0 && (damaged = stack_list_damaged(set->stacks, &i));) {
		rc = add_scan_file(set, format_by_name(damaged), damaged, err);
		rc = rc < 0 ? rc : 0;
	}
	set->others += stack_list_others(set->stacks);
	return rc;
}

/* A picture is a slice among others, but for TIFF files of many pages. */
static int add_picture(struct scan_set *set, const char *kind, const struct stack_file *file, struct gppi_error *err)
{
	const char *path = file->path;
	if (!strcmp(kind, "TIFF") && (!set->folder || tiff_many(path)))
		return file->again ? 0 : add_scan_file(set, &tiff_format, path, err);
	if (!set->folder)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: is a single picture (%s); give the folder that holds "
			       "all slices", path, kind);
	int rc = stack_list_add(set->stacks, file, err);
	return rc < 0 ? rc : 1;
}

/* Adds a file by its content; 1: added, 0: none of the formats. */
static int add_file(struct scan_set *set, const struct stack_file *file, struct gppi_error *err)
{
	const char *path = file->path;
	uint8_t head[FORMAT_HEAD_BYTES] = { 0 };
	bool packed = false;
	int n = read_head(path, head, &packed, err);
	const struct scan_format *format = n > 0 ? format_of(head, (size_t)n) : NULL;
	const char *picture = n > 0 && !format ? picture_sniff(head, (size_t)n) : NULL;
	if (set->folder && !format && !picture)
		format = format_by_name(path);
	/* a damaged TIFF is a volume of its own, or a slice among others */
	if (set->folder && format && format == &tiff_format && !file->again) {
		struct stack_file slice = *file;
		slice.damaged = true;
		int rc = stack_list_add(set->stacks, &slice, err);
		return rc < 0 ? rc : 1;
	}
	if (set->stream && ((format && !format->alone) || (picture && set->folder))) {
		if (set->folder)
			return 0;
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is %s, whose files may name others; save it as a file, and give that", path,
			       format->name);
	}
	/* A second name of the same file is skipped, except for slices, whose names say which scan they belong to. */
	if (file->again && !picture)
		return 0;
	if (format && packed && !format->packed) {
		if (set->folder)
			return 0;
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: is %s behind gzip; unpack it with gunzip first", path,
			       format->name);
	}
	if (format)
		return add_scan_file(set, format, path, err);
	if (n < 0)
		return set->folder ? 0 : n;
	if (picture && !packed)
		return add_picture(set, picture, file, err);
	if (dicom_sniff(head, n) && packed) {
		set->packed++;
		return 0;
	}
	const char *unread = packed ? NULL : picture_unread(head, (size_t)n);
	if (unread && !set->folder)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: is a picture in the format %s, which is not read; save all slices as "
			       "TIFF or PNG, and give their folder",
			       path, unread);
	if (unread && !set->unreads++)
		set->unread = unread;
	if (dicom_sniff(head, n)) {
		int rc = series_list_add(set->series, path, err);
		return rc < 0 ? rc : 1;
	}
	if (!set->folder && n == 0)
		return err_set(err, GPPI_E_FORMAT, "%s: is an empty file", path);
	return 0;
}

static int visit(void *arg, const char *path, const struct stat *st, bool again, struct gppi_error *err)
{
	struct scan_set *set = arg;
	const struct stack_file file = { .path = path, .dev = (uint64_t)st->st_dev, .ino = (uint64_t)st->st_ino,
					 .again = again };
	int rc = add_file(set, &file, err);
	set->others += rc == 0;
	return rc < 0 ? rc : 0;
}

static int set_new(struct scan_set **out, const char *path, struct gppi_error *err)
{
	struct scan_set *set = *out = calloc(1, sizeof *set);
	if (!set)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	int rc = series_list_new(&set->series, err);
	return rc == 0 ? stack_list_new(&set->stacks, err) : rc;
}

/* When all files have been looked at (rc: whether that worked): groups them into volumes. */
static int set_finish(struct scan_set *set, int rc, const char *path, struct scan_set **out, struct gppi_error *err)
{
	if (rc >= 0)
		rc = add_series(set, err);
	if (rc >= 0)
		rc = add_stacks(set, err);
	if (rc >= 0 && !set->n)
		rc = set_nothing_found(set, path, err);
	if (rc < 0) {
		scan_set_free(set);
		return rc;
	}
	set->others += series_list_scouts(set->series);
	*out = set;
	return 0;
}

int scan_set_open(const char *path, struct scan_set **out, struct gppi_error *err)
{
	*out = NULL;
	struct stat st;
	if (stat(path, &st) < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	if (strlen(path) >= sizeof ((struct item *)0)->path)
		return err_set(err, GPPI_E_UNSUPPORTED, "%.200s...: the path is too long", path);
	struct scan_set *set;
	int rc = set_new(&set, path, err);
	if (rc == 0)
		set->folder = S_ISDIR(st.st_mode);
	if (rc == 0 && set->folder)
		rc = walk_folder(path, visit, set, &set->walk, err);
	else if (rc == 0 && S_ISREG(st.st_mode))
		rc = add_file(set, &(struct stack_file){ .path = path }, err);
	else if (rc == 0)
		rc = err_set(err, GPPI_E_IO, "%s: is neither a file nor a folder", path);
	return set_finish(set, rc, path, out, err);
}

int scan_set_read(int fd, struct scan_set **out, struct gppi_error *err)
{
	struct scan_set *set;
	*out = NULL;
	int rc = set_new(&set, SCAN_STREAM, err);
	if (rc == 0)
		rc = stream_read(fd, SCAN_STREAM, &set->stream, err);
	if (rc == 0)
		set->folder = set->stream->archive;
	for (int i = 0; rc >= 0 && i < set->stream->n; i++) {
		rc = add_file(set, &(struct stack_file){ .path = set->stream->file[i].path }, err);
		set->others += rc == 0;
	}
	return set_finish(set, rc, SCAN_STREAM, out, err);
}

int scan_set_count(const struct scan_set *set)
{
	return set->n;
}

const char *scan_set_name(const struct scan_set *set, int index)
{
	return set->items[index].name;
}

const char *scan_set_path(const struct scan_set *set, int index)
{
	return set->stream ? "stdin" : set->items[index].path;
}

const char *scan_set_patient(const struct scan_set *set, int index)
{
	const struct item *it = &set->items[index];

	return it->format || it->stack ? "" : series_patient(set->series, it->index);
}

bool scan_set_has(const struct scan_set *set, const char *name)
{
	return set_names_has(&set->names, name);
}

void scan_set_free(struct scan_set *set)
{
	if (!set)
		return;
	series_list_free(set->series);
	stack_list_free(set->stacks);
	stream_free(set->stream);
	set_names_free(&set->names);
	free(set->items);
	free(set);
}

int scan_open(const struct scan_set *set, int index, double voxel_um, struct scan **out,
	      struct gppi_error *err)
{
	*out = NULL;
	if (index < 0 || index >= set->n)
		return err_set(err, GPPI_E_USAGE, "volume %d was asked for, there are %d", index,
			       set->n);
	const struct item *it = &set->items[index];
	struct scan *scan = calloc(1, sizeof *scan);
	if (!scan)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", it->path);
	int rc = it->format ? it->format->open(it->path, scan, err)
		 : it->stack ? stack_open(set->stacks, it->index, scan, err)
		 : series_open(set->series, it->index, scan, err);
	if (rc < 0) {
		free(scan);
		return rc;
	}
	memcpy(scan->info.name, it->name, sizeof scan->info.name);
	if (set->stream)
		snprintf(scan->info.path, sizeof scan->info.path, "stdin");
	scan_doubt_unit(&scan->info);
	if ((rc = unwritten_look(scan, err)) < 0) {
		scan_close(scan);
		return rc;
	}
	if (set->others)
		scan_note(&scan->info, "files not used: %d", set->others);
	if (voxel_um > 0.0)
		spacing_give(&scan->info, voxel_um);
	*out = scan;
	return 0;
}
