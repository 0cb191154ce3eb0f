#include "serve/receive/object.h"

#include <dcmtk/dcmdata/dctk.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "serve/receive/receiver.h"

static const uint64_t space_step = 16u << 20; /* bytes between two looks at the disk */

const char *const object_no_space = "less than min_free is left on the disk";

ObjectConsumer::ObjectConsumer(const char *path, uint64_t limit, const struct peer *from)
	: fd_(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666)), limit_(limit), from_(from)
{
	if (fd_ < 0)
		fail(errno);
}

ObjectConsumer::~ObjectConsumer()
{
	if (fd_ >= 0)
		close(fd_);
}

void ObjectConsumer::fail(int error)
{
	if (!problem_)
		problem_ = error == ENOSPC || error == EDQUOT ? "the disk is full" : "the disk cannot be written";
}

offile_off_t ObjectConsumer::write(const void *buf, offile_off_t length)
{
	const char *p = static_cast<const char *>(buf);
	offile_off_t left = length;

	bytes_ += static_cast<uint64_t>(length);
	if (!problem_ && bytes_ > limit_)
		problem_ = "larger than max_object";
	if (!problem_ && bytes_ - asked_ >= space_step) {
		asked_ = bytes_;
		if (!peer_space(from_, 0))
			problem_ = object_no_space;
	}
	while (!problem_ && left > 0) {
		const ssize_t n = ::write(fd_, p, static_cast<size_t>(left));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail(n == 0 ? ENOSPC : errno);
			break;
		}
		p += n;
		left -= n;
	}
	return length;
}

bool ObjectConsumer::sync()
{
	if (fd_ < 0)
		return false;
	if (!problem_ && fsync(fd_) != 0)
		fail(errno);
	if (close(fd_) != 0)
		fail(errno);
	fd_ = -1;
	return !problem_;
}

OFCondition object_head(DcmOutputStream &out, const char *sop_class, const char *sop, const char *transfer)
{
	DcmMetaInfo meta;
	const Uint8 version[2] = { 0, 1 };

	OFCondition cond = meta.putAndInsertUint8Array(DCM_FileMetaInformationVersion, version, 2);
	if (cond.good())
		cond = meta.putAndInsertString(DCM_MediaStorageSOPClassUID, sop_class);
	if (cond.good())
		cond = meta.putAndInsertString(DCM_MediaStorageSOPInstanceUID, sop);
	if (cond.good())
		cond = meta.putAndInsertString(DCM_TransferSyntaxUID, transfer);
	if (cond.good())
		cond = meta.putAndInsertString(DCM_ImplementationClassUID, OFFIS_IMPLEMENTATION_CLASS_UID);
	if (cond.good())
		cond = meta.insert(new DcmUnsignedLong(DCM_FileMetaInformationGroupLength), OFTrue);
	if (cond.bad())
		return cond;
	meta.transferInit();
	cond = meta.computeGroupLengthAndPadding(EGL_withGL, EPD_noChange, META_HEADER_DEFAULT_TRANSFERSYNTAX,
						 EET_ExplicitLength);
	if (cond.good())
		cond = meta.write(out, META_HEADER_DEFAULT_TRANSFERSYNTAX, EET_ExplicitLength, nullptr);
	meta.transferEnd();
	return cond;
}
