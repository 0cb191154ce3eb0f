#include "scan/dicom_text.h"

#include <dcmtk/dcmdata/dcspchrs.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#ifndef _WIN32
#include <iconv.h>
#endif

extern "C" {
#include "base/number.h"
#include "base/printable.h"
}

namespace {

const char escape = 0x1b; /* begins another alphabet in ISO 2022 */

std::string trimmed(const std::string &s)
{
	const size_t a = s.find_first_not_of(' '), b = s.find_last_not_of(' ');
	return a == std::string::npos ? std::string() : s.substr(a, b - a + 1);
}

bool is_ascii(const std::string &s)
{
	for (const char c : s)
		if (c == escape || (unsigned char)c >= 0x80)
			return false;
	return true;
}

bool is_utf8(const std::string &s)
{
	unsigned code;
	for (size_t i = 0, n; i < s.length(); i += n)
		if ((n = printable_decode(s.c_str() + i, &code)) == 0)
			return false;
	return true;
}

std::string from_latin1(const std::string &s)
{
	std::string out;
	for (const char c : s) {
		const unsigned char byte = (unsigned char)c;
		if (byte < 0x80) {
			out += c;
		} else {
			out += (char)(0xc0 | byte >> 6);
			out += (char)(0x80 | (byte & 0x3f));
		}
	}
	return out;
}

/* Japanese, which dcmtk cannot convert with the iconv() of the C library: its escape sequences are those of ISO-2022-JP. */
bool converted_japanese(const std::string &s, std::string *out)
{
#ifdef _WIN32
	(void)s;
	(void)out;
	return false;
#else
	const iconv_t how = iconv_open("UTF-8", "ISO-2022-JP-2");
	if (reinterpret_cast<intptr_t>(how) == -1)
		return false;
	std::string in = s, room(4 * s.length() + 4, '\0');
	char *from = &in[0], *to = &room[0];
	size_t left = in.length(), free_bytes = room.length();
	const bool good = iconv(how, &from, &left, &to, &free_bytes) != (size_t)-1;
	iconv_close(how);
	room.resize(room.length() - free_bytes);
	if (good)
		*out = room;
	return good;
#endif
}

/* In the alphabets the data set names. Delimiters end an alphabet of ISO 2022 (PS3.5 6.1.2.5.3). */
bool converted(DcmItem &dataset, const std::string &s, const char *delimiters, std::string *out)
{
	DcmSpecificCharacterSet charset;
	OFString utf8;

	if (!DcmSpecificCharacterSet::isConversionAvailable() ||
	    charset.selectCharacterSet(dataset, "ISO_IR 192").bad() ||
	    charset.convertString(OFString(s.data(), s.length()), utf8, delimiters).bad())
		return false;
	out->assign(utf8.c_str(), utf8.length());
	return is_utf8(*out);
}

/* Many writers use UTF-8 or Latin-1 without saying so, or UTF-8 and say Latin-1: text that is UTF-8 by chance does
 * not occur in either. */
std::string to_utf8(DcmItem &dataset, const std::string &s, bool is_name)
{
	const std::string charset = dicom_code(dataset, DCM_SpecificCharacterSet);
	/* "ISO_IR 100", also as "ISO-IR 100" and the like */
	const bool latin1 = charset.find("100") != std::string::npos && charset.find('\\') == std::string::npos;
	const bool silent = charset.empty() || charset == "ISO_IR 6" || latin1;
	std::string out;

	if (silent)
		return is_utf8(s) ? s : from_latin1(s);
	if ((charset.find("IR 87") != std::string::npos || charset.find("IR 159") != std::string::npos) &&
	    converted_japanese(s, &out))
		return out;
	if (charset != "ISO_IR 192" && converted(dataset, s, is_name ? "\\^=" : "\\", &out))
		return out;
	return s;
}

/* Value `pos` of text with backslashes between the values. */
bool part(const std::string &s, unsigned long pos, std::string *out)
{
	size_t at = 0;
	for (; pos; pos--) {
		at = s.find('\\', at);
		if (at++ == std::string::npos)
			return false;
	}
	*out = s.substr(at, s.find('\\', at) - at);
	return true;
}

/* Is this element stored as text or as bytes, so that its values are to be parsed? */
bool is_text(DcmElement &element)
{
	switch (element.ident()) {
	case EVR_US: case EVR_SS: case EVR_UL: case EVR_SL: case EVR_FL: case EVR_FD: case EVR_xs: case EVR_lt:
		return false;
	default:
		return true;
	}
}

} // namespace

std::string dicom_raw(DcmItem &item, const DcmTagKey &tag)
{
	OFString text;
	std::string s;
	DcmElement *element = nullptr;
	Uint8 *bytes = nullptr;

	if (item.findAndGetElement(tag, element).bad() || !element)
		return s;
	if (element->getUint8Array(bytes).good()) {
		if (bytes)
			s.assign((const char *)bytes, element->getLength());
	} else if (element->getOFStringArray(text).good()) {
		s.assign(text.c_str(), text.length());
	}
	s.resize(std::strlen(s.c_str()));
	return trimmed(s);
}

std::string dicom_code(DcmItem &item, const DcmTagKey &tag)
{
	std::string s = dicom_raw(item, tag);
	for (char &c : s)
		if (c < 0x20 || c > 0x7e)
			c = '_';
	return s;
}

std::string dicom_words(DcmItem &dataset, const DcmTagKey &tag)
{
	std::string s = dicom_raw(dataset, tag);
	if (!is_ascii(s))
		s = to_utf8(dataset, s, tag == DCM_PatientName);
	if (!s.empty())
		s.resize(std::strlen(printable(&s[0])));
	return trimmed(s);
}

enum dicom_found dicom_number(DcmItem &item, const DcmTagKey &tag, unsigned long pos, double *out)
{
	DcmElement *element = nullptr;
	std::string s;
	OFString value;
	double v;

	if (item.findAndGetElement(tag, element).bad() || !element)
		return DICOM_ABSENT;
	if (is_text(*element)) {
		if (!part(dicom_raw(item, tag), pos, &s))
			return DICOM_ABSENT;
	} else {
		if (element->getOFString(value, pos).bad())
			return DICOM_ABSENT;
		s.assign(value.c_str(), value.length());
	}
	if (trimmed(s).empty())
		return DICOM_ABSENT;
	if (!number_parse(s.c_str(), &v) || !std::isfinite(v))
		return DICOM_NO_NUMBER;
	*out = v;
	return DICOM_NUMBER;
}

enum dicom_found dicom_numbers(DcmItem &item, const DcmTagKey &tag, int n, double *out)
{
	enum dicom_found found = DICOM_NUMBER;
	for (int i = 0; i < n && found == DICOM_NUMBER; i++)
		found = dicom_number(item, tag, (unsigned long)i, out + i);
	return found;
}

int dicom_whole(DcmItem &item, const DcmTagKey &tag, int otherwise)
{
	double v;
	if (dicom_number(item, tag, 0, &v) != DICOM_NUMBER || std::fabs(v) > 1e9)
		return otherwise;
	return (int)v;
}

void dicom_put(char *field, size_t size, const std::string &text)
{
	(void)printable_copy(text.c_str(), field, size);
}
