/* The data dictionary as dcmtk reads it, and as gppi does. */
#ifndef DICTIONARY_FILES_H
#define DICTIONARY_FILES_H

#ifdef __cplusplus
extern "C" {
#endif

/* Where dcmtk looks for it: files with colons between. */
const char *dictionary_path(void);

/* Entries of a file that one has and the other has not; -1: gppi leaves the file to dcmtk. *n: entries that both
 * have. */
int dictionary_differences(const char *path, int *n);

/* The type that dcmtk's global dictionary gives for a public element, two letters and a 0. */
void dictionary_type(unsigned group, unsigned element, char type[3]);

#ifdef __cplusplus
}
#endif

#endif
