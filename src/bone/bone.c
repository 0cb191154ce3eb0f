#include "bone/bone.h"

#include <stdlib.h>

#include "bone/measure.h"
#include "slices/holder_slices.h"

int bone_open(struct bone *bone, struct scan *whole, const struct crop *box, struct gppi_error *err)
{
	struct crop all = crop_all(scan_info(whole));

	return crop_open(whole, box ? box : &all, bone->name[0] ? bone->name : NULL, &bone->scan, err);
}

void bone_rest(struct bone *bone)
{
	if (!bone->detected)
		return;
	slices_free(&bone->slices);
	plane_result_free(&bone->plane);
}

void bone_drawn_drop(struct bone *bone)
{
	if (bone->drawn)
		bone->drawn_free(bone->drawn);
	bone->drawn = NULL;
}

void bone_close(struct bone *bone)
{
	bone_rest(bone);
	bone_drawn_drop(bone);
	scan_close(bone->scan);
	bone->scan = NULL;
}

void bone_free(struct bone *bone)
{
	bone_close(bone);
	slices_free(&bone->slices);
	for (int i = 0; i < 2; i++)
		sections_free(&bone->sections[i]);
	plane_result_free(&bone->plane);
	bone_measures_drop(bone);
	bone->turned = bone->located = bone->detected = false;
}

struct slices bone_slices_wanted(const struct frame *frame)
{
	struct slices s = { .u7 = NULL };

	plane_slices_wanted(frame->nslices, frame->bone_first, frame->bone_last, &s.first, &s.n);
	return s;
}

int bone_make_slices(struct scan *scan, const struct frame *frame, int threads, struct slices *slices,
		     struct sections *sections, struct gppi_error *err)
{
	struct slices s = bone_slices_wanted(frame);
	int rc;

	if (sections) {
		struct holder_slices_bone one = {
			.box = crop_all(scan_info(scan)), .frame = *frame, .slices = s, .sections = sections
		};
		rc = holder_slices_make(scan, &one, 1, threads, err);
		*slices = one.slices;
		return rc;
	}
	rc = slices_open(&s, scan_info(scan)->path, err);
	if (rc == 0)
		rc = slices_extract_all(scan, frame, s.first, s.n, threads, s.u7, err);
	if (rc < 0)
		slices_free(&s);
	*slices = s;
	return rc;
}

void bone_turn(struct bone *bone, bool turned)
{
	if (bone->turned == turned)
		return;
	bone->turned = turned;
	bone->frame = turned ? frame_turned(&bone->found) : bone->found;
	slices_free(&bone->slices);
}

static int locate(struct bone *bone, int threads, struct gppi_error *err)
{
	if (bone->located)
		return 0;
	int rc = frame_locate(bone->scan, threads, &bone->found, err);
	bone->frame = bone->found;
	bone->located = rc == 0;
	return rc;
}

int bone_locate(struct bone *bone, bool turned, bool pictures, struct gppi_error *err)
{
	int threads = plane_workers(bone->threads), rc = locate(bone, threads, err);

	if (rc < 0)
		return rc;
	bone_turn(bone, turned);
	if (bone->slices.u7)
		return 0;
	struct sections *sections = &bone->sections[bone->turned];
	pictures = pictures && !sections->whole;
	return bone_make_slices(bone->scan, &bone->frame, threads, &bone->slices, pictures ? sections : NULL, err);
}

int bone_pictures(struct bone *bone, const struct gppi_result *r, struct gppi_error *err)
{
	int rc = locate(bone, plane_workers(bone->threads), err);

	if (rc < 0)
		return rc;
	bone_turn(bone, !(bone->found.flags & FRAME_FLIPPED_Z) != !r->shaft_first);
	struct sections *sections = &bone->sections[bone->turned];
	return sections->whole ? 0
			       : sections_read(bone->scan, &bone->frame, plane_workers(bone->threads), sections, err);
}

const struct sections *bone_sections(const struct bone *bone)
{
	return &bone->sections[bone->turned];
}
