#include "scan/dicom_frame.h"

namespace {

const size_t rle_header = 64;
const unsigned rle_segments_most = 15;

Uint32 number_at(const Uint8 *p)
{
	return (Uint32)p[0] | (Uint32)p[1] << 8 | (Uint32)p[2] << 16 | (Uint32)p[3] << 24;
}

/* A header of the number of segments and where each begins, in ascending order, then the segments. */
bool rle_is_sound(const Uint8 *bytes, size_t n)
{
	if (n < rle_header)
		return false;
	const Uint32 segments = number_at(bytes);
	size_t least = rle_header;
	if (segments < 1 || segments > rle_segments_most)
		return false;
	for (size_t i = 1; i <= segments; i++) {
		const size_t at = number_at(bytes + 4 * i);
		if (at < least || at > n)
			return false;
		least = at;
	}
	return true;
}

/* Segments with a length, up to the frame header (ITU-T T.81 annex B). */
bool jpeg_is_sound(const Uint8 *bytes, size_t n)
{
	enum { SOI = 0xd8, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, DQT = 0xdb, DRI = 0xdd, APP0 = 0xe0, APP15 = 0xef,
	       COM = 0xfe };

	if (n < 2 || bytes[0] != 0xff || bytes[1] != SOI)
		return false;
	for (size_t at = 2; at + 4 <= n && bytes[at] == 0xff;) {
		const Uint8 marker = bytes[at + 1];
		const size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
		if (length < 2 || length + 2 > n - at)
			return false;
		if (marker >= 0xc0 && marker <= 0xcf && marker != DHT && marker != JPG && marker != DAC)
			return true;
		if (marker != DHT && marker != DAC && marker != DQT && marker != DRI && marker != COM &&
		    (marker < APP0 || marker > APP15))
			return false;
		at += length + 2;
	}
	return false;
}

bool is_jpeg(E_TransferSyntax xfer)
{
	return xfer == EXS_JPEGProcess1 || xfer == EXS_JPEGProcess2_4 || xfer == EXS_JPEGProcess6_8 ||
	       xfer == EXS_JPEGProcess10_12 || xfer == EXS_JPEGProcess14 || xfer == EXS_JPEGProcess14SV1;
}

/* The fragment a frame begins with: one to a frame, but that a single frame may have several. */
DcmPixelItem *first_fragment(DcmDataset &dataset, DcmPixelSequence &sequence, int frame)
{
	const unsigned long fragments = sequence.card() ? sequence.card() - 1 : 0; /* without the table of offsets */
	DcmPixelItem *item = nullptr;
	Sint32 frames = 1;

	if (dataset.findAndGetSint32(DCM_NumberOfFrames, frames).bad())
		frames = 1;
	if (frame < 0 || (frames != 1 && fragments != (unsigned long)frames))
		return nullptr;
	return sequence.getItem(item, (unsigned long)frame + 1).good() ? item : nullptr;
}

} // namespace

bool dicom_frame_is_sound(DcmDataset &dataset, DcmElement &pixels, int frame)
{
	const E_TransferSyntax xfer = dataset.getOriginalXfer();
	const bool rle = xfer == EXS_RLELossless;

	if (!rle && !is_jpeg(xfer))
		return true;
	DcmPixelData *data = dynamic_cast<DcmPixelData *>(&pixels);
	DcmPixelSequence *sequence = nullptr;
	if (!data || data->getEncapsulatedRepresentation(xfer, nullptr, sequence).bad() || !sequence)
		return false;
	DcmPixelItem *item = first_fragment(dataset, *sequence, frame);
	Uint8 *bytes = nullptr;
	if (!item || item->getUint8Array(bytes).bad() || !bytes)
		return false;
	return rle ? rle_is_sound(bytes, item->getLength()) : jpeg_is_sound(bytes, item->getLength());
}
