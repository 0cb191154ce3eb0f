/* The file of one object while it arrives. */
#ifndef SERVE_RECEIVE_OBJECT_H
#define SERVE_RECEIVE_OBJECT_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcostrma.h>

#include <cstdint>

struct peer;

extern const char *const object_no_space; /* the problem where less than min_free is left */

/* Takes every byte, so that the peer's message is read to its end, but writes none once one could not be
 * written, there are too many, or min_free is reached: several large objects may come at a time. Then problem()
 * tells. */
class ObjectConsumer : public DcmConsumer {
public:
	ObjectConsumer(const char *path, uint64_t limit, const struct peer *from);
	~ObjectConsumer() override;
	ObjectConsumer(const ObjectConsumer &) = delete;
	ObjectConsumer &operator=(const ObjectConsumer &) = delete;

	OFBool good() const override { return OFTrue; }
	OFCondition status() const override { return EC_Normal; }
	OFBool isFlushed() const override { return OFTrue; }
	offile_off_t avail() const override { return 1 << 20; }
	offile_off_t write(const void *buf, offile_off_t length) override;
	void flush() override {}

	bool sync();           /* all on disk, the file closed; false: problem() */
	const char *problem() const { return problem_; } /* NULL: none so far */
	uint64_t bytes() const { return bytes_; }

private:
	int fd_;
	uint64_t limit_, bytes_ = 0, asked_ = 0;
	const struct peer *from_;
	const char *problem_ = nullptr;
	void fail(int error);
};

class ObjectStream : public DcmOutputStream {
public:
	ObjectStream(const char *path, uint64_t limit, const struct peer *from)
		: DcmOutputStream(&consumer_), consumer_(path, limit, from)
	{
	}
	ObjectConsumer &consumer() { return consumer_; }

private:
	ObjectConsumer consumer_;
};

/* The head of the file (PS3.10): preamble and meta information. */
OFCondition object_head(DcmOutputStream &out, const char *sop_class, const char *sop, const char *transfer);

#endif
