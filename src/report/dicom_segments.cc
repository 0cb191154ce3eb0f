/* The tissues of the VOI and the growth plate as a DICOM Segmentation, binary, in the patient, study and space of the
 * scan. Written attribute by attribute: the library for it would be three more to carry along. */
#include "report/dicom_codes.h"
#include "report/dicom_parts.h"

#include <algorithm>
#include <cmath>
#include <vector>

extern "C" {
#include "base/number.h"
#include "report/label_map.h"
}

namespace {

const dicom_kind kind = { "segments", "SEG", 4, "GPPI segmentation" };

const size_t bytes_most = (size_t)1 << 30; /* of all frames */

struct code {
	const char *value, *scheme, *meaning;
};
const code femur = { "71341001", "SCT", "Femur" }, tissue = { "85756007", "SCT", "Tissue" };

/* By label. The modifier's value NULL: none. */
const struct {
	code type, modifier;
} coded[] = {
	{ { nullptr, nullptr, nullptr }, { nullptr, nullptr, nullptr } },
	{ { "272673000", "SCT", "Bone" }, { code_cortical.value, DICOM_SCHEME, code_cortical.meaning } },
	{ { "272673000", "SCT", "Bone" }, { code_trabecular.value, DICOM_SCHEME, code_trabecular.meaning } },
	{ { "14016003", "SCT", "Bone Marrow" }, { nullptr, nullptr, nullptr } },
	{ { code_growth_plate.value, DICOM_SCHEME, code_growth_plate.meaning }, { nullptr, nullptr, nullptr } },
};

/* One frame: a segment in a slice of the scan. */
struct frame {
	int label, slice;
};

/* A slice's image: its file, and what names it. */
struct instance {
	std::string sop_class, uid, series;
	int frame = 0; /* from 1; 0: the file has one only */
};

struct maker {
	const dicom_job &job;
	const struct segment &segment;
	DcmDataset &out;
	struct scan_place place;
	int lo[3], hi[3];             /* voxels of the scan between which all labels lie */
	std::vector<int> number;      /* of segments, by label; 0: has no voxel */
	std::vector<frame> frames;
	std::vector<instance> images; /* of the slices lo[2] .. hi[2] */
	std::string organization;
	OFCondition cond = EC_Normal;

	bool operator()(const OFCondition &c)
	{
		if (cond.good())
			cond = c;
		return cond.good();
	}
	void text(DcmItem &item, const DcmTagKey &tag, const std::string &value)
	{
		(*this)(item.putAndInsertString(tag, value.c_str()));
	}
	/* Item number `i` of a sequence, made where it is missing. */
	DcmItem *item(DcmItem &parent, const DcmTagKey &tag, long i = -2)
	{
		DcmItem *found = nullptr;
		(*this)(parent.findOrCreateSequenceItem(tag, found, i));
		return cond.good() ? found : nullptr;
	}
	void coded_as(DcmItem &parent, const DcmTagKey &tag, const code &c)
	{
		if (DcmItem *entry = item(parent, tag)) {
			text(*entry, DCM_CodeValue, c.value);
			text(*entry, DCM_CodingSchemeDesignator, c.scheme);
			text(*entry, DCM_CodeMeaning, c.meaning);
		}
	}
};

std::string decimal(double value)
{
	char s[32]; /* DS has 16 characters */
	return number_short(s, sizeof s, 9, std::fabs(value) < 1e-12 ? 0 : value);
}

double length(const double v[3])
{
	return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

std::string triple(const double v[3], double scale)
{
	return decimal(v[0] * scale) + "\\" + decimal(v[1] * scale) + "\\" + decimal(v[2] * scale);
}

/* ---- what there is ---- */

/* The part of the scan that has labels: the VOI, and the growth plate where it is known. */
void find_part(maker &m)
{
	const struct grey &grey = m.segment.grey;
	const struct plate_place *p = m.segment.plate;

	for (int i = 0; i < 3; i++) {
		m.lo[i] = grey.first[i] + (i < 2 ? 0 : m.segment.first);
		m.hi[i] = grey.first[i] + (i < 2 ? grey.grid.n[i] - 1 : m.segment.last);
		if (p && p->hi >= p->lo) {
			const int n = (i ? p->plate->ny : p->plate->nx) * p->plate->bin;
			m.lo[i] = std::min(m.lo[i], i < 2 ? p->first[i] : p->lo);
			m.hi[i] = std::max(m.hi[i], i < 2 ? p->first[i] + n - 1 : p->hi);
		}
	}
	m.lo[2] = std::max(m.lo[2], 0); /* the layer may end outside of the scan */
	m.hi[2] = std::min(m.hi[2], scan_info(m.job.scan)->nz - 1);
}

/* Calls to(label, x, y) for every voxel of slice z of the scan that has a label. */
template <typename To> void for_labels(const maker &m, int z, To to)
{
	for (int y = m.lo[1]; y <= m.hi[1]; y++)
		for (int x = m.lo[0]; x <= m.hi[0]; x++)
			if (const int label = label_of(&m.segment, x, y, z))
				to(label, x, y);
}

/* The segments that have voxels, and a frame for every slice of each. */
void find_frames(maker &m)
{
	const size_t nz = (size_t)m.hi[2] - (size_t)m.lo[2] + 1;
	std::vector<char> has(((size_t)LABELS_LAST + 1) * nz, 0);

	for (size_t k = 0; k < nz; k++)
		for_labels(m, m.lo[2] + (int)k, [&](int label, int, int) { has[(size_t)label * nz + k] = 1; });
	m.number.assign(LABELS_LAST + 1, 0);
	for (int label = 1, n = 0; label <= LABELS_LAST; label++)
		for (size_t k = 0; k < nz; k++)
			if (has[(size_t)label * nz + k]) {
				m.number[(size_t)label] = m.number[(size_t)label] ? m.number[(size_t)label] : ++n;
				m.frames.push_back({ label, m.lo[2] + (int)k });
			}
}

/* Every header once; a file of many frames is the image of all its slices. */
int find_images(maker &m, struct gppi_error *err)
{
	const char *before = nullptr;

	for (int z = m.lo[2]; z <= m.hi[2]; z++) {
		struct scan_slice_file f;
		if (before && scan_dicom_slice(m.job.scan, z, &f) && std::string(f.path) == before) {
			m.images.push_back(m.images.back());
			m.images.back().frame = f.frames > 1 ? f.frame + 1 : 0;
			continue;
		}
		dicom_source source;
		int rc = dicom_source_read(m.job, z, &source, err);
		if (rc < 0)
			return rc;
		m.images.push_back({ dicom_text(source.data(), DCM_SOPClassUID),
				     dicom_text(source.data(), DCM_SOPInstanceUID),
				     dicom_text(source.data(), DCM_SeriesInstanceUID), source.frame });
		before = scan_dicom_slice(m.job.scan, z, &f) ? f.path : nullptr;
	}
	return 0;
}

const instance &image_of(const maker &m, int slice)
{
	return m.images[(size_t)(slice - m.lo[2])];
}

/* ---- attributes ---- */

void put_image(maker &m)
{
	const struct scan_info *info = scan_info(m.job.scan);
	const struct { DcmTagKey tag; const char *value; } words[] = {
		{ DCM_SOPClassUID, UID_SegmentationStorage },
		{ DCM_ImageType, "DERIVED\\PRIMARY" },
		{ DCM_ContentLabel, "VOI" },
		{ DCM_ContentDescription, "Tissues of the VOI below the growth plate plane, growth plate" },
		{ DCM_ContentCreatorName, "" },
		{ DCM_PhotometricInterpretation, "MONOCHROME2" },
		{ DCM_LossyImageCompression, "00" },
		{ DCM_SegmentationType, "BINARY" },
		{ DCM_SegmentsOverlap, "NO" },
		{ DCM_PositionReferenceIndicator, "" },
		{ DCM_DeviceSerialNumber, "1" },
	};
	const struct { DcmTagKey tag; int value; } numbers[] = {
		{ DCM_SamplesPerPixel, 1 }, { DCM_Rows, info->ny }, { DCM_Columns, info->nx }, { DCM_BitsAllocated, 1 },
		{ DCM_BitsStored, 1 }, { DCM_HighBit, 0 }, { DCM_PixelRepresentation, 0 },
	};
	for (const auto &w : words)
		m.text(m.out, w.tag, w.value);
	for (const auto &n : numbers)
		m(m.out.putAndInsertUint16(n.tag, (Uint16)n.value));
	m.text(m.out, DCM_NumberOfFrames, std::to_string(m.frames.size()));
}

/* Recommended colours are CIELab, each scaled to 16 bits. */
void put_colour(maker &m, DcmItem &segment, const unsigned char rgb[3])
{
	double linear[3], f[3];
	for (int i = 0; i < 3; i++) {
		const double c = rgb[i] / 255.0;
		linear[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
	}
	const double xyz[3] = { /* by the white point D65 */
		(0.4124 * linear[0] + 0.3576 * linear[1] + 0.1805 * linear[2]) / 0.9505,
		0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2],
		(0.0193 * linear[0] + 0.1192 * linear[1] + 0.9505 * linear[2]) / 1.089,
	};
	for (int i = 0; i < 3; i++)
		f[i] = xyz[i] > 0.008856 ? std::cbrt(xyz[i]) : 7.787 * xyz[i] + 16 / 116.0;
	const Uint16 lab[3] = { (Uint16)std::lround((116 * f[1] - 16) / 100 * 65535),
				(Uint16)std::lround((500 * (f[0] - f[1]) + 128) / 255 * 65535),
				(Uint16)std::lround((200 * (f[1] - f[2]) + 128) / 255 * 65535) };
	m(segment.putAndInsertUint16Array(DCM_RecommendedDisplayCIELabValue, lab, 3));
}

void put_segments(maker &m)
{
	for (int label = 1; label <= LABELS_LAST; label++) {
		const int number = m.number[(size_t)label];
		DcmItem *s = number ? m.item(m.out, DCM_SegmentSequence) : nullptr;
		if (!s)
			continue;
		m(s->putAndInsertUint16(DCM_SegmentNumber, (Uint16)number));
		m.text(*s, DCM_SegmentLabel, label_looks[label].name);
		m.text(*s, DCM_SegmentAlgorithmType, "AUTOMATIC");
		m.text(*s, DCM_SegmentAlgorithmName, "gppi " GPPI_VERSION);
		m.coded_as(*s, DCM_SegmentedPropertyCategoryCodeSequence, tissue);
		m.coded_as(*s, DCM_SegmentedPropertyTypeCodeSequence, coded[label].type);
		DcmItem *type = m.item(*s, DCM_SegmentedPropertyTypeCodeSequence, 0);
		if (type && coded[label].modifier.value)
			m.coded_as(*type, DCM_SegmentedPropertyTypeModifierCodeSequence, coded[label].modifier);
		m.coded_as(*s, DCM_AnatomicRegionSequence, femur);
		put_colour(m, *s, label_looks[label].rgb);
	}
}

/* Where frames lie: orientation and spacing are those of all, positions their own. */
void put_shared(maker &m)
{
	const struct scan_place &p = m.place;
	DcmItem *shared = m.item(m.out, DCM_SharedFunctionalGroupsSequence), *group;

	if (shared && (group = m.item(*shared, DCM_PixelMeasuresSequence))) {
		m.text(*group, DCM_PixelSpacing, decimal(length(p.step[1])) + "\\" + decimal(length(p.step[0])));
		m.text(*group, DCM_SliceThickness, decimal(length(p.step[2])));
		m.text(*group, DCM_SpacingBetweenSlices, decimal(length(p.step[2])));
	}
	if (shared && (group = m.item(*shared, DCM_PlaneOrientationSequence)))
		m.text(*group, DCM_ImageOrientationPatient,
		       triple(p.step[0], 1 / length(p.step[0])) + "\\" + triple(p.step[1], 1 / length(p.step[1])));
}

void put_source(maker &m, DcmItem &parent, const instance &image)
{
	DcmItem *derivation = m.item(parent, DCM_DerivationImageSequence);
	DcmItem *source = derivation ? m.item(*derivation, DCM_SourceImageSequence) : nullptr;

	if (!source)
		return;
	m.coded_as(*derivation, DCM_DerivationCodeSequence, { "113076", "DCM", "Segmentation" });
	m.text(*source, DCM_ReferencedSOPClassUID, image.sop_class);
	m.text(*source, DCM_ReferencedSOPInstanceUID, image.uid);
	if (image.frame)
		m.text(*source, DCM_ReferencedFrameNumber, std::to_string(image.frame));
	m.text(*source, DCM_SpatialLocationsPreserved, "YES");
	m.coded_as(*source, DCM_PurposeOfReferenceCodeSequence,
		   { "121322", "DCM", "Source image for image processing operation" });
}

void put_frames(maker &m)
{
	for (const frame &f : m.frames) {
		DcmItem *one = m.item(m.out, DCM_PerFrameFunctionalGroupsSequence), *group;
		const Uint32 number = (Uint32)m.number[(size_t)f.label];
		const Uint32 index[2] = { number, (Uint32)(f.slice - m.lo[2] + 1) };
		double at[3];
		for (int i = 0; i < 3; i++)
			at[i] = m.place.origin[i] + f.slice * m.place.step[2][i];
		if (!one)
			return;
		put_source(m, *one, image_of(m, f.slice));
		if ((group = m.item(*one, DCM_FrameContentSequence)))
			m(group->putAndInsertUint32Array(DCM_DimensionIndexValues, index, 2));
		if ((group = m.item(*one, DCM_PlanePositionSequence)))
			m.text(*group, DCM_ImagePositionPatient, triple(at, 1));
		if ((group = m.item(*one, DCM_SegmentIdentificationSequence)))
			m(group->putAndInsertUint16(DCM_ReferencedSegmentNumber, (Uint16)number));
	}
}

void put_dimensions(maker &m)
{
	const struct { DcmTagKey pointer, group; } axis[] = {
		{ DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence },
		{ DCM_ImagePositionPatient, DCM_PlanePositionSequence },
	};
	DcmItem *organization = m.item(m.out, DCM_DimensionOrganizationSequence);

	if (organization)
		m.text(*organization, DCM_DimensionOrganizationUID, m.organization);
	for (const auto &a : axis)
		if (DcmItem *index = m.item(m.out, DCM_DimensionIndexSequence)) {
			m.text(*index, DCM_DimensionOrganizationUID, m.organization);
			m(index->putAndInsertTagKey(DCM_DimensionIndexPointer, a.pointer));
			m(index->putAndInsertTagKey(DCM_FunctionalGroupPointer, a.group));
		}
}

/* Common Instance Reference: every image once. */
void put_references(maker &m)
{
	DcmItem *series = m.images.empty() ? nullptr : m.item(m.out, DCM_ReferencedSeriesSequence);
	std::string before;

	if (!series)
		return;
	m.text(*series, DCM_SeriesInstanceUID, m.images[0].series);
	for (const instance &image : m.images) {
		DcmItem *one = image.uid == before ? nullptr : m.item(*series, DCM_ReferencedInstanceSequence);
		before = image.uid;
		if (!one)
			continue;
		m.text(*one, DCM_ReferencedSOPClassUID, image.sop_class);
		m.text(*one, DCM_ReferencedSOPInstanceUID, image.uid);
	}
	DcmItem *scheme = m.item(m.out, DCM_CodingSchemeIdentificationSequence);
	if (!scheme)
		return;
	m.text(*scheme, DCM_CodingSchemeDesignator, DICOM_SCHEME);
	m.text(*scheme, DCM_CodingSchemeName, "gppi, growth plate plane index");
}

/* One bit a voxel, the lowest of a byte first; a frame begins where the one before ended. */
int put_pixels(maker &m, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(m.job.scan);
	const size_t nx = (size_t)info->nx, pixels = nx * (size_t)info->ny;

	if (pixels > 8 * bytes_most / (m.frames.empty() ? 1 : m.frames.size()))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: a segmentation of %zu frames of %d x %d voxels is too large; cut the bone "
			       "out of its scan", info->path, m.frames.size(), info->nx, info->ny);
	std::vector<Uint8> bits((pixels * m.frames.size() + 15) / 16 * 2, 0); /* even */
	for (size_t n = 0; n < m.frames.size(); n++)
		for_labels(m, m.frames[n].slice, [&](int label, int x, int y) {
			const size_t bit = n * pixels + (size_t)y * nx + (size_t)x;
			if (label == m.frames[n].label)
				bits[bit / 8] |= (Uint8)(1u << bit % 8);
		});
	m(m.out.putAndInsertUint8Array(DCM_PixelData, bits.data(), (unsigned long)bits.size()));
	return 0;
}

} // namespace

int dicom_segments(const dicom_job &job, const char *path, struct gppi_error *err)
{
	dicom_source source;
	DcmFileFormat file;
	maker m = { job, job.measures->bone->segment, *file.getDataset(), {}, {}, {}, {}, {}, {}, "" };

	int rc = dicom_source_read(job, job.result->gppi, &source, err);
	if (rc < 0)
		return rc;
	scan_place_of(job.scan, &m.place);
	find_part(m);
	find_frames(m);
	rc = find_images(m, err);
	if (rc < 0)
		return rc;
	m.organization = dicom_uid(job, source, "dimensions");
	put_image(m);
	put_segments(m);
	put_shared(m);
	put_frames(m);
	put_dimensions(m);
	put_references(m);
	rc = put_pixels(m, err);
	if (rc < 0)
		return rc;
	std::string space = dicom_text(source.data(), DCM_FrameOfReferenceUID);
	m.text(m.out, DCM_FrameOfReferenceUID, space.empty() ? dicom_uid(job, source, "series space") : space);
	m(dicom_identify(job, source, kind, m.out));
	if (m.cond.bad())
		return err_set(err, GPPI_E_IO, "%s: the segmentation could not be made: %s", path, m.cond.text());
	return dicom_save(file, EXS_LittleEndianExplicit, path, err);
}
