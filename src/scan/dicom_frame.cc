#include "scan/dicom_frame.h"

#include <cstring>

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

enum jpeg_marker { SOF0 = 0xc0, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, SOF15 = 0xcf, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8,
		   EOI = 0xd9, SOS = 0xda, DQT = 0xdb, DRI = 0xdd, APP0 = 0xe0, APP15 = 0xef, COM = 0xfe };

bool is_frame_header(int marker)
{
	return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

/* Where the frame header begins (ITU-T T.81 annex B); 0: there is none, or segments without a length before it. */
size_t jpeg_header(const Uint8 *bytes, size_t n)
{
	if (n < 2 || bytes[0] != 0xff || bytes[1] != SOI)
		return 0;
	for (size_t at = 2; at + 4 <= n && bytes[at] == 0xff;) {
		const Uint8 marker = bytes[at + 1];
		const size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
		if (length < 2 || length + 2 > n - at)
			return 0;
		if (is_frame_header(marker))
			return at;
		if (marker != DHT && marker != DAC && marker != DQT && marker != DRI && marker != COM &&
		    (marker < APP0 || marker > APP15))
			return 0;
		at += length + 2;
	}
	return 0;
}

/* Size and kind of the picture. dcmtk compares its size only after all scans of a progressive one are decoded. */
bool jpeg_fits(const Uint8 *header, DcmDataset &dataset)
{
	const E_TransferSyntax xfer = dataset.getOriginalXfer();
	const unsigned length = (unsigned)header[2] << 8 | header[3];
	const bool progressive = header[1] == 0xc2 || header[1] == 0xc6 || header[1] == 0xca || header[1] == 0xce;
	Uint16 rows = 0, cols = 0, samples = 1;

	if (length < 8 || (progressive && xfer != EXS_JPEGProcess6_8 && xfer != EXS_JPEGProcess10_12))
		return false;
	if (dataset.findAndGetUint16(DCM_Rows, rows).bad() || dataset.findAndGetUint16(DCM_Columns, cols).bad())
		return false;
	if (dataset.findAndGetUint16(DCM_SamplesPerPixel, samples).bad())
		samples = 1;
	return ((unsigned)header[5] << 8 | header[6]) == rows && ((unsigned)header[7] << 8 | header[8]) == cols &&
	       header[9] == samples;
}

/* The bytes of the fragments before `last`, one after the other. */
struct coded {
	DcmPixelItem *const *item, *const *last;
	const Uint8 *at, *end;

	bool more()
	{
		while (at == end) {
			Uint8 *bytes = nullptr;
			if (item == last || (*item)->getUint8Array(bytes).bad())
				return false;
			at = bytes;
			end = bytes ? bytes + (*item)->getLength() : bytes;
			item++;
		}
		return true;
	}

	int next()
	{
		return more() ? *at++ : -1;
	}

	bool skip(size_t n)
	{
		for (; n && more();) {
			const size_t part = n < (size_t)(end - at) ? n : (size_t)(end - at);
			at += part;
			n -= part;
		}
		return n == 0;
	}

	/* The next marker with a segment, or EOI, as dcmtk looks for it: among coded pixels, too. -1: there is none. */
	int marker()
	{
		while (more()) {
			const Uint8 *ff = (const Uint8 *)memchr(at, 0xff, (size_t)(end - at));
			at = ff ? ff + 1 : end;
			int code = ff ? next() : 0;
			while (code == 0xff)
				code = next();
			if (code > 1 && (code < RST0 || code > RST7))
				return code;
		}
		return -1;
	}
};

/* Behind the frame header: each scan goes over the whole picture, however few bytes it has. */
bool jpeg_has_few_scans(struct coded rest)
{
	int scans = 0;

	for (int marker; (marker = rest.marker()) != EOI;) {
		const int high = marker < 0 ? -1 : rest.next(), low = rest.next();
		const size_t length = high < 0 || low < 0 ? 0 : (size_t)high << 8 | (size_t)low;
		scans += marker == SOS;
		if (length < 2 || scans > DICOM_SCANS_MOST || is_frame_header(marker) || !rest.skip(length - 2))
			return false;
	}
	return true;
}

bool jpeg_is_sound(struct coded f, DcmDataset &dataset)
{
	const size_t at = jpeg_header(f.at, (size_t)(f.end - f.at));
	const Uint8 *header = f.at + at;

	if (!at || !jpeg_fits(header, dataset))
		return false;
	f.at = header + 2 + ((size_t)header[2] << 8 | header[3]);
	return jpeg_has_few_scans(f);
}

bool is_jpeg(E_TransferSyntax xfer)
{
	return xfer == EXS_JPEGProcess1 || xfer == EXS_JPEGProcess2_4 || xfer == EXS_JPEGProcess6_8 ||
	       xfer == EXS_JPEGProcess10_12 || xfer == EXS_JPEGProcess14 || xfer == EXS_JPEGProcess14SV1;
}

int frames_of(DcmDataset &dataset)
{
	Sint32 frames = 1;

	return dataset.findAndGetSint32(DCM_NumberOfFrames, frames).bad() ? 1 : frames;
}

} // namespace

void DicomFragments::find(DcmDataset &dataset, DcmElement &pixels)
{
	DcmPixelData *data = dynamic_cast<DcmPixelData *>(&pixels);
	DcmPixelSequence *sequence = nullptr;

	frames = frames_of(dataset);
	item.clear();
	if (!data || data->getEncapsulatedRepresentation(dataset.getOriginalXfer(), nullptr, sequence).bad() ||
	    !sequence)
		return;
	DcmObject *next = sequence->nextInContainer(nullptr); /* the table of offsets */
	while (next && (next = sequence->nextInContainer(next)))
		if (DcmPixelItem *fragment = dynamic_cast<DcmPixelItem *>(next))
			item.push_back(fragment);
}

size_t DicomFragments::unread(int frame) const
{
	const unsigned long long n = item.size();
	size_t bytes = 0;

	if (frame < 0 || frame >= frames)
		return 0;
	const size_t end = (size_t)((frame + 1) * n / (unsigned)frames);
	for (size_t i = (size_t)(frame * n / (unsigned)frames); i < end; i++)
		bytes += item[i]->valueLoaded() ? 0 : item[i]->getLength();
	return bytes;
}

bool dicom_frame_is_sound(DcmDataset &dataset, const DicomFragments &fragments, int frame)
{
	const E_TransferSyntax xfer = dataset.getOriginalXfer();
	const size_t n = fragments.item.size(), first = (size_t)frame;
	const bool rle = xfer == EXS_RLELossless;

	if (!rle && !is_jpeg(xfer))
		return true;
	/* one to a frame, but that a single frame may have several */
	if (frame < 0 || first >= n || (fragments.frames != 1 && n != (size_t)fragments.frames))
		return false;
	DcmPixelItem *const *item = &fragments.item[first];
	Uint8 *bytes = nullptr;
	if ((*item)->getUint8Array(bytes).bad() || !bytes)
		return false;
	const size_t length = (*item)->getLength();
	if (rle)
		return rle_is_sound(bytes, length);
	return jpeg_is_sound({ item + 1, item + (fragments.frames == 1 ? n - first : 1), bytes, bytes + length },
			     dataset);
}
