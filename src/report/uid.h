/* Unique identifiers of DICOM that follow from what they identify: the same words give the same UID on
 * every machine, so that a result made twice is one object and not two.
 *
 * The form is 2.25.<UUID as a decimal number> (ITU-T X.667, PS3.5 B.2), which needs no registered root.
 * The UUID is one of version 8 (RFC 9562): the first 128 bits of a SHA-256, with its version bits set. */
#ifndef REPORT_UID_H
#define REPORT_UID_H

#define UID_SIZE 65 /* 64 characters and a NUL; those made here have at most 44 */

/* From n words; where one ends and the next begins counts too. */
void uid_from_words(const char *const *words, int n, char uid[UID_SIZE]);

#endif
