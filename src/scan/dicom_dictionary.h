/* DICOM's data dictionary, which tells dcmtk the types of elements: text files of 8000 lines. dcmtk reads them when it
 * first needs one entry, with sscanf() and copies of each field: 15 ms, a tenth of a detection. A program can have it
 * done here instead, in a tenth of that; the entries are the same. */
#ifndef SCAN_DICOM_DICTIONARY_H
#define SCAN_DICOM_DICTIONARY_H

#ifdef __cplusplus
extern "C" {
#endif

/* At the start of a program, before it has threads or uses dcmtk: takes over. path: the files, with colons between,
 * where DCMDICTPATH does not name them; NULL: where dcmtk's package puts them. */
void dicom_dictionary_take_over(const char *path);

/* Before dcmtk is given a data set: reads the dictionary, if it was taken over and that is still to do. From any
 * thread. */
void dicom_dictionary(void);

#ifdef __cplusplus
}

class DcmDataDictionary;
/* Adds the entries of a file. False, and maybe a part of them: it cannot be read, or has lines that only dcmtk
 * understands. The text stays in memory, as entries point to it. */
bool dicom_dictionary_add(DcmDataDictionary &to, const char *path);
#endif

#endif
