/* Values of DICOM elements as text, words and numbers, none of which dcmtk's own access gives as files need it: it
 * cuts "1,5" to 1 and leaves words in the alphabet of the file. C++ only. */
#ifndef SCAN_DICOM_TEXT_H
#define SCAN_DICOM_TEXT_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <string>

/* All values of an element as they are, blanks and fillers at both ends left out; empty where there is none. Private
 * elements of implicit files have no type: their bytes are taken for text. */
std::string dicom_raw(DcmItem &item, const DcmTagKey &tag);

/* A code or UID: anything but printable ASCII becomes '_'. */
std::string dicom_code(DcmItem &item, const DcmTagKey &tag);

/* Words (names, descriptions) in UTF-8, as the data set's SpecificCharacterSet tells; control characters become '?'. */
std::string dicom_words(DcmItem &dataset, const DcmTagKey &tag);

enum dicom_found { DICOM_ABSENT, DICOM_NUMBER, DICOM_NO_NUMBER };

/* Value `pos` of a numeric element; a decimal comma counts as a point. *out is set for DICOM_NUMBER only.
 * DICOM_NO_NUMBER: something is there that cannot be understood as a whole. */
enum dicom_found dicom_number(DcmItem &item, const DcmTagKey &tag, unsigned long pos, double *out);

/* The first n values; DICOM_ABSENT where there are fewer. */
enum dicom_found dicom_numbers(DcmItem &item, const DcmTagKey &tag, int n, double *out);

/* A whole number; `otherwise` where there is none. */
int dicom_whole(DcmItem &item, const DcmTagKey &tag, int otherwise);

/* Puts text into a field of `size` bytes, cut between characters where it is too long. */
void dicom_put(char *field, size_t size, const std::string &text);

#endif
