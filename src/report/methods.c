/* The methods paragraph: what was done to this bone, in the words of the checklist of Bouxsein et al. 2010. */
#include "report/measures.h"

#include <math.h>

/* What the scan itself has to say is not known to the program: places to be filled in. */
static void scan(FILE *out, const struct report_measures *r)
{
	fprintf(out,
		"Bones were scanned by [scanner] in [medium] at [kV], [uA], [integration time, frames averaged, "
		"filter], and "
		"reconstructed with voxels of %g x %g x %g um (%s). ",
		r->grid->mm[0] * 1000, r->grid->mm[1] * 1000, r->grid->mm[2] * 1000, r->spacing_known);
}

static void volume(FILE *out, const struct report_measures *r)
{
	const struct gppi_result *p = r->result;
	const struct bone_measures *b = r->bone;
	char voi[96];

	fprintf(out, "The growth plate plane (slice %d) was %s. The volume of interest (", p->gppi,
		isfinite(p->confidence) ? "found by convolutional networks" : "given");
	if (b->secondary)
		fputs("from where bone fraction and texture of the marrow cavity have come down to those of the "
		      "secondary spongiosa, towards the shaft", out);
	else
		fprintf(out, "%s from the plane", gppi_voi_text(&p->voi, voi, sizeof voi));
	fprintf(out, ") comprised slices %d to %d (%d slices). ", p->voi_first, p->voi_last,
		p->voi_last - p->voi_first + 1);
	if (b->shaft)
		fprintf(out, "It was turned to lie across the axis of the shaft, which is tilted by %.1f degrees "
			"against the slices: %d layers of voxels across the axis, of the same length and at the same "
			"distance along the axis; the image was not resampled. Sections are these layers. ",
			p->tilt_deg, b->turned.last - b->turned.first + 1);
	else
		fprintf(out, "It lies along the slices, against which the shaft is tilted by %.1f degrees. ",
			p->tilt_deg);
}

static void thresholds(FILE *out, const struct report_measures *r)
{
	const struct segment *s = &r->bone->segment;
	const char *unit = r->bone->unit;

	if (s->sigma > 0)
		fprintf(out, "Voxels were smoothed (Gauss, sigma %g voxels, support %d). ", s->sigma,
			(int)ceil(2 * s->sigma));
	if (r->bone->how.rule == SEGMENT_DUAL)
		fprintf(out, "Bone was segmented with two thresholds, %.0f %s within the endosteum and %.0f %s in the "
			"cortex (%.0f and %.0f %% of the way from marrow, %.0f, to compact bone, %.0f). ",
			report_threshold(r, s->trabecular),
			unit, report_threshold(r, s->cortical), unit, 100 * r->bone->how.share[0],
			100 * r->bone->how.share[1],
			report_threshold(r, s->marrow), report_threshold(r, s->compact));
	else if (r->bone->how.rule == SEGMENT_LOCAL)
		fprintf(out, "Bone within the endosteum was segmented with local thresholds (after Bernsen 1986): %.0f "
			"%% of the way from the least to the greatest value in a cube of %d voxels around each voxel, "
			"these not beyond the levels of marrow (%.0f %s) and compact bone (%.0f), and at least %.0f %% "
			"of the way between these levels (mean threshold %.0f); bone of the cortex with a threshold of "
			"%.0f. ",
			100 * r->bone->how.share[0], s->window, report_threshold(r, s->marrow), unit,
			report_threshold(r, s->compact), 100 * SEGMENT_LOCAL_LEAST, report_threshold(r, s->trabecular),
			report_threshold(r, s->cortical));
	else
		fprintf(out, "Bone was segmented with a threshold of %.0f %s (%s). ", report_threshold(r, s->cortical),
			unit, r->bone->how.rule == SEGMENT_OTSU ? "Otsu 1979, within the periosteum" : "fixed");
	fputs("Bone not connected to the largest piece was left out. ", out);
}

static void segmentation(FILE *out, const struct report_measures *r)
{
	if (report_has_thresholds(r))
		thresholds(out, r);
	else
		fputs("Bone was that of a mask that was given. ", out);
	fputs("The periosteal surface was the filled outline of bone closed with balls of 4 voxels. ", out);
	if (r->bone->given_tv)
		fputs("The endosteal surface was that of a mask that was given. ", out);
	else
		fprintf(out,
			"Cortex and spongiosa were parted automatically: the endosteal surface was made by closing the "
			"marrow with "
			"balls of %d voxels. ",
			r->bone->segment.closing);
	if (!r->measures->why[MEASURE_TB_BMD])
		fputs("Tb.BMD is the mean density of all voxels of TV and TMD that of bone in TV, by the scan's "
		      "calibration to mg HA/cm3, before smoothing and with no voxel peeled off. ", out);
}

void report_methods(FILE *out, const struct report_measures *r)
{
	scan(out, r);
	fprintf(out, "Morphometry was done with gppi %s. ", GPPI_VERSION);
	if (r->bone) {
		volume(out, r);
		segmentation(out, r);
	} else {
		fputs("The segmentation was given. ", out);
	}
	fputs("Tb.Th, Tb.Sp and Ct.Th are means of local thickness (diameter of the largest inscribed ball, 2r; "
	      "Hildebrand and Ruegsegger 1997) over the voxels of the volume of interest, computed on bone beyond it; "
	      "Tb.N is (BV/TV)/Tb.Th. ", out);
	if (r->measures->also & ALSO_TB_N_MID)
		fputs("Tb.N of the mid-axes is the inverse of the mean local thickness of what lies between the voxels "
		      "of bone whose largest ball is in no neighbour's (but for 0.9 voxels). ", out);
	if (r->measures->also & ALSO_SMI)
		fputs("SMI is 6 BV S'/S^2 of the triangulated surface (Hildebrand and Ruegsegger 1997b); concave "
		      "surface counts negative, so that it follows BV/TV and does not tell rods from plates (Salmon et "
		      "al. 2015). ", out);
	fputs("BS was estimated by Crofton's formula with 13 directions, without cut faces. Conn.D is minus the Euler "
	      "characteristic (26-connected bone, edges shared; Odgaard and Gundersen 1993) per TV. DA is the ratio of "
	      "the longest to the shortest axis of the mean intercept length ellipsoid (Harrigan and Mann 1984; 13 "
	      "directions). Ct.Ar, Tt.Ar, Ma.Ar and the moments of area are means of the slices. Names and units "
	      "follow Bouxsein et al. 2010. [How the bones shown in figures were chosen.]\n"
	      "References: Bernsen J. Proc 8th Int Conf Pattern Recognition 1986:1251. Bouxsein ML et al. J Bone Miner "
	      "Res 2010;25:1468. Harrigan TP, Mann RW. J Mater Sci 1984;19:761. Hildebrand T, Ruegsegger P. J Microsc "
	      "1997;185:67; Comput Methods Biomech Biomed Engin 1997;1:15 (b). Odgaard A, Gundersen HJG. Bone "
	      "1993;14:173. Otsu N. IEEE Trans Syst Man Cybern 1979;9:62. Salmon PL et al. Front Endocrinol "
	      "2015;6:162.\n", out);
}
