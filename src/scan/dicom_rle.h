/* Run-length coded DICOM pixels (PS3.5 annex G). C++ only. */
#ifndef SCAN_DICOM_RLE_H
#define SCAN_DICOM_RLE_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

/* May dcmtk decode this frame (from 0)? It takes the offsets of the segments as they are, however far
 * from the frame's bytes they lead. True for every other transfer syntax. */
bool dicom_rle_frame_is_sound(DcmDataset &dataset, DcmElement &pixels, int frame);

#endif
