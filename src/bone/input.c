#include "bone/input.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "plane/plane.h"
#include "scan/axis.h"

struct stop_before input_begin(struct gppi_input *input, const struct gppi_options *opt)
{
	struct stop_question ask = input->ask;

	if (opt && opt->progress)
		ask = (struct stop_question){ opt->progress, opt->progress_user };
	return stop_begin(input->stop, ask);
}

int input_end(struct gppi_input *input, struct stop_before before, int rc, struct gppi_error *err)
{
	stop_end(input->stop, before);
	if (rc == GPPI_E_CANCELLED && err && !strstr(err->text, input->path)) {
		struct gppi_error inner = *err;
		err_set(err, rc, "%s: %.300s", input->path, inner.text);
	}
	return rc;
}

static int list_scans(struct gppi_input *in, struct gppi_error *err)
{
	int n = scan_set_count(in->set);

	in->bone = calloc((size_t)n, sizeof(struct input_bone *));
	for (int i = 0; in->bone && i < n; i++) {
		struct input_bone *b = in->bone[i] = calloc(1, sizeof *b);
		if (!b)
			break;
		in->n++;
		b->scan = i;
		b->bone.threads = in->threads;
		snprintf(b->bone.name, sizeof b->bone.name, "%s", scan_set_name(in->set, i));
	}
	return in->n == n ? 0 : err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d scans", in->path, n);
}

int input_open(const char *path, int fd, const struct gppi_options *opt, struct gppi_input **out,
	       struct gppi_error *err)
{
	const char *label = path ? path : SCAN_STREAM;
	struct gppi_input *in = calloc(1, sizeof *in);
	int rc;

	*out = NULL;
	if (!in || !(in->stop = stop_new())) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", label);
		goto error;
	}
	snprintf(in->path, sizeof in->path, "%s", label);
	if (opt && (opt->axis < GPPI_AXIS_Z || opt->axis > GPPI_AXIS_Y)) {
		rc = err_set(err, GPPI_E_USAGE, "%s: axis %d does not exist", label, (int)opt->axis);
		goto error;
	}
	if (opt) {
		in->ask = (struct stop_question){ opt->progress, opt->progress_user };
		in->axis = opt->axis;
		in->threads = opt->threads;
	}
	struct stop_before before = input_begin(in, NULL);
	rc = path ? scan_set_open(path, &in->set, err) : scan_set_read(fd, &in->set, err);
	rc = input_end(in, before, rc, err);
	if (rc >= 0)
		rc = list_scans(in, err);
	if (rc < 0)
		goto error;
	*out = in;
	return 0;
error:
	input_free(in);
	return rc;
}

/* Lets go of the open scan. */
static void close_open(struct gppi_input *input)
{
	overview_free(&input->overview);
	for (int i = 0; i < input->n; i++)
		if (input->bone[i]->bone.scan)
			bone_close(&input->bone[i]->bone);
	scan_close(input->open);
	input->open = NULL;
}

void input_free(struct gppi_input *input)
{
	if (!input)
		return;
	close_open(input);
	for (int i = 0; i < input->n; i++) {
		bone_free(&input->bone[i]->bone);
		free(input->bone[i]->info);
		free(input->bone[i]);
	}
	free(input->bone);
	while (input->split) {
		struct input_bone *scan = input->split;
		input->split = scan->next;
		free(scan->info);
		free(scan);
	}
	scan_set_free(input->set);
	stop_free(input->stop);
	free(input);
}

int input_check(const struct gppi_input *input, int index, struct gppi_error *err)
{
	if (index >= 0 && index < input->n)
		return 0;
	return err_set(err, GPPI_E_USAGE, "scan %d does not exist; there are %d", index, input->n);
}

int input_check_axis(const struct gppi_input *input, const struct gppi_options *opt, struct gppi_error *err)
{
	if (opt->axis == input->axis)
		return 0;
	return err_set(err, GPPI_E_USAGE, "%s: the axis of slices is chosen when the input is opened", input->path);
}

/* scan_open(), seen along the axis of the input. */
static int open_along(const struct gppi_input *input, int index, double voxel_um, struct scan **out,
		      struct gppi_error *err)
{
	static const enum scan_axis axes[] = { SCAN_AXIS_Z, SCAN_AXIS_X, SCAN_AXIS_Y };
	struct scan *scan;
	int rc = scan_open(input->set, index, voxel_um, &scan, err);

	if (rc == 0 && (rc = axis_turn(&scan, axes[input->axis], plane_workers(input->threads), err)) < 0)
		scan_close(scan);
	*out = rc == 0 ? scan : NULL;
	return rc;
}

int input_open_scan(struct gppi_input *input, int scan, double voxel_um, struct gppi_error *err)
{
	if (input->open && input->open_scan == scan && fabs(input->open_um - voxel_um) < 1e-9)
		return 0;
	close_open(input);
	input->open_scan = scan;
	input->open_um = voxel_um;
	return open_along(input, scan, voxel_um, &input->open, err);
}

int input_bone(struct gppi_input *input, int index, double voxel_um, struct bone **out, struct gppi_error *err)
{
	*out = NULL;
	int rc = input_check(input, index, err);
	if (rc < 0)
		return rc;
	struct bone *b = &input->bone[index]->bone;
	rc = input_open_scan(input, input->bone[index]->scan, voxel_um, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < input->n; i++)
		if (i != index)
			bone_rest(&input->bone[i]->bone);
	if (fabs(b->voxel_um - voxel_um) > 1e-9)
		bone_free(b);
	b->voxel_um = voxel_um;
	if (!b->scan)
		rc = bone_open(b, input->open, b->number ? &b->box : NULL, err);
	*out = rc == 0 ? b : NULL;
	return rc;
}

int input_bone_of(struct gppi_input *input, int index, const struct gppi_result *r, struct bone **out,
		  struct gppi_error *err)
{
	return input_bone(input, index, r->spacing_known == GPPI_SPACING_GIVEN ? r->spacing_um[2] : 0, out, err);
}

int input_whole(struct gppi_input *input, int index, struct scan **out, struct gppi_error *err)
{
	*out = NULL;
	int rc = input_check(input, index, err);
	if (rc >= 0)
		rc = input_open_scan(input, input->bone[index]->scan, input->open_um, err);
	if (rc >= 0)
		*out = input->open;
	return rc;
}
