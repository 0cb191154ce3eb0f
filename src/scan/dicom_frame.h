/* Compressed DICOM frames before dcmtk decodes them: what it takes on trust. C++ only. */
#ifndef SCAN_DICOM_FRAME_H
#define SCAN_DICOM_FRAME_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include <vector>

#define DICOM_SCANS_MOST 32 /* of a JPEG frame; programs write some ten */

/* The fragments of compressed pixels, which dcmtk counts from the first one each time it is asked for one. */
struct DicomFragments {
	std::vector<DcmPixelItem *> item; /* without the table of offsets; empty: they are not compressed */
	int frames = 1;

	void find(DcmDataset &dataset, DcmElement &pixels);
	/* Bytes that dcmtk reads, and keeps, when it decodes this frame; 0 where it has done so. Where frames have
	 * several fragments, as if all had equally many. */
	size_t unread(int frame) const;
};

/* May dcmtk decode this frame (from 0)? It follows the offsets of run-length segments (PS3.5 annex G) wherever
 * they lead, can go round for ever among the markers before a JPEG frame's header, and compares the size of a
 * progressive one only when all its scans are decoded. True for uncompressed pixels and JPEG-LS, whose size it
 * compares first. */
bool dicom_frame_is_sound(DcmDataset &dataset, const DicomFragments &fragments, int frame);

#endif
