/* How the pixels of a DICOM file are encoded. */
#include "scan/dicom_header.h"
#include "scan/dicom_text.h"

#include <cstring>

namespace {

/* Transfer syntaxes younger than the library that reads the files, which takes any of them for plain. */
const struct {
	const char *uid, *name;
} young[] = {
	{ "1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed" },
	{ "1.2.840.10008.1.2.4.110", "JPEG XL Lossless" },
	{ "1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression" },
	{ "1.2.840.10008.1.2.4.112", "JPEG XL" },
	{ "1.2.840.10008.1.2.4.201", "HTJ2K Lossless" },
	{ "1.2.840.10008.1.2.4.202", "HTJ2K Lossless RPCL" },
	{ "1.2.840.10008.1.2.4.203", "HTJ2K" },
	{ "1.2.840.10008.1.2.4.204", "JPIP HTJ2K" },
	{ "1.2.840.10008.1.2.8.1", "Deflated Image Frames" },
};

std::string name_of(const std::string &uid)
{
	for (const auto &y : young)
		if (uid == y.uid)
			return y.name;
	const DcmXfer known(uid.c_str());
	return known.getXfer() == EXS_Unknown ? "unknown" : known.getXferName();
}

/* What unpacks it: the tools differ in what they know. */
const char *remedy(const std::string &name)
{
	if (name.compare(0, 9, "JPEG 2000") == 0)
		return "decompress it with gdcmconv --raw IN OUT";
	if (name.compare(0, 5, "HTJ2K") == 0)
		return "decompress it with pydicom (decompress()), or export it uncompressed";
	return "export it uncompressed (Explicit VR Little Endian)";
}

} // namespace

void dicom_describe_transfer(DcmFileFormat &file, struct dicom_object *o)
{
	const E_TransferSyntax xfer = file.getDataset()->getOriginalXfer();
	std::string uid = dicom_code(*file.getMetaInfo(), DCM_TransferSyntaxUID);

	if (uid.empty()) /* files without a meta header */
		uid = DcmXfer(xfer).getXferID();
	const std::string name = name_of(uid);
	dicom_put(o->transfer, sizeof o->transfer, name);
	switch (DcmXfer(uid.c_str()).getXfer() == EXS_Unknown ? EXS_Unknown : xfer) {
	case EXS_LittleEndianImplicit:
	case EXS_LittleEndianExplicit:
	case EXS_BigEndianExplicit:
		o->plain = true;
		o->big_endian = xfer == EXS_BigEndianExplicit;
		return;
	case EXS_JPEGLSLossless:
	case EXS_JPEGLSLossy:
	case EXS_RLELossless:
	case EXS_JPEGProcess1:
	case EXS_JPEGProcess2_4:
	case EXS_JPEGProcess6_8:
	case EXS_JPEGProcess10_12:
	case EXS_JPEGProcess14:
	case EXS_JPEGProcess14SV1:
		return;
	default:
		dicom_refuse(o, "is compressed as %s (%s), which is not read; %s", uid.c_str(), name.c_str(), remedy(name));
	}
}
