/* What dicom_walk() lets pass must not take dcmtk deeper than it says. */
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cstdlib>

#include "scan/dicom_walk.h"

extern "C" void fuzz_walk(const char *path);

namespace {

int depth_of(DcmItem &item)
{
	int deepest = 0;
	for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o)) {
		auto *sequence = dynamic_cast<DcmSequenceOfItems *>(o);
		if (!sequence)
			continue;
		int inner = 0;
		for (unsigned long i = 0; i < sequence->card(); i++) {
			const int depth = depth_of(*sequence->getItem(i));
			inner = depth > inner ? depth : inner;
		}
		deepest = inner + 1 > deepest ? inner + 1 : deepest;
	}
	return deepest;
}

} // namespace

void fuzz_walk(const char *path)
{
	DcmFileFormat file;

	OFLog::configure(OFLogger::OFF_LOG_LEVEL);
	if (dicom_walk(path, nullptr) < 0)
		return;
	(void)file.loadFile(path);
	/* one more: dcmtk begins a sequence by its tag alone, and only then sees that its value is none */
	if (depth_of(*file.getDataset()) > DICOM_DEPTH_MOST + 1 || depth_of(*file.getMetaInfo()) > 0)
		abort();
}
