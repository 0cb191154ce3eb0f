/* One peer: negotiation, C-ECHO and C-STORE, on dcmtk's network library. */
#include "serve/receive/receiver.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dimse.h>
#include <dcmtk/dcmtls/tlslayer.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "serve/core/ids.h"
#include "serve/receive/object.h"
#include "serve/receive/transport.h"

namespace {

/* What may be an image of a bone. */
const char *const sop_classes[] = {
	UID_VerificationSOPClass,
	UID_CTImageStorage,
	UID_EnhancedCTImageStorage,
	UID_LegacyConvertedEnhancedCTImageStorage,
	UID_SecondaryCaptureImageStorage,
	UID_MultiframeGrayscaleByteSecondaryCaptureImageStorage,
	UID_MultiframeGrayscaleWordSecondaryCaptureImageStorage,
};

/* What the reader unpacks, best first. */
const char *const transfer_syntaxes[] = {
	UID_LittleEndianExplicitTransferSyntax,
	UID_LittleEndianImplicitTransferSyntax,
	UID_BigEndianExplicitTransferSyntax,
	UID_JPEGProcess14SV1TransferSyntax,
	UID_JPEGProcess14TransferSyntax,
	UID_JPEGLSLosslessTransferSyntax,
	UID_RLELosslessTransferSyntax,
	UID_JPEGProcess2_4TransferSyntax,
	UID_JPEGProcess1TransferSyntax,
	UID_JPEGLSLossyTransferSyntax,
};

/* dcmtk takes a connection that is there already from a global variable. The lock is held from setting it
 * until it was read, which createConnection() marks; the peer's bytes are waited for without it. */
std::mutex handover;
thread_local bool handing_over;

void handed_over()
{
	if (!handing_over)
		return;
	dcmExternalSocketHandle.set(-1);
	handing_over = false;
	handover.unlock();
}

template <typename Base> class Layer : public Base {
public:
	using Base::Base;
	DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool secure) override
	{
		handed_over();
		return transport_checked(Base::createConnection(socket, secure), socket, PDU_ACCEPTOR);
	}
};

typedef Layer<DcmTransportLayer> PlainLayer;
typedef Layer<DcmTLSTransportLayer> TlsLayer;

struct Session {
	struct peer *peer;
	struct receiver_terms terms;
	T_ASC_Network *net = nullptr;
	T_ASC_Association *assoc = nullptr;
	DIC_AE calling, called;
	char problem[128]; /* of what the peer sent, for the log */
};

/* Does it begin like an association request? Whatever else comes is no DICOM, and gets no answer. */
bool looks_like_dicom(int fd, int seconds)
{
	struct timeval limit = { seconds, 0 };
	uint8_t head[6];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (recv(fd, head, sizeof head, MSG_PEEK | MSG_WAITALL) != (ssize_t)sizeof head)
		return false;
	const uint32_t length = (uint32_t)head[2] << 24 | (uint32_t)head[3] << 16 | (uint32_t)head[4] << 8 | head[5];
	return head[0] == 1 && length <= PDU_ASSOCIATE_MOST;
}

OFCondition receive(Session &s, DcmTransportLayer *layer, bool secure)
{
	const int fd = peer_socket(s.peer);

	handover.lock();
	handing_over = true;
	dcmExternalSocketHandle.set(fd);
	OFCondition cond = ASC_initializeNetwork(NET_ACCEPTOR, 0, s.terms.idle_timeout, &s.net);
	if (cond.good())
		cond = ASC_setTransportLayer(s.net, layer, 0);
	if (cond.good())
		cond = ASC_receiveAssociation(s.net, &s.assoc, PDU_MOST, nullptr, nullptr, secure, DUL_NOBLOCK,
					      s.terms.idle_timeout);
	if (handing_over) { /* nobody has taken the socket */
		handed_over();
		close(fd);
	}
	/* for dcmtk, a connection that ended before the request is no error */
	if (cond.good())
		cond = ASC_getAPTitles(s.assoc->params, s.calling, sizeof s.calling, s.called, sizeof s.called, nullptr,
				       0);
	return cond.good() && !s.calling[0] && !s.called[0] ? DUL_NETWORKCLOSED : cond;
}

void reject(Session &s, T_ASC_RejectParametersResult result, T_ASC_RejectParametersSource source,
	    T_ASC_RejectParametersReason reason, const char *why)
{
	const T_ASC_RejectParameters answer = { result, source, reason };

	peer_refused(s.peer, why, s.calling);
	ASC_rejectAssociation(s.assoc, &answer);
}

/* true: the association is accepted. */
bool negotiate(Session &s)
{
	char context[256] = "";
	T_ASC_Parameters *params = s.assoc->params;

	ASC_getApplicationContextName(params, context, sizeof context);
	const bool mine = s.terms.any_called || strcmp(s.called, s.terms.ae_title) == 0;
	if (!peer_allowed(s.peer, s.calling))
		reject(s, ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
		       ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED, "calling title not in allow_ae");
	else if (!mine)
		reject(s, ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
		       ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED, "called title is not ours");
	else if (strcmp(context, UID_StandardApplicationContext) != 0)
		reject(s, ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
		       ASC_REASON_SU_APPCONTEXTNAMENOTSUPPORTED, "not the DICOM application context");
	else if (peer_stopping(s.peer) || peer_congested(s.peer))
		reject(s, ASC_RESULT_REJECTEDTRANSIENT, ASC_SOURCE_SERVICEPROVIDER_PRESENTATION_RELATED,
		       ASC_REASON_SP_PRES_TEMPORARYCONGESTION, "the queue is full");
	else {
		ASC_acceptContextsWithPreferredTransferSyntaxes(
			params, const_cast<const char **>(sop_classes), sizeof sop_classes / sizeof *sop_classes,
			const_cast<const char **>(transfer_syntaxes),
			sizeof transfer_syntaxes / sizeof *transfer_syntaxes);
		if (ASC_countAcceptedPresentationContexts(params) == 0)
			reject(s, ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER, ASC_REASON_SU_NOREASON,
			       "offers no kind of image that is received");
		else if (ASC_acknowledgeAssociation(s.assoc).good()) {
			peer_accepted(s.peer, s.calling);
			return true;
		}
	}
	return false;
}

void on_data(void *user, unsigned long)
{
	peer_alive(static_cast<struct peer *>(user), true);
}

OFCondition answer_store(Session &s, T_ASC_PresentationContextID id, const T_DIMSE_C_StoreRQ &request, Uint16 status)
{
	T_DIMSE_C_StoreRSP response;

	memset(&response, 0, sizeof response);
	response.MessageIDBeingRespondedTo = request.MessageID;
	response.DimseStatus = status;
	response.DataSetType = DIMSE_DATASET_NULL;
	OFStandard::strlcpy(response.AffectedSOPClassUID, request.AffectedSOPClassUID,
			    sizeof response.AffectedSOPClassUID);
	OFStandard::strlcpy(response.AffectedSOPInstanceUID, request.AffectedSOPInstanceUID,
			    sizeof response.AffectedSOPInstanceUID);
	response.opts = O_STORE_AFFECTEDSOPCLASSUID | O_STORE_AFFECTEDSOPINSTANCEUID;
	return DIMSE_sendStoreResponse(s.assoc, id, &request, &response, nullptr);
}

/* The object into the file temp; *why tells what kept it from being stored. Fails only with the association. */
OFCondition receive_object(Session &s, T_ASC_PresentationContextID id, const T_DIMSE_C_StoreRQ &request,
			   const char *temp, uint64_t *bytes, const char **why)
{
	T_ASC_PresentationContext context;
	T_ASC_PresentationContextID data_id = id;

	OFCondition cond = ASC_findAcceptedPresentationContext(s.assoc->params, id, &context);
	if (cond.bad())
		return cond;
	ObjectStream stream(temp, s.terms.max_object, s.peer);
	ObjectConsumer &file = stream.consumer();
	if (object_head(stream, request.AffectedSOPClassUID, request.AffectedSOPInstanceUID,
			context.acceptedTransferSyntax).bad())
		*why = "its UIDs cannot be written";
	cond = DIMSE_receiveDataSetInFile(s.assoc, DIMSE_NONBLOCKING, s.terms.idle_timeout, &data_id, &stream, on_data,
					  s.peer);
	if (cond.bad())
		return cond;
	if (data_id != id)
		return DIMSE_BADDATA;
	*bytes = file.bytes();
	if (!*why && !file.sync())
		*why = file.problem();
	return EC_Normal;
}

OFCondition store(Session &s, T_ASC_PresentationContextID id, const T_DIMSE_C_StoreRQ &request)
{
	char temp[1600];
	const char *why = nullptr;
	uint64_t bytes = 0;
	struct dicom_ids ids;
	struct gppi_error err;
	Uint16 status = STATUS_STORE_Success;

	peer_alive(s.peer, true);
	if (!peer_space(s.peer, 0)) {
		peer_object_refused(s.peer, object_no_space);
		DIC_UL read = 0, pdvs = 0;
		const OFCondition cond = DIMSE_ignoreDataSet(s.assoc, DIMSE_NONBLOCKING, s.terms.idle_timeout, &read,
							     &pdvs);
		return cond.bad() ? cond : answer_store(s, id, request, STATUS_STORE_Refused_OutOfResources);
	}
	peer_temp(s.peer, temp);
	OFCondition cond = receive_object(s, id, request, temp, &bytes, &why);
	if (cond.bad()) {
		unlink(temp);
		return cond;
	}
	if (why) {
		status = STATUS_STORE_Refused_OutOfResources;
	} else if (dicom_ids_read(temp, &ids, &err) < 0) {
		/* what fails here and now may be sent again */
		status = err.code == GPPI_E_FORMAT || err.code == GPPI_E_UNSUPPORTED
				 ? STATUS_STORE_Error_CannotUnderstand
				 : STATUS_STORE_Refused_OutOfResources;
		why = err.text;
	} else if (strcmp(ids.sop, request.AffectedSOPInstanceUID) != 0) {
		status = STATUS_STORE_Error_DataSetDoesNotMatchSOPClass;
		why = "its SOP instance is not the one announced";
	} else if (peer_store(s.peer, temp, &ids, bytes, &err) < 0) {
		status = STATUS_STORE_Refused_OutOfResources;
		why = err.text;
	}
	if (why) {
		peer_object_refused(s.peer, why);
		unlink(temp);
	}
	return answer_store(s, id, request, status);
}

/* How an association ended that neither side ended. */
const char *broken(Session &s)
{
	if (!transport_problem())
		return "broken";
	snprintf(s.problem, sizeof s.problem, "\"%s\"", transport_problem());
	return s.problem;
}

/* Messages until the peer has had enough. */
bool serve(Session &s, const char **how)
{
	for (;;) {
		T_ASC_PresentationContextID id = 0;
		T_DIMSE_Message message;

		if (peer_stopping(s.peer)) {
			*how = "\"the service stops\"";
			break;
		}
		peer_alive(s.peer, false);
		OFCondition cond = DIMSE_receiveCommand(s.assoc, DIMSE_NONBLOCKING, s.terms.idle_timeout, &id, &message,
							nullptr);
		if (cond == DUL_PEERREQUESTEDRELEASE) {
			ASC_acknowledgeRelease(s.assoc);
			*how = "released";
			return true;
		}
		/* dcmtk takes a refusal for that, too. */
		if (cond == DUL_PEERABORTEDASSOCIATION && !transport_problem()) {
			*how = "aborted";
			return false;
		}
		if (cond.bad()) {
			*how = cond == DIMSE_NODATAAVAILABLE ? "silent" : broken(s);
			break;
		}
		peer_terms(s.peer, &s.terms);
		if (message.CommandField == DIMSE_C_ECHO_RQ)
			cond = DIMSE_sendEchoResponse(s.assoc, id, &message.msg.CEchoRQ, STATUS_Success, nullptr);
		else if (message.CommandField == DIMSE_C_STORE_RQ)
			cond = store(s, id, message.msg.CStoreRQ);
		else
			cond = DIMSE_BADCOMMANDTYPE;
		if (cond.bad()) {
			*how = broken(s);
			break;
		}
	}
	ASC_abortAssociation(s.assoc);
	return false;
}

void run(struct peer *p, TlsLayer *tls)
{
	Session s;
	PlainLayer plain;
	const char *how = "refused";
	bool released = false;

	s.peer = p;
	s.calling[0] = s.called[0] = 0;
	peer_terms(p, &s.terms);
	if (!tls && !looks_like_dicom(peer_socket(p), s.terms.idle_timeout)) {
		peer_refused(p, "not DICOM", "");
		close(peer_socket(p));
	} else if (receive(s, tls ? static_cast<DcmTransportLayer *>(tls) : &plain, tls != nullptr).bad()) {
		peer_refused(p, transport_problem() ? transport_problem() : "no proper association request", "");
	} else if (negotiate(s)) {
		released = serve(s, &how);
	}
	peer_over(p, released, how);
	if (s.assoc) {
		ASC_dropSCPAssociation(s.assoc, 1);
		ASC_destroyAssociation(&s.assoc);
	}
	if (s.net)
		ASC_dropNetwork(&s.net);
}

} // namespace

void association_run(struct peer *p, void *tls)
{
	/* No C++ exception may cross into C. */
	try {
		run(p, static_cast<TlsLayer *>(tls));
	} catch (...) {
		handed_over();
		peer_over(p, false, "\"out of memory\"");
	}
}

int association_tls(const char *certificate, const char *key, const char *ca, void **out, struct gppi_error *err)
{
	try {
		TlsLayer *layer = new TlsLayer(NET_ACCEPTOR, nullptr, OFTrue);
		const char *bad = nullptr;
		if (layer->setPrivateKeyFile(key, DCF_Filetype_PEM).bad())
			bad = key;
		else if (layer->setCertificateFile(certificate, DCF_Filetype_PEM).bad() ||
			 !layer->checkPrivateKeyMatchesCertificate())
			bad = certificate;
		else if (*ca && layer->addTrustedCertificateFile(ca, DCF_Filetype_PEM).bad())
			bad = ca;
		if (bad || layer->setTLSProfile(TSP_Profile_BCP195_ND).bad() || layer->activateCipherSuites().bad()) {
			delete layer;
			return err_set(err, GPPI_E_USAGE,
				       "%s: cannot be used for TLS; give PEM files, the key without a "
				       "password, that belong together",
				       bad ? bad : key);
		}
		/* with tls_ca, senders must show a certificate signed by it */
		layer->setCertificateVerification(*ca ? DCV_requireCertificate : DCV_ignoreCertificate);
		*out = layer;
		return 0;
	} catch (...) {
		return err_set(err, GPPI_E_NOMEM, "out of memory for TLS");
	}
}

void association_tls_free(void *tls)
{
	delete static_cast<TlsLayer *>(tls);
}
