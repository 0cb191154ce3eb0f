/* Text in the alphabets of DICOM, of which dcmtk knows the names and how they follow each other. */
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcspchrs.h>

#include <cstring>

#include "scan/dicom.h"

bool dicom_convert(const char *alphabet, const char *text, const char *delimiters, char *out, size_t size)
{
	try {
		DcmSpecificCharacterSet charset;
		OFString utf8;

		if (!DcmSpecificCharacterSet::isConversionAvailable() ||
		    charset.selectCharacterSet(alphabet, "ISO_IR 192").bad() ||
		    charset.convertString(OFString(text), utf8, delimiters).bad() || utf8.length() >= size)
			return false;
		std::memcpy(out, utf8.c_str(), utf8.length() + 1);
		return true;
	} catch (...) {
		return false;
	}
}
