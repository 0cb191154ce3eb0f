#include "scan/dicom_rle.h"

namespace {

const size_t header_bytes = 64;
const unsigned segments_most = 15;

Uint32 number_at(const Uint8 *p)
{
	return (Uint32)p[0] | (Uint32)p[1] << 8 | (Uint32)p[2] << 16 | (Uint32)p[3] << 24;
}

/* A header of the number of segments and where each begins, in ascending order, then the segments. */
bool is_sound(const Uint8 *bytes, size_t n)
{
	if (n < header_bytes)
		return false;
	const Uint32 segments = number_at(bytes);
	size_t least = header_bytes;
	if (segments < 1 || segments > segments_most)
		return false;
	for (size_t i = 1; i <= segments; i++) {
		const size_t at = number_at(bytes + 4 * i);
		if (at < least || at > n)
			return false;
		least = at;
	}
	return true;
}

} // namespace

bool dicom_rle_frame_is_sound(DcmDataset &dataset, DcmElement &pixels, int frame)
{
	DcmPixelSequence *sequence = nullptr;
	DcmPixelItem *item = nullptr;
	Uint8 *bytes = nullptr;

	if (dataset.getOriginalXfer() != EXS_RLELossless)
		return true;
	/* Each frame is one fragment; the first item is a table of offsets. */
	DcmPixelData *data = dynamic_cast<DcmPixelData *>(&pixels);
	return data && data->getEncapsulatedRepresentation(EXS_RLELossless, nullptr, sequence).good() && sequence &&
	       sequence->getItem(item, (unsigned long)frame + 1).good() && item &&
	       item->getUint8Array(bytes).good() && bytes && is_sound(bytes, item->getLength());
}
