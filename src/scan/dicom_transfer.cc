/* How the pixels of a DICOM file are encoded, where that is not plain. */
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cstdio>
#include <string>

#include "scan/dicom.h"

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

bool dicom_transfer(const char *uid, char name[64], char refusal[256])
{
	try {
		const std::string words = name_of(uid);
		snprintf(name, 64, "%s", words.c_str());
		switch (DcmXfer(uid).getXfer()) {
		case EXS_JPEGLSLossless:
		case EXS_JPEGLSLossy:
		case EXS_RLELossless:
		case EXS_JPEGProcess1:
		case EXS_JPEGProcess2_4:
		case EXS_JPEGProcess6_8:
		case EXS_JPEGProcess10_12:
		case EXS_JPEGProcess14:
		case EXS_JPEGProcess14SV1:
			return true;
		default:
			snprintf(refusal, 256, "is compressed as %s (%s), which is not read; %s", uid, words.c_str(),
				 remedy(words));
			return false;
		}
	} catch (...) {
		snprintf(refusal, 256, "is compressed as %s, for which there is not enough memory", uid);
		return false;
	}
}
