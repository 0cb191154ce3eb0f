/* MetaImage (.mha, .mhd with its data file) and NRRD (.nrrd, .nhdr): a text header, then voxels as they are or
 * packed. Sources of the layouts: the MetaIO documentation of ITK and the NRRD 0005 definition of Teem. */
#ifndef SCAN_METAIMAGE_H
#define SCAN_METAIMAGE_H

#include "scan/flat.h"

bool metaimage_sniff(const uint8_t *head, size_t n);
int metaimage_open(const char *path, struct scan *scan, struct gppi_error *err);
bool nrrd_sniff(const uint8_t *head, size_t n);
int nrrd_open(const char *path, struct scan *scan, struct gppi_error *err);

#endif
