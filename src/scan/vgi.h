/* VOX (one file, text header "Vox1999a") and VGI (an INI file beside its raw voxels), as Volume Graphics and
 * several reconstruction programs write them. */
#ifndef SCAN_VGI_H
#define SCAN_VGI_H

#include "scan/flat.h"

bool vox_sniff(const uint8_t *head, size_t n);
int vox_open(const char *path, struct scan *scan, struct gppi_error *err);
bool vgi_sniff(const uint8_t *head, size_t n);
int vgi_open(const char *path, struct scan *scan, struct gppi_error *err);

#endif
