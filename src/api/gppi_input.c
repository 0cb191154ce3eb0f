#include <stdio.h>
#include <string.h>

#include "api/fail.h"
#include "api/sized.h"
#include "base/printable.h"
#include "bone/input.h"

int gppi_input_open(const char *path, struct gppi_input **out, struct gppi_error *error)
{
	return gppi_input_open_with(path, NULL, out, error);
}

int gppi_input_open_with(const char *path, const struct gppi_options *opt, struct gppi_input **out,
			 struct gppi_error *error)
{
	struct gppi_options whole;
	int rc = api_options(opt, &whole, error);

	*out = NULL;
	if (rc == 0)
		rc = input_open(path, -1, opt ? &whole : NULL, out, error);
	return api_fail(rc, error);
}

int gppi_input_read(int fd, const char *name, const struct gppi_options *opt, struct gppi_input **out,
		    struct gppi_error *error)
{
	struct gppi_options whole;
	int rc = api_options(opt, &whole, error);

	*out = NULL;
	if (rc == 0)
		rc = input_open(NULL, fd, opt ? &whole : NULL, out, error);
	rc = api_fail(rc, error);
	for (int i = 0; name && *out && rc == GPPI_OK && i < (*out)->n; i++) {
		char full[128];
		snprintf(full, sizeof full, (*out)->n > 1 ? "%.80s_%.40s" : "%s", name, (*out)->bone[i]->bone.name);
		rc = gppi_input_rename(*out, i, full, error);
	}
	return rc;
}

int gppi_input_count(const struct gppi_input *input)
{
	return input->n;
}

void gppi_input_free(struct gppi_input *input)
{
	input_free(input);
}

int gppi_input_item_sized(const struct gppi_input *input, int index, struct gppi_item *out, size_t size,
			  struct gppi_error *error)
{
	struct gppi_item item = { "", "", "" };
	int rc = input_check(input, index, error);

	if (rc == 0) {
		const struct input_bone *b = input->bone[index];
		item = (struct gppi_item){ b->bone.name, scan_set_path(input->set, b->scan),
					   scan_set_patient(input->set, b->scan) };
	}
	sized_give(out, size, &item, sizeof item);
	return api_fail(rc, error);
}

int gppi_input_rename(struct gppi_input *input, int index, const char *name, struct gppi_error *error)
{
	int rc = input_check(input, index, error);

	if (rc < 0)
		return api_fail(rc, error);
	struct bone *bone = &input->bone[index]->bone;
	bone_close(bone); /* its view has the name, too */
	printable_copy(name, bone->name, sizeof bone->name);
	scan_safe_name(bone->name);
	return GPPI_OK;
}

int gppi_input_split(struct gppi_input *input, int index, const struct gppi_options *opt,
		     struct gppi_error *error)
{
	struct gppi_options whole;
	int rc = api_options(opt, &whole, error);

	if (!opt)
		whole.axis = input->axis;
	if (rc == 0)
		rc = input_split(input, index, &whole, error);
	return rc < 0 ? api_fail(rc, error) : rc;
}

int gppi_input_bone_sized(struct gppi_input *input, int index, struct gppi_bone *out, size_t size,
			  struct gppi_error *error)
{
	struct gppi_bone where = { .name = "" };
	struct bone *bone;
	struct stop_before before = input_begin(input, NULL);
	int rc = input_bone(input, index, input->open_um, &bone, error);

	if (rc == 0) {
		const struct scan_info *info = scan_info(bone->scan);
		where = (struct gppi_bone){ .bone = bone->number, .bones = bone->of,
					    .dims = { info->nx, info->ny, info->nz },
					    .spacing_known = (enum gppi_spacing)info->spacing_known };
		memcpy(where.spacing_um, info->spacing_um, sizeof where.spacing_um);
		memcpy(where.name, info->name, sizeof where.name);
		memcpy(where.input, info->path, sizeof where.input);
		if (bone->number) {
			where.offset[0] = bone->box.x0;
			where.offset[1] = bone->box.y0;
		}
		sized_give(out, size, &where, sizeof where);
	}
	return api_fail(input_end(input, before, rc, error), error);
}

int gppi_write_bones(struct gppi_input *input, int index, int n, const char *const *paths, int threads,
		     struct gppi_error *error)
{
	struct stop_before before = input_begin(input, NULL);
	int rc = input_cut_out(input, index, n, paths, threads, error);

	return api_fail(input_end(input, before, rc, error), error);
}

int gppi_input_info_sized(struct gppi_input *input, int index, double voxel_um, struct gppi_scan_info *out,
			  size_t size, struct gppi_error *error)
{
	struct gppi_scan_info info = { .name = "" };
	struct stop_before before = input_begin(input, NULL);
	int rc = input_info(input, index, voxel_um, &info, error);

	if (rc == 0)
		sized_give(out, size, &info, sizeof info);
	return api_fail(input_end(input, before, rc, error), error);
}
