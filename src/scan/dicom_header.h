/* What the header of a DICOM file says: its wanted elements, and what they mean for the image. */
#ifndef SCAN_DICOM_HEADER_H
#define SCAN_DICOM_HEADER_H

#include "scan/dicom.h"
#include "scan/dicom_values.h"

/* What is read of a header, in ascending order of the tags: X(constant, tag, type, name). SCANCO's private elements
 * have no name in the standard. */
#define DICOM_WANTED(X) \
	X(MediaStorageSOPClassUID, 0x00020002, "UI", "MediaStorageSOPClassUID") \
	X(SpecificCharacterSet, 0x00080005, "CS", "SpecificCharacterSet") \
	X(SOPInstanceUID, 0x00080018, "UI", "SOPInstanceUID") \
	X(StudyDate, 0x00080020, "DA", "StudyDate") \
	X(SeriesDate, 0x00080021, "DA", "SeriesDate") \
	X(AcquisitionDate, 0x00080022, "DA", "AcquisitionDate") \
	X(ContentDate, 0x00080023, "DA", "ContentDate") \
	X(AccessionNumber, 0x00080050, "SH", "AccessionNumber") \
	X(Modality, 0x00080060, "CS", "Modality") \
	X(Manufacturer, 0x00080070, "LO", "Manufacturer") \
	X(StudyDescription, 0x00081030, "LO", "StudyDescription") \
	X(SeriesDescription, 0x0008103e, "LO", "SeriesDescription") \
	X(ManufacturerModelName, 0x00081090, "LO", "ManufacturerModelName") \
	X(PatientName, 0x00100010, "PN", "PatientName") \
	X(PatientID, 0x00100020, "LO", "PatientID") \
	X(SliceThickness, 0x00180050, "DS", "SliceThickness") \
	X(SpacingBetweenSlices, 0x00180088, "DS", "SpacingBetweenSlices") \
	X(ImagerPixelSpacing, 0x00181164, "DS", "ImagerPixelSpacing") \
	X(NominalScannedPixelSpacing, 0x00182010, "DS", "NominalScannedPixelSpacing") \
	X(StudyInstanceUID, 0x0020000d, "UI", "StudyInstanceUID") \
	X(SeriesInstanceUID, 0x0020000e, "UI", "SeriesInstanceUID") \
	X(SeriesNumber, 0x00200011, "IS", "SeriesNumber") \
	X(AcquisitionNumber, 0x00200012, "IS", "AcquisitionNumber") \
	X(InstanceNumber, 0x00200013, "IS", "InstanceNumber") \
	X(ImagePositionPatient, 0x00200032, "DS", "ImagePositionPatient") \
	X(ImageOrientationPatient, 0x00200037, "DS", "ImageOrientationPatient") \
	X(SliceLocation, 0x00201041, "DS", "SliceLocation") \
	X(PlanePositionSequence, 0x00209113, "SQ", "PlanePositionSequence") \
	X(PlaneOrientationSequence, 0x00209116, "SQ", "PlaneOrientationSequence") \
	X(ConcatenationUID, 0x00209161, "UI", "ConcatenationUID") \
	X(InConcatenationNumber, 0x00209162, "US", "InConcatenationNumber") \
	X(InConcatenationTotalNumber, 0x00209163, "US", "InConcatenationTotalNumber") \
	X(SamplesPerPixel, 0x00280002, "US", "SamplesPerPixel") \
	X(PhotometricInterpretation, 0x00280004, "CS", "PhotometricInterpretation") \
	X(NumberOfFrames, 0x00280008, "IS", "NumberOfFrames") \
	X(Rows, 0x00280010, "US", "Rows") \
	X(Columns, 0x00280011, "US", "Columns") \
	X(PixelSpacing, 0x00280030, "DS", "PixelSpacing") \
	X(BitsAllocated, 0x00280100, "US", "BitsAllocated") \
	X(BitsStored, 0x00280101, "US", "BitsStored") \
	X(HighBit, 0x00280102, "US", "HighBit") \
	X(PixelRepresentation, 0x00280103, "US", "PixelRepresentation") \
	X(PixelPaddingValue, 0x00280120, "US", "PixelPaddingValue") \
	X(PixelPaddingRangeLimit, 0x00280121, "US", "PixelPaddingRangeLimit") \
	X(RescaleIntercept, 0x00281052, "DS", "RescaleIntercept") \
	X(RescaleSlope, 0x00281053, "DS", "RescaleSlope") \
	X(RescaleType, 0x00281054, "LO", "RescaleType") \
	X(PixelMeasuresSequence, 0x00289110, "SQ", "PixelMeasuresSequence") \
	X(PixelValueTransformationSequence, 0x00289145, "SQ", "PixelValueTransformationSequence") \
	X(ScancoMuScaling, 0x00291000, "UN", "mu scaling") \
	X(ScancoSlope, 0x00291004, "UN", "density slope") \
	X(ScancoIntercept, 0x00291005, "UN", "density intercept")

#define DICOM_CONSTANT(id, tag, type, name) DICOM_##id = (tag),
enum dicom_wanted { DICOM_WANTED(DICOM_CONSTANT) };
#undef DICOM_CONSTANT

struct dicom_header {
	struct dicom_kept kept;
	char alphabet[DICOM_TEXT]; /* SpecificCharacterSet */
};

/* Walks over the file. 0: free with dicom_header_free(); negative: nothing is to be freed. */
int dicom_header_read(const char *path, struct dicom_header *h, struct gppi_error *err);
void dicom_header_free(struct dicom_header *h);

/* An element of the data set. */
struct dicom_given dicom_in_dataset(const struct dicom_header *h, enum dicom_wanted tag);
/* The same in the macro (a sequence) of a frame: in its own functional groups, in those shared by all
 * frames, or in the data set where neither has the macro. *own (may be NULL): not in the data set. */
struct dicom_given dicom_in_frame(const struct dicom_header *h, int frame, enum dicom_wanted macro,
				  enum dicom_wanted tag, bool *own);

/* A whole number of the data set; `otherwise` where there is none. */
int dicom_whole(const struct dicom_header *h, enum dicom_wanted tag, int otherwise);
/* Words or a code of the data set, cut between characters where the field is too short. */
void dicom_put_words(const struct dicom_header *h, enum dicom_wanted tag, char *field, size_t size);
void dicom_put_code(const struct dicom_header *h, enum dicom_wanted tag, char *field, size_t size);

/* Are the pixels not compressed? */
bool dicom_header_plain(const struct dicom_header *h);

/* Fills *o, whose path, size of the image and number of frames are set already. */
void dicom_describe(const struct dicom_header *h, struct dicom_object *o);

#endif
