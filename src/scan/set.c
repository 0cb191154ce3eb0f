/* What an input path holds: sniffs files by content, lists folders, names the volumes. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scan/gunzip.h"
#include "scan/nifti.h"
#include "scan/reader.h"

enum kind { KIND_OTHER, KIND_NIFTI };

struct item {
	enum kind kind;
	char name[128];
	char path[1024];
};

struct scan_set {
	struct item *items;
	int n, room;
};

/* First bytes of a file, looking through gzip. Returns how many, or a negative code. */
static int read_head(const char *path, uint8_t head[NIFTI_HEADER_BYTES], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : read(fd, head, NIFTI_HEADER_BYTES);
	int saved = errno;
	if (fd >= 0)
		close(fd);
	if (got < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(saved));
	if (got < 2 || head[0] != 0x1f || head[1] != 0x8b)
		return (int)got;
	struct gunzip *gz;
	size_t n;
	int rc = gunzip_open(path, &gz, err);
	if (rc < 0)
		return rc;
	rc = gunzip_some(gz, head, NIFTI_HEADER_BYTES, &n, err);
	gunzip_close(gz);
	return rc < 0 ? rc : (int)n;
}

/* Name for reports: the file name without folder and suffix, safe in file names and tables. */
static void name_of(const char *path, char name[128])
{
	const char *slash = strrchr(path, '/');
	snprintf(name, 128, "%s", slash ? slash + 1 : path);
	size_t n = strlen(name);
	if (n > 3 && !strcasecmp(name + n - 3, ".gz"))
		name[n -= 3] = '\0';
	if (n > 4 && !strcasecmp(name + n - 4, ".nii"))
		name[n -= 4] = '\0';
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || strchr("\\:*?\"<>|^\x7f", *c))
			*c = '_';
	if (!name[0])
		strcpy(name, "scan");
}

/* Appends _2, _3 ... where an earlier volume of the set has the same name. */
static void make_unique(const struct scan_set *set, char name[128])
{
	char base[112];
	snprintf(base, sizeof base, "%.111s", name);
	for (int k = 2, i = 0; i < set->n; i++)
		if (!strcmp(set->items[i].name, name)) {
			snprintf(name, 128, "%s_%d", base, k++);
			i = -1;
		}
}

static int add_item(struct scan_set *set, enum kind kind, const char *path, struct err *err)
{
	if (set->n == set->room) {
		int room = set->room ? 2 * set->room : 16;
		struct item *grown = realloc(set->items, (size_t)room * sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
		set->items = grown;
		set->room = room;
	}
	struct item *it = &set->items[set->n];
	it->kind = kind;
	if ((size_t)snprintf(it->path, sizeof it->path, "%s", path) >= sizeof it->path)
		return err_set(err, GPPI_E_UNSUPPORTED, "%.200s...: the path is too long", path);
	name_of(path, it->name);
	make_unique(set, it->name);
	set->n++;
	return 0;
}

static int add_file(struct scan_set *set, const char *path, struct err *err)
{
	uint8_t head[NIFTI_HEADER_BYTES] = { 0 };
	int n = read_head(path, head, err);
	if (n < 0)
		return n;
	if (n == 0)
		return err_set(err, GPPI_E_FORMAT, "%s: is empty", path);
	if (nifti_sniff(head, (size_t)n))
		return add_item(set, KIND_NIFTI, path, err);
	return err_set(err, GPPI_E_FORMAT,
		       "%s: is neither NIfTI nor DICOM; give a .nii or .nii.gz file, a DICOM file "
		       "or a folder with a DICOM series", path);
}

int scan_set_open(const char *path, struct scan_set **out, struct err *err)
{
	*out = NULL;
	struct stat st;
	if (stat(path, &st) < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	struct scan_set *set = calloc(1, sizeof *set);
	if (!set)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	int rc = S_ISREG(st.st_mode)
		? add_file(set, path, err)
		: err_set(err, GPPI_E_IO, "%s: is neither a file nor a folder", path);
	if (rc < 0) {
		scan_set_free(set);
		return rc;
	}
	*out = set;
	return 0;
}

int scan_set_count(const struct scan_set *set)
{
	return set->n;
}

void scan_set_free(struct scan_set *set)
{
	if (!set)
		return;
	free(set->items);
	free(set);
}

int scan_open(const struct scan_set *set, int index, double voxel_um, struct scan **out,
	      struct err *err)
{
	*out = NULL;
	if (index < 0 || index >= set->n)
		return err_set(err, GPPI_E_USAGE, "volume %d was asked for, there are %d", index,
			       set->n);
	const struct item *it = &set->items[index];
	struct scan *scan = calloc(1, sizeof *scan);
	if (!scan)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", it->path);
	int rc = nifti_open(it->path, scan, err);
	if (rc < 0) {
		free(scan);
		return rc;
	}
	memcpy(scan->info.name, it->name, sizeof scan->info.name);
	if (voxel_um > 0.0) {
		for (int i = 0; i < 3; i++)
			scan->info.spacing_um[i] = voxel_um;
		scan->info.spacing_known = SCAN_GIVEN;
	}
	*out = scan;
	return 0;
}
