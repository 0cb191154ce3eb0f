/* The file of an object of a peer, which stops to grow where it would take the disk below min_free. */
#ifndef SERVE_RECEIVE_ARRIVING_H
#define SERVE_RECEIVE_ARRIVING_H

#include "serve/receive/object.h"
#include "serve/receive/receiver.h"

/* Several objects of max_object may come at a time: the space that was there before the first is no promise. */
class ArrivingConsumer : public ObjectConsumer {
public:
	ArrivingConsumer(const char *path, uint64_t limit, const struct peer *p) : ObjectConsumer(path, limit), peer_(p)
	{
	}
	offile_off_t write(const void *buf, offile_off_t length) override
	{
		since_ += static_cast<uint64_t>(length);
		if (!full_ && since_ >= step) {
			since_ = 0;
			full_ = !peer_space(peer_, 0);
		}
		return full_ ? length : ObjectConsumer::write(buf, length);
	}
	bool full() const { return full_; }

private:
	static constexpr uint64_t step = 16u << 20;
	const struct peer *peer_;
	uint64_t since_ = 0;
	bool full_ = false;
};

class ArrivingStream : public DcmOutputStream {
public:
	ArrivingStream(const char *path, uint64_t limit, const struct peer *p)
		: DcmOutputStream(&consumer_), consumer_(path, limit, p)
	{
	}
	ArrivingConsumer &consumer() { return consumer_; }

private:
	ArrivingConsumer consumer_;
};

#endif
