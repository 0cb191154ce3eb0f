/* phantom: synthetic distal mouse femurs with a known growth plate plane. */
#define _POSIX_C_SOURCE 200809L
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parallel.h"
#include "phantom/dataset.h"
#include "phantom/holder.h"
#include "phantom/picture.h"
#include "phantom/render.h"
#include "phantom/write.h"

static const char usage[] =
	"usage: phantom make --seed N [--condition NAME] [--kind NAME] [--size N] [--reverse-z]\n"
	"                    [--nifti FILE] [--dicom DIR] [--truth CSV] [--labels FILE] [--spongiosa coarse]\n"
	"                    [--bridges N]\n"
	"       phantom make --seed N --holder N --size N [--bone K] [--condition NAME] [--nifti FILE] [--dicom DIR]\n"
	"                    [--truth CSV]\n"
	"       phantom dataset --seed N --count N --out PREFIX [--condition NAME] [--kind NAME]\n"
	"                    [--no-jitter] [--threads N]\n"
	"       phantom picture --seed N --out FILE.pgm [--axis x|y] [--condition NAME] [--kind NAME] [--truth CSV]\n"
	"       phantom profile --seed N --count N [--condition NAME] [--threads N]\n"
	"\n"
	"make     one bone as a file; --truth appends its plane to a CSV in the challenge's columns;\n"
	"         --labels: what each voxel is (1 cortex, 2 spongiosa, 3 marrow, 4 cartilage), as NIfTI;\n"
	"         --spongiosa coarse: struts of 40 to 60 um, as in real bones\n"
	"         --bridges: N bony bridges across the growth plate, 60 to 160 um wide\n"
	"         --holder: N bones of consecutive seeds side by side, --bone: only the one with that number\n"
	"dataset  many bones as 96x96 slices for training\n"
	"picture  one plane along the bone as PGM; --truth appends the row of the plane\n"
	"profile  mean grey along the axis, to compare with real bones\n"
	"conditions: any typical osteoporotic young noisy tilt crop grey unseen wide adult\n"
	"kinds: femur shaft head empty noise plant\n";

struct options {
	uint64_t seed;
	int count, size, reverse, jitter, threads, holder, bone;
	enum phantom_condition condition;
	enum phantom_kind kind;
	const char *nifti, *dicom, *truth, *out, *labels;
	int coarse, bridges;
	char axis;
};

static int slice_of(void *user, int z, int16_t *out)
{
	struct scan *scan = user;
	const int16_t *at;
	const struct scan_info *info = scan_info(scan);
	int rc = scan_slab(scan, z, 1, out, &at, NULL);
	if (rc == 0 && at != out)
		memcpy(out, at, (size_t)info->nx * (size_t)info->ny * sizeof *out);
	return rc;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* One line per file written; the header when the CSV is new. */
static int append_truth(const char *csv, const char *name, int plane)
{
	struct stat st;
	FILE *f = fopen(csv, "a");
	if (!f)
		return -1;
	if (fstat(fileno(f), &st) == 0 && st.st_size == 0)
		fprintf(f, "Image Name,Growth Plate Index\n");
	fprintf(f, "%s,%d\n", name, plane);
	return fclose(f);
}

static int write_scan(const struct options *o, struct scan *scan, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	int rc = 0;

	if (o->nifti)
		rc = write_nifti(o->nifti, info->nx, info->ny, info->nz, 10, slice_of, scan, err);
	if (rc == 0 && o->dicom) {
		struct write_dicom_options dicom = { .series = base_name(o->dicom) };
		rc = write_dicom(o->dicom, info->nx, info->ny, info->nz, 10, &dicom, slice_of, scan, err);
	}
	return rc;
}

/* A holder's bones are called NAME_1, NAME_2 ... as gppi calls them. */
static int make_holder(const struct options *o, struct gppi_error *err)
{
	int truth[PHANTOM_HOLDER_MAX], size = o->size ? o->size : 2048;
	struct scan *scan;
	char name[256];

	if (o->holder > PHANTOM_HOLDER_MAX || o->bone > o->holder || size < 100)
		return err_set(err, GPPI_E_USAGE, "phantom: a holder has up to %d bones", PHANTOM_HOLDER_MAX);
	int rc = phantom_holder(o->seed, o->condition, o->holder, size, o->bone, &scan, truth, err);
	if (rc < 0)
		return rc;
	rc = write_scan(o, scan, err);
	scan_close(scan);
	const char *base = base_name(o->nifti ? o->nifti : o->dicom);
	for (int k = 0; k < (o->bone ? 1 : o->holder) && rc == 0; k++) {
		if (o->bone)
			snprintf(name, sizeof name, "%.200s", base);
		else
			snprintf(name, sizeof name, "%.*s_%d", (int)(strcspn(base, ".") & 0xff), base, k + 1);
		printf("%s: plane %d\n", name, truth[k]);
		if (o->truth && append_truth(o->truth, name, truth[k]) < 0)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be written", o->truth);
	}
	return rc;
}

static void draw(const struct options *o, struct phantom_params *p)
{
	if (o->kind == PHANTOM_FEMUR)
		phantom_params_draw(p, o->seed, o->condition);
	else
		phantom_params_draw_kind(p, o->seed, o->kind);
	if (o->coarse)
		phantom_params_coarse(p);
	if (o->bridges)
		phantom_params_bridges(p, o->bridges);
}

static int write_labels(const struct options *o, const struct phantom_params *p, struct gppi_error *err)
{
	struct scan *scan;
	int rc = phantom_labels(p, o->reverse, &scan, err);

	if (rc < 0)
		return rc;
	rc = write_nifti(o->labels, p->nx, p->ny, p->nz, 10, slice_of, scan, err);
	scan_close(scan);
	return rc;
}

static int make(const struct options *o, struct gppi_error *err)
{
	struct phantom_params p;
	struct scan *scan = NULL;
	float truth;
	int rc;

	draw(o, &p);
	if (o->size > 0) {
		p.centre[0] += 0.5f * (float)(o->size - p.nx);
		p.centre[1] += 0.5f * (float)(o->size - p.ny);
		p.nx = p.ny = o->size;
		p.nz = 642;
	}
	rc = phantom_scan(&p, 1, o->reverse, NULL, &scan, &truth, NULL, err);
	if (rc < 0)
		return rc;
	int plane = (int)lrintf(truth);
	if (o->reverse)
		plane = p.nz - 1 - plane;
	rc = write_scan(o, scan, err);
	scan_close(scan);
	if (rc == 0 && o->labels)
		rc = write_labels(o, &p, err);
	if (rc < 0)
		return rc;
	printf("%s-%llu: plane %d\n", phantom_kind_name(o->kind), (unsigned long long)o->seed, plane);
	if (o->truth && o->kind == PHANTOM_FEMUR) {
		if (o->nifti && append_truth(o->truth, base_name(o->nifti), plane) < 0)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be written", o->truth);
		if (o->dicom && append_truth(o->truth, base_name(o->dicom), plane) < 0)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be written", o->truth);
	}
	return rc;
}

static int picture(const struct options *o, struct gppi_error *err)
{
	struct phantom_params p;
	float truth;

	draw(o, &p);
	int rc = picture_write(o->out, &p, o->axis == 'y' ? 'y' : 'x', &truth, err);
	if (rc == 0 && o->truth && append_truth(o->truth, base_name(o->out), (int)lrintf(truth)) < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written", o->truth);
	return rc;
}

static int find(const char *name, const char *(*of)(int), int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(name, of(i)) == 0)
			return i;
	return -1;
}

static const char *condition_of(int i)
{
	return phantom_condition_name((enum phantom_condition)i);
}

static const char *kind_of(int i)
{
	return phantom_kind_name((enum phantom_kind)i);
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "seed", 1, 0, 's' }, { "count", 1, 0, 'n' }, { "size", 1, 0, 'S' }, { "holder", 1, 0, 'H' },
		{ "bone", 1, 0, 'B' },
		{ "condition", 1, 0, 'c' }, { "kind", 1, 0, 'k' }, { "reverse-z", 0, 0, 'r' },
		{ "nifti", 1, 0, 'N' }, { "dicom", 1, 0, 'D' }, { "truth", 1, 0, 'T' }, { "labels", 1, 0, 'L' },
		{ "spongiosa", 1, 0, 'g' }, { "bridges", 1, 0, 'b' },
		{ "out", 1, 0, 'o' }, { "no-jitter", 0, 0, 'J' }, { "axis", 1, 0, 'a' }, { "threads", 1, 0, 't' },
		{ 0, 0, 0, 0 },
	};
	int c, v;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 's': o->seed = strtoull(optarg, NULL, 10); break;
		case 'n': o->count = atoi(optarg); break;
		case 'S': o->size = atoi(optarg); break;
		case 'H': o->holder = atoi(optarg); break;
		case 'B': o->bone = atoi(optarg); break;
		case 'r': o->reverse = 1; break;
		case 'N': o->nifti = optarg; break;
		case 'D': o->dicom = optarg; break;
		case 'T': o->truth = optarg; break;
		case 'L': o->labels = optarg; break;
		case 'g':
			o->coarse = strcmp(optarg, "coarse") == 0;
			if (!o->coarse)
				return -1;
			break;
		case 'b': o->bridges = atoi(optarg); break;
		case 'o': o->out = optarg; break;
		case 'J': o->jitter = 0; break;
		case 'a': o->axis = *optarg; break;
		case 't': o->threads = atoi(optarg); break;
		case 'c':
			v = find(optarg, condition_of, PHANTOM_CONDITIONS);
			if (v < 0)
				return -1;
			o->condition = (enum phantom_condition)v;
			break;
		case 'k':
			v = find(optarg, kind_of, PHANTOM_PLANT + 1);
			if (v < 0)
				return -1;
			o->kind = (enum phantom_kind)v;
			break;
		default: return -1;
		}
	return optind == argc && o->count > 0 && o->size >= 0 && o->size < 4096 && o->holder >= 0 &&
	       o->bone >= 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct options o = { .count = 1, .jitter = 1, .axis = 'x', .threads = parallel_cpus() };
	struct gppi_error err = { 0 };
	int rc = GPPI_E_USAGE;

	if (argc < 2 || parse(argc - 1, argv + 1, &o) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (strcmp(argv[1], "make") == 0 && (o.nifti || o.dicom))
		rc = o.holder ? make_holder(&o, &err) : make(&o, &err);
	else if (strcmp(argv[1], "dataset") == 0 && o.out)
		rc = dataset_write(o.out, o.seed, o.count, o.condition, o.kind, o.jitter, o.threads, &err);
	else if (strcmp(argv[1], "picture") == 0 && o.out)
		rc = picture(&o, &err);
	else if (strcmp(argv[1], "profile") == 0)
		rc = dataset_profile(o.seed, o.count, o.condition, o.threads, &err);
	else
		err_set(&err, rc, "phantom: say make, dataset, picture or profile with its options");
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	return rc < 0 ? 1 : 0;
}
