/* Inputs: a file or folder, the scans in it and the bones in these. */
#define _POSIX_C_SOURCE 200809L
#include "api/input.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/fail.h"
#include "base/printable.h"
#include "base/size.h"
#include "base/stop.h"
#include "plane/plane.h"
#include "scan/axis.h"
#include "slices/holder_slices.h"
#include "find/holder.h"

struct bone {
	int scan;                   /* in the set */
	bool looked;                /* for several bones */
	int number, of;             /* 1..of; 0 where the scan is one bone */
	char name[128];
	struct crop box;
	struct slices_cache slices; /* until handed over; frame only from gathering on */
	struct input_kept kept;
	double seconds;
	struct scan_info *info;     /* owns the strings given out */
};

struct gppi_input {
	struct scan_set *set;
	struct bone *bone;
	int n;
	/* The scan looked at last stays open: its bones are views of it. */
	struct scan *open;
	int open_scan;
	double open_um;
	struct overview coarse;       /* of the open scan, until its bones are gathered */
	struct stop *stop;          /* for all that is read, by threads of open scans too */
	struct stop_question ask;   /* where a function is given none */
	enum gppi_axis axis;        /* slices are taken along */
	int threads;                /* to turn scans with; as in the options */
	char path[1024];            /* as given, for sentences */
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct stop_before input_begin(struct gppi_input *input, const struct gppi_options *opt)
{
	struct stop_question ask = input->ask;

	if (opt && opt->progress)
		ask = (struct stop_question){ opt->progress, opt->progress_user };
	return stop_begin(input->stop, ask);
}

int input_end(struct gppi_input *input, struct stop_before before, int rc, struct err *err)
{
	stop_end(input->stop, before);
	if (rc == GPPI_E_CANCELLED && err && !strstr(err->text, input->path)) {
		struct err inner = *err;
		err_set(err, rc, "%s: %.300s", input->path, inner.text);
	}
	return rc;
}

int gppi_input_open(const char *path, struct gppi_input **out, struct gppi_error *error)
{
	return gppi_input_open_with(path, NULL, out, error);
}

/* Opens `path`, or what comes through `fd` where path is NULL. */
static int open_set(const char *path, int fd, const struct gppi_options *opt, struct gppi_input **out,
		    struct gppi_error *error)
{
	const char *label = path ? path : SCAN_STREAM;
	struct err err = { 0 };
	struct gppi_input *in = calloc(1, sizeof *in);
	int rc;

	*out = NULL;
	if (!in || !(in->stop = stop_new())) {
		rc = err_set(&err, GPPI_E_NOMEM, "%s: out of memory", label);
		goto error;
	}
	snprintf(in->path, sizeof in->path, "%s", label);
	if (opt && (opt->axis < GPPI_AXIS_Z || opt->axis > GPPI_AXIS_Y)) {
		rc = err_set(&err, GPPI_E_USAGE, "%s: axis %d does not exist", label, (int)opt->axis);
		goto error;
	}
	if (opt) {
		in->ask = (struct stop_question){ opt->progress, opt->progress_user };
		in->axis = opt->axis;
		in->threads = opt->threads;
	}
	struct stop_before before = input_begin(in, NULL);
	rc = path ? scan_set_open(path, &in->set, &err) : scan_set_read(fd, &in->set, &err);
	rc = input_end(in, before, rc, &err);
	if (rc < 0)
		goto error;
	in->n = scan_set_count(in->set);
	in->bone = calloc((size_t)in->n, sizeof *in->bone);
	if (!in->bone) {
		rc = err_set(&err, GPPI_E_NOMEM, "%s: out of memory for %d scans", label, in->n);
		in->n = 0;
		goto error;
	}
	for (int i = 0; i < in->n; i++) {
		in->bone[i].scan = i;
		snprintf(in->bone[i].name, sizeof in->bone[i].name, "%s", scan_set_name(in->set, i));
	}
	*out = in;
	return GPPI_OK;
error:
	gppi_input_free(in);
	return api_fail(rc, &err, error);
}

int gppi_input_open_with(const char *path, const struct gppi_options *opt, struct gppi_input **out,
			 struct gppi_error *error)
{
	return open_set(path, -1, opt, out, error);
}

int gppi_input_read(int fd, const char *name, const struct gppi_options *opt, struct gppi_input **out,
		    struct gppi_error *error)
{
	int rc = open_set(NULL, fd, opt, out, error);

	for (int i = 0; name && rc == GPPI_OK && i < (*out)->n; i++) {
		char whole[128];
		snprintf(whole, sizeof whole, (*out)->n > 1 ? "%.80s_%.40s" : "%s", name, (*out)->bone[i].name);
		rc = gppi_input_rename(*out, i, whole, error);
	}
	return rc;
}

int gppi_input_count(const struct gppi_input *input)
{
	return input->n;
}

/* Lets go of the open scan. */
static void close_open(struct gppi_input *input)
{
	overview_free(&input->coarse);
	scan_close(input->open);
	input->open = NULL;
}

void gppi_input_free(struct gppi_input *input)
{
	if (!input)
		return;
	for (int i = 0; i < input->n; i++) {
		slices_cache_free(&input->bone[i].slices);
		sections_free(&input->bone[i].kept.sections);
		free(input->bone[i].info);
	}
	free(input->bone);
	close_open(input);
	scan_set_free(input->set);
	stop_free(input->stop);
	free(input);
}

static int check_index(const struct gppi_input *input, int index, struct err *err)
{
	if (index >= 0 && index < input->n)
		return 0;
	return err_set(err, GPPI_E_USAGE, "scan %d does not exist; there are %d", index, input->n);
}

int gppi_input_item(const struct gppi_input *input, int index, struct gppi_item *out, struct gppi_error *error)
{
	struct err err = { 0 };
	int rc = check_index(input, index, &err);

	*out = (struct gppi_item){ "", "", "" };
	if (rc < 0)
		return api_fail(rc, &err, error);
	const struct bone *b = &input->bone[index];
	*out = (struct gppi_item){ b->name, scan_set_path(input->set, b->scan), scan_set_patient(input->set, b->scan) };
	return GPPI_OK;
}

int gppi_input_rename(struct gppi_input *input, int index, const char *name, struct gppi_error *error)
{
	struct err err = { 0 };
	int rc = check_index(input, index, &err);

	if (rc < 0)
		return api_fail(rc, &err, error);
	printable_copy(name, input->bone[index].name, sizeof input->bone[index].name);
	scan_safe_name(input->bone[index].name);
	return GPPI_OK;
}

int input_check_axis(const struct gppi_input *input, const struct gppi_options *opt, struct err *err)
{
	if (opt->axis == input->axis)
		return 0;
	return err_set(err, GPPI_E_USAGE, "%s: the axis of slices is chosen when the input is opened", input->path);
}

/* scan_open(), seen along the axis of the input. */
static int open_along(const struct gppi_input *input, int index, double voxel_um, struct scan **out, struct err *err)
{
	static const enum scan_axis axes[] = { SCAN_AXIS_Z, SCAN_AXIS_X, SCAN_AXIS_Y };
	struct scan *scan;
	int rc = scan_open(input->set, index, voxel_um, &scan, err);

	if (rc == 0 && (rc = axis_turn(&scan, axes[input->axis], plane_workers(input->threads), err)) < 0)
		scan_close(scan);
	*out = rc == 0 ? scan : NULL;
	return rc;
}

/* Makes `scan` the open one. */
static int open_scan(struct gppi_input *input, int scan, double voxel_um, struct err *err)
{
	if (input->open && input->open_scan == scan && fabs(input->open_um - voxel_um) < 1e-9)
		return 0;
	close_open(input);
	input->open_scan = scan;
	input->open_um = voxel_um;
	return open_along(input, scan, voxel_um, &input->open, err);
}

int input_scan(struct gppi_input *input, int index, double voxel_um, struct scan **out, struct err *err)
{
	*out = NULL;
	int rc = check_index(input, index, err);
	if (rc < 0)
		return rc;
	const struct bone *b = &input->bone[index];
	rc = open_scan(input, b->scan, voxel_um, err);
	if (rc < 0)
		return rc;
	struct crop all = crop_all(scan_info(input->open));
	return crop_open(input->open, b->number ? &b->box : &all, b->name, out, err);
}

int input_whole(struct gppi_input *input, int index, struct scan **out, struct err *err)
{
	*out = NULL;
	int rc = check_index(input, index, err);
	if (rc >= 0)
		rc = open_scan(input, input->bone[index].scan, input->open_um, err);
	if (rc >= 0)
		*out = input->open;
	return rc;
}

double input_voxel_um(const struct gppi_input *input)
{
	return input->open_um;
}

struct input_part input_part(struct gppi_input *input, int index)
{
	struct bone *b = &input->bone[index];
	struct input_part part = { b->scan, b->number, b->of, b->box, b->seconds };

	b->seconds = 0;
	return part;
}

/* ---- splitting ---- */

/* NAME_1, NAME_2 ...; where the input has another of that name, NAME_bone_1 ... */
static void name_bones(struct gppi_input *input, int index, const char base[128])
{
	const char *link = "_";
	struct bone *b = input->bone + index;

	for (int i = 0; i < b[0].of; i++) {
		snprintf(b[i].name, sizeof b[i].name, "%.100s%s%d", base, link, i + 1);
		if (scan_set_has(input->set, b[i].name) && strcmp(link, "_") == 0) {
			link = "_bone_";
			i = -1;
		}
	}
}

/* Puts the bones of a holder in the place of the scan. */
static int put_bones(struct gppi_input *input, int index, const struct holder *h, struct err *err)
{
	size_t more = (size_t)h->n - 1, behind = (size_t)(input->n - index - 1);
	struct bone *grown = realloc(input->bone, ((size_t)input->n + more) * sizeof *grown);
	char base[128];

	if (!grown)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d bones", scan_info(input->open)->path,
			       h->n);
	input->bone = grown;
	memcpy(base, grown[index].name, sizeof base);
	memmove(grown + index + h->n, grown + index + 1, behind * sizeof *grown);
	input->n += (int)more;
	for (int i = h->n - 1; i >= 0; i--)
		grown[index + i] = (struct bone){ .scan = grown[index].scan, .looked = true, .number = i + 1,
						  .of = h->n, .box = h->box[i] };
	name_bones(input, index, base);
	return 0;
}

static int look(struct gppi_input *input, int index, const struct gppi_options *opt, struct err *err)
{
	struct holder h = { .n = 1 };
	int rc = open_scan(input, input->bone[index].scan, opt->voxel_um, err);

	if (rc < 0)
		return rc;
	if (holder_possible(scan_info(input->open))) {
		overview_free(&input->coarse);
		rc = overview_read_field(input->open, plane_workers(opt->threads), &input->coarse, err);
		if (rc >= 0)
			rc = holder_find(scan_info(input->open), &input->coarse, opt->margin_um, &h, err);
		if (stop_asked(err) < 0) /* what was counted may be incomplete */
			rc = GPPI_E_CANCELLED;
		if (rc < 0 || h.n < 2)
			overview_free(&input->coarse);
	}
	if (rc >= 0 && h.n > 1)
		rc = put_bones(input, index, &h, err);
	if (rc < 0)
		close_open(input);
	else
		input->bone[index].looked = true;
	return rc < 0 ? rc : h.n;
}

int gppi_input_split(struct gppi_input *input, int index, const struct gppi_options *opt,
		     struct gppi_error *error)
{
	struct gppi_options standard;
	struct err err = { 0 };
	double start = now();

	int rc = opt ? input_check_axis(input, opt, &err) : 0;
	if (!opt) {
		gppi_options_default(&standard);
		opt = &standard;
	}
	if (rc >= 0)
		rc = check_index(input, index, &err);
	if (rc >= 0 && (opt->bones == 1 || input->bone[index].looked))
		return input->bone[index].number ? input->bone[index].of : 1;
	if (rc >= 0) {
		struct stop_before before = input_begin(input, opt);
		rc = input_end(input, before, look(input, index, opt, &err), &err);
	}
	if (rc < 0)
		return api_fail(rc, &err, error);
	input->bone[index].seconds = now() - start;
	return rc;
}

/* ---- slices ---- */

/* Frames and slices of all bones of the open holder, of which `first` is the first. A bone without a usable
 * frame stays without: asked alone, it tells why. */
static int gather(struct gppi_input *input, int first, int threads, bool pictures, struct err *err)
{
	struct bone *b = input->bone + first;
	struct holder_slices_bone list[HOLDER_MAX];
	int at[HOLDER_MAX], n = 0, rc = 0;

	for (int i = 0; i < b[0].of && rc >= 0; i++) {
		struct scan *view;
		rc = crop_open(input->open, &b[i].box, NULL, &view, err);
		if (rc < 0)
			break;
		list[n] = (struct holder_slices_bone){ .box = b[i].box,
						.sections = pictures && !scan_rows_apart(input->open) ? &b[i].kept.sections : NULL };
		if (holder_locate(scan_info(view), &input->coarse, &b[i].box, &list[n].frame, NULL) >= 0)
			at[n++] = i;
		scan_close(view);
	}
	overview_free(&input->coarse);
	if (rc >= 0 && n)
		rc = holder_slices_make(input->open, list, n, threads, err);
	for (int i = 0; i < n && rc >= 0; i++)
		b[at[i]].slices = list[i].cache;
	return rc;
}

struct input_kept *input_kept(struct gppi_input *input, int index)
{
	return &input->bone[index].kept;
}

int input_sections(struct scan *scan, const struct input_kept *kept, bool shaft_first, struct frame *frame,
		   const struct sections **sections, struct sections *own, struct err *err)
{
	int rc = 0;

	*own = (struct sections){ .whole = false };
	*sections = NULL;
	if (kept && kept->known)
		*frame = kept->frame;
	else
		rc = frame_locate(scan, plane_workers(0), frame, err);
	if (rc < 0)
		return rc;
	if (!(frame->flags & FRAME_FLIPPED_Z) != !shaft_first)
		*frame = frame_turned(frame);
	if (kept && sections_fit(&kept->sections, frame)) {
		*sections = &kept->sections;
		return 0;
	}
	rc = sections_read(scan, frame, own, err);
	*sections = own;
	return rc;
}

int input_slices(struct gppi_input *input, int index, int threads, bool pictures, struct slices_cache *out, struct err *err)
{
	struct bone *b = &input->bone[index];

	*out = (struct slices_cache){ 0 };
	if (b->number && input->open && input->open_scan == b->scan && input->coarse.value) {
		int rc = gather(input, index - (b->number - 1), threads, pictures, err);
		if (rc < 0)
			return rc;
	}
	if (!b->slices.u7)
		return 0;
	*out = b->slices;
	b->slices = (struct slices_cache){ 0 };
	return 1;
}

/* ---- what was read ---- */

/* Smallest and largest raw value, slice by slice. */
static int raw_range(struct scan *scan, int16_t *low, int16_t *high, struct err *err)
{
	const struct scan_info *info = scan_info(scan);
	size_t n = 0, bytes = 0;
	int16_t *scratch = NULL;
	int rc = 0;

	if (size_mul((size_t)info->nx, (size_t)info->ny, &n) && size_mul(n, sizeof *scratch, &bytes))
		scratch = malloc(bytes);
	if (!scratch)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a slice of %d x %d",
			       info->path, info->nx, info->ny);
	*low = INT16_MAX;
	*high = INT16_MIN;
	for (int z = 0; z < info->nz && rc >= 0; z++) {
		const int16_t *v;
		rc = scan_slab(scan, z, 1, scratch, &v, err);
		for (size_t i = 0; rc >= 0 && i < n; i++) {
			*low = v[i] < *low ? v[i] : *low;
			*high = v[i] > *high ? v[i] : *high;
		}
	}
	free(scratch);
	return rc;
}

int gppi_input_info(struct gppi_input *input, int index, double voxel_um,
		    struct gppi_scan_info *out, struct gppi_error *error)
{
	struct err err = { 0 };
	struct scan *scan = NULL;
	int16_t low = 0, high = 0;
	struct stop_before before = input_begin(input, NULL);
	int rc = input_scan(input, index, voxel_um, &scan, &err);

	if (rc < 0)
		goto done;
	rc = raw_range(scan, &low, &high, &err);
	if (rc >= 0)
		rc = scan_settle(scan, &err);
	if (rc < 0)
		goto done;

	struct scan_info *i = input->bone[index].info;
	if (!i)
		i = input->bone[index].info = malloc(sizeof *i);
	if (!i) {
		rc = err_set(&err, GPPI_E_NOMEM, "%s: out of memory", scan_info(scan)->path);
		goto done;
	}
	*i = *scan_info(scan);
	double a = low * i->slope + i->intercept, b = high * i->slope + i->intercept;
	*out = (struct gppi_scan_info){
		.name = i->name, .path = i->path, .format = i->format, .voxel_type = i->voxel_type,
		.encoding = i->encoding, .detail = i->detail,
		.dims = { i->nx, i->ny, i->nz },
		.spacing_um = { i->spacing_um[0], i->spacing_um[1], i->spacing_um[2] },
		.spacing_known = (enum gppi_spacing)i->spacing_known,
		.slope = i->slope, .intercept = i->intercept,
		.is_hu = i->unit == SCAN_UNIT_HU,
		.value_min = fmin(a, b), .value_max = fmax(a, b),
		.file_bytes = i->file_bytes,
		.identity = &i->identity,
	};
done:
	scan_close(scan);
	return api_fail(input_end(input, before, rc, &err), &err, error);
}
