/* Compressed DICOM frames before dcmtk decodes them: what it takes on trust. C++ only. */
#ifndef SCAN_DICOM_FRAME_H
#define SCAN_DICOM_FRAME_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

/* May dcmtk decode this frame (from 0)? It follows the offsets of run-length segments (PS3.5 annex G) wherever
 * they lead, and can go round for ever among the markers before a JPEG frame's header. True for uncompressed
 * pixels and JPEG-LS. */
bool dicom_frame_is_sound(DcmDataset &dataset, DcmElement &pixels, int frame);

#endif
