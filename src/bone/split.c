/* Holders: the bones of one scan take its place in the input, and are located in one pass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bone/input.h"
#include "find/holder.h"
#include "slices/holder_slices.h"

/* NAME_1, NAME_2 ...; where the input has another of that name, NAME_bone_1 ... */
static void name_bones(struct gppi_input *input, int index, const char base[128])
{
	const char *link = "_";
	struct input_bone **b = input->bone + index;

	for (int i = 0; i < b[0]->bone.of; i++) {
		snprintf(b[i]->bone.name, sizeof b[i]->bone.name, "%.100s%s%d", base, link, i + 1);
		if (scan_set_has(input->set, b[i]->bone.name) && strcmp(link, "_") == 0) {
			link = "_bone_";
			i = -1;
		}
	}
}

static struct input_bone *holder_bone(const struct input_bone *scan, const struct holder *h, int i)
{
	struct input_bone *b = calloc(1, sizeof *b);

	if (b) {
		b->scan = scan->scan;
		b->looked = true;
		b->bone.threads = scan->bone.threads;
		b->bone.number = i + 1;
		b->bone.of = h->n;
		b->bone.box = h->box[i];
	}
	return b;
}

/* Puts the bones of a holder in the place of the scan. */
static int put_bones(struct gppi_input *input, int index, const struct holder *h, struct gppi_error *err)
{
	size_t more = (size_t)h->n - 1, behind = (size_t)(input->n - index - 1);
	struct input_bone **grown = realloc(input->bone, ((size_t)input->n + more) * sizeof(struct input_bone *));
	struct input_bone *bone[HOLDER_MAX] = { NULL };
	bool memory = grown != NULL;

	if (grown)
		input->bone = grown;
	for (int i = 0; i < h->n && memory; i++)
		memory = (bone[i] = holder_bone(grown[index], h, i)) != NULL;
	if (!memory) {
		for (int i = 0; i < h->n; i++)
			free(bone[i]);
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d bones", scan_info(input->open)->path, h->n);
	}
	struct input_bone *scan = grown[index];
	memmove(grown + index + h->n, grown + index + 1, behind * sizeof(struct input_bone *));
	memcpy(grown + index, bone, (size_t)h->n * sizeof(struct input_bone *));
	input->n += (int)more;
	name_bones(input, index, scan->bone.name);
	bone_free(&scan->bone);
	scan->next = input->split;
	input->split = scan;
	return 0;
}

static int look(struct gppi_input *input, int index, const struct gppi_options *opt, struct gppi_error *err)
{
	struct holder h = { .n = 1 };
	int rc = input_open_scan(input, input->bone[index]->scan, opt->voxel_um, err);

	if (rc < 0)
		return rc;
	if (holder_possible(scan_info(input->open))) {
		overview_free(&input->overview);
		rc = overview_read_field(input->open, plane_workers(opt->threads), &input->overview, err);
		if (rc >= 0)
			rc = holder_find(scan_info(input->open), &input->overview, opt->margin_um, &h, err);
		if (stop_asked(err) < 0) /* what was counted may be incomplete */
			rc = GPPI_E_CANCELLED;
		if (rc < 0 || h.n < 2)
			overview_free(&input->overview);
	}
	if (rc >= 0 && h.n > 1)
		rc = put_bones(input, index, &h, err);
	if (rc >= 0)
		input->bone[index]->looked = true;
	return rc < 0 ? rc : h.n;
}

int input_split(struct gppi_input *input, int index, const struct gppi_options *opt, struct gppi_error *err)
{
	double start = clock_now();
	int rc = input_check_axis(input, opt, err);

	if (rc >= 0)
		rc = input_check(input, index, err);
	if (rc >= 0 && !(opt->margin_um >= 0 && isfinite(opt->margin_um)))
		rc = err_set(err, GPPI_E_USAGE, "a margin of %g um makes no sense", opt->margin_um);
	if (rc < 0)
		return rc;
	if (opt->bones == 1 || input->bone[index]->looked)
		return input->bone[index]->bone.number ? input->bone[index]->bone.of : 1;
	struct stop_before before = input_begin(input, opt);
	rc = input_end(input, before, look(input, index, opt, err), err);
	if (rc >= 0)
		input->bone[index]->bone.seconds_open = clock_now() - start;
	return rc;
}

/* Frames of the holder's bones from the overview; those that have none are left out of the list. */
static int locate_all(struct gppi_input *input, struct input_bone *const *b, int of, struct holder_slices_bone *list,
		      struct bone **at, struct gppi_error *err)
{
	int n = 0;

	for (int i = 0; i < of; i++) {
		struct bone *bone = &b[i]->bone;
		int rc = bone->scan ? 0 : bone_open(bone, input->open, &bone->box, err);
		if (rc < 0)
			return rc;
		bone->voxel_um = input->open_um;
		if (holder_locate(scan_info(bone->scan), &input->overview, &bone->box, &bone->found, NULL) < 0)
			continue;
		bone->frame = bone->found;
		bone->located = true;
		list[n] = (struct holder_slices_bone){ .box = bone->box, .frame = bone->found,
						       .slices = bone_slices_wanted(&bone->found) };
		at[n++] = bone;
	}
	return n;
}

int input_locate(struct gppi_input *input, int index, int threads, bool pictures, struct gppi_error *err)
{
	const struct bone *one = &input->bone[index]->bone;
	struct holder_slices_bone list[HOLDER_MAX];
	struct bone *at[HOLDER_MAX];

	if (!one->number || !input->open || input->open_scan != input->bone[index]->scan || !input->overview.value)
		return 0;
	int n = locate_all(input, input->bone + index - (one->number - 1), one->of, list, at, err);
	overview_free(&input->overview);
	for (int i = 0; i < n && pictures; i++)
		list[i].sections = at[i]->sections[0].whole ? NULL : &at[i]->sections[0];
	int rc = n > 0 ? holder_slices_make(input->open, list, n, threads, err) : n;
	for (int i = 0; i < n && rc >= 0; i++)
		at[i]->slices = list[i].slices;
	return rc;
}
