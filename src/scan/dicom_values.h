/* Values of DICOM elements as text, words and numbers, in the way in which files have them: with blanks around them,
 * with decimal commas, as text or as binary numbers, in the alphabet of the file. */
#ifndef SCAN_DICOM_VALUES_H
#define SCAN_DICOM_VALUES_H

#include "scan/dicom_kept.h"

/* What is looked for: its name in the standard, and its type, which implicit files do not say. */
struct dicom_name {
	uint32_t tag;
	char type[3];
	const char *name;
};

/* Text of a value in UTF-8, ended by a zero: four bytes for each of the file at most. */
#define DICOM_TEXT (4 * DICOM_VALUE_MOST + 1)

/* An element and the file it is in; value NULL: there is none, all its texts are empty. */
struct dicom_given {
	const struct dicom_kept *file;
	const struct dicom_value *value;
	const struct dicom_name *name;
};

/* All values of an element as they are, with backslashes between them and without blanks around them. */
void dicom_raw(const struct dicom_given *e, char out[DICOM_TEXT]);
/* A code or UID: anything but printable ASCII becomes '_'. */
void dicom_code(const struct dicom_given *e, char out[DICOM_TEXT]);
/* Words (names, descriptions) in UTF-8; control characters become '?'. Alphabet: SpecificCharacterSet of the file. */
void dicom_words(const struct dicom_given *e, const char *alphabet, char out[DICOM_TEXT]);

enum dicom_found { DICOM_ABSENT, DICOM_NUMBER, DICOM_NO_NUMBER };

/* The first n values as numbers; a decimal comma counts as a point. DICOM_ABSENT where there are fewer.
 * DICOM_NO_NUMBER: something is there that cannot be understood as a whole. */
enum dicom_found dicom_numbers(const struct dicom_given *e, int n, double *out);

/* dicom_alphabet.c. Text of a file to UTF-8, in place; a name has parts of its own. */
void dicom_to_utf8(const char *alphabet, bool is_name, char text[DICOM_TEXT]);

#endif
