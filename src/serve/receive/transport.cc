#include "serve/receive/transport.h"

#include <cerrno>
#include <ctime>
#include <memory>

namespace {

thread_local const char *problem_here;

class CheckedConnection : public DcmTransportConnection {
public:
	CheckedConnection(DcmTransportConnection *inner, DcmNativeSocketType socket, enum pdu_side side)
		: DcmTransportConnection(socket), inner_(inner)
	{
		pdu_init(&pdu_, side, from_peer, inner_.get());
	}
	~CheckedConnection() override { pdu_free(&pdu_); }
	CheckedConnection(const CheckedConnection &) = delete;
	CheckedConnection &operator=(const CheckedConnection &) = delete;

	ssize_t read(void *buf, size_t n) override
	{
		if (n == 0)
			return 0;
		const ssize_t got = pdu_read(&pdu_, buf, n);
		const int error = errno;
		if (pdu_.problem && !told_)
			tell();
		errno = error;
		return got;
	}

	/* Seconds are as exact as it gets: dcmtk asks with whole ones. */
	OFBool networkDataAvailable(int timeout) override
	{
		const time_t end = time(nullptr) + timeout;
		while (!pdu_ready(&pdu_)) {
			const time_t left = end - time(nullptr);
			if (!inner_->networkDataAvailable(left > 0 ? (int)left : 0))
				return OFFalse;
			if (pdu_fill(&pdu_) <= 0) /* read() tells */
				break;
		}
		return OFTrue;
	}

	OFCondition serverSideHandshake() override { return inner_->serverSideHandshake(); }
	OFCondition clientSideHandshake() override { return inner_->clientSideHandshake(); }
	OFCondition renegotiate(const char *suite) override { return inner_->renegotiate(suite); }
	ssize_t write(void *buf, size_t n) override { return inner_->write(buf, n); }
	void close() override
	{
		inner_->close();
		setSocket(-1);
	}
	void closeTransportConnection() override
	{
		inner_->closeTransportConnection();
		setSocket(-1);
	}
	unsigned long getPeerCertificateLength() override { return inner_->getPeerCertificateLength(); }
	unsigned long getPeerCertificate(void *buf, unsigned long n) override
	{
		return inner_->getPeerCertificate(buf, n);
	}
	OFBool isTransparentConnection() override { return inner_->isTransparentConnection(); }
	OFString &dumpConnectionParameters(OFString &text) override { return inner_->dumpConnectionParameters(text); }

private:
	std::unique_ptr<DcmTransportConnection> inner_;
	struct pdu pdu_;
	bool told_ = false;

	static ssize_t from_peer(void *user, void *buf, size_t n)
	{
		return static_cast<DcmTransportConnection *>(user)->read(buf, n);
	}

	/* dcmtk takes the end of reading for that of the connection and says nothing any more. */
	void tell()
	{
		uint8_t abort[10] = { 7, 0, 0, 0, 0, 4, 0, 0, 2, pdu_.reason };
		told_ = true;
		problem_here = pdu_.problem;
		(void)inner_->write(abort, sizeof abort);
	}
};

} // namespace

DcmTransportConnection *transport_checked(DcmTransportConnection *inner, DcmNativeSocketType socket, enum pdu_side side)
{
	problem_here = nullptr;
	return inner ? new CheckedConnection(inner, socket, side) : nullptr;
}

const char *transport_problem()
{
	return problem_here;
}
