#include "serve/send/deliver.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>
#include <dcmtk/dcmtls/tlslayer.h>

#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "scan/dicom_load.h"
#include "serve/receive/transport.h"

namespace {

const int connect_seconds = 10;

/* What report/dicom_*.cc makes; in uncompressed syntaxes, which dcmtk turns into each other, and the picture as it
 * is. */
const char *const sop_classes[] = {
	UID_EnhancedSRStorage,
	UID_ComprehensiveSRStorage,
	UID_KeyObjectSelectionDocumentStorage,
	UID_SecondaryCaptureImageStorage,
	UID_SegmentationStorage,
};
const char *const transfer_syntaxes[] = {
	UID_LittleEndianExplicitTransferSyntax,
	UID_LittleEndianImplicitTransferSyntax,
};
const char *picture_syntaxes[] = { UID_JPEGProcess1TransferSyntax };

/* A second descriptor of the connection, so that another thread can cut it off. */
struct Guard {
	std::mutex lock;
	int fd = -1;
	bool cut = false;

	void take(int socket)
	{
		const std::lock_guard<std::mutex> hold(lock);
		if (fd >= 0)
			close(fd);
		fd = fcntl(socket, F_DUPFD_CLOEXEC, 3);
		if (cut && fd >= 0)
			shutdown(fd, SHUT_RDWR);
	}
	void drop()
	{
		const std::lock_guard<std::mutex> hold(lock);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	void cut_off()
	{
		const std::lock_guard<std::mutex> hold(lock);
		cut = true;
		if (fd >= 0)
			shutdown(fd, SHUT_RDWR);
	}
};

/* A transport layer that tells of its socket. */
template <typename Base> class Watched : public Base {
public:
	Guard *guard = nullptr;
	using Base::Base;
	DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool secure) override
	{
		if (guard)
			guard->take(socket);
		return transport_checked(Base::createConnection(socket, secure), socket, PDU_REQUESTOR);
	}
};

typedef Watched<DcmTransportLayer> PlainLayer;
typedef Watched<DcmTLSTransportLayer> TlsLayer;

int use_tls(TlsLayer &layer, const struct deliver_terms &t, struct gppi_error *err)
{
	const char *bad = nullptr;

	if (*t.key && layer.setPrivateKeyFile(t.key, DCF_Filetype_PEM).bad())
		bad = t.key;
	else if (*t.certificate && (layer.setCertificateFile(t.certificate, DCF_Filetype_PEM).bad() ||
				    !layer.checkPrivateKeyMatchesCertificate()))
		bad = t.certificate;
	else if (layer.addTrustedCertificateFile(t.ca, DCF_Filetype_PEM).bad())
		bad = t.ca;
	if (bad || layer.setTLSProfile(TSP_Profile_BCP195_ND).bad() || layer.activateCipherSuites().bad())
		return err_set(err, GPPI_E_USAGE,
			       "%s: cannot be used for TLS; give PEM files, the key without a password, "
			       "that belong together",
			       bad ? bad : t.ca);
	layer.setCertificateVerification(DCV_requireCertificate);
	return 0;
}

} // namespace

struct delivery {
	Guard guard;
	std::unique_ptr<PlainLayer> plain;
	std::unique_ptr<TlsLayer> tls;
	T_ASC_Network *net = nullptr;
	T_ASC_Association *assoc = nullptr;
	std::string called;
	int timeout = 30;
	bool open = false, broken = false;
};

namespace {

int ask(delivery &d, const struct deliver_terms &t, struct gppi_error *err)
{
	T_ASC_Parameters *params = nullptr;
	const std::string where = std::string(t.host) + ":" + std::to_string(t.port);
	int id = 1;

	dcmConnectionTimeout.set(connect_seconds);
	OFCondition cond = ASC_initializeNetwork(NET_REQUESTOR, 0, t.timeout, &d.net);
	DcmTransportLayer *layer = d.tls ? static_cast<DcmTransportLayer *>(d.tls.get()) : d.plain.get();
	if (cond.good())
		cond = ASC_setTransportLayer(d.net, layer, 0);
	if (cond.good())
		cond = ASC_createAssociationParameters(&params, PDU_MOST);
	if (cond.good())
		cond = ASC_setAPTitles(params, t.calling, t.called, nullptr);
	if (cond.good())
		cond = ASC_setTransportLayerType(params, t.tls ? OFTrue : OFFalse);
	if (cond.good())
		cond = ASC_setPresentationAddresses(params, "localhost", where.c_str());
	for (const char *sop_class : sop_classes) {
		if (cond.good())
			cond = ASC_addPresentationContext(params, (T_ASC_PresentationContextID)id, sop_class,
							  const_cast<const char **>(transfer_syntaxes),
							  sizeof transfer_syntaxes / sizeof *transfer_syntaxes);
		id += 2;
	}
	if (cond.good())
		cond = ASC_addPresentationContext(params, (T_ASC_PresentationContextID)id,
						  UID_SecondaryCaptureImageStorage, picture_syntaxes, 1);
	if (cond.bad()) {
		if (params)
			ASC_destroyAssociationParameters(&params);
		return err_set(err, GPPI_E_IO, "%s: no association can be made: %s", where.c_str(), cond.text());
	}
	/* from here on the association has the parameters, also where it fails */
	cond = ASC_requestAssociation(d.net, params, &d.assoc, nullptr, nullptr, DUL_NOBLOCK, t.timeout);
	if (!d.assoc)
		ASC_destroyAssociationParameters(&params);
	if (cond == DUL_ASSOCIATIONREJECTED) {
		T_ASC_RejectParameters why = {};
		OFString text;
		ASC_getRejectParameters(params, &why);
		ASC_printRejectParameters(text, &why);
		return err_set(err, GPPI_E_IO,
			       "%s: %s rejects the association (%s); are both AE titles, and this machine, "
			       "known there?",
			       where.c_str(), t.called, text.c_str());
	}
	if (cond.bad() && transport_problem())
		return err_set(err, GPPI_E_IO, "%s: %s answers with %s", where.c_str(), t.called, transport_problem());
	if (cond.bad())
		return err_set(err, GPPI_E_IO, "%s: %s cannot be reached (%s)", where.c_str(), t.called, cond.text());
	return 0;
}

enum deliver_answer refused(struct gppi_error *why, const char *path, const std::string &what)
{
	err_set(why, GPPI_E_FORMAT, "%s: %s", path, what.c_str());
	return DELIVER_REFUSED;
}

std::string text_of(DcmItem &item, const DcmTagKey &tag)
{
	OFString value;
	item.findAndGetOFString(tag, value);
	return value.c_str();
}

enum deliver_answer judge(const delivery &d, unsigned status, DcmDataset *detail, const char *path,
			  struct gppi_error *why)
{
	char number[16];

	/* warnings (PS3.4 B.2.3, PS3.7 C) are given for what is stored; 0x0111: it was there already */
	if (status == STATUS_Success || (status & 0xf000) == 0xb000 || status == 0x0001 || status == 0x0107 ||
	    status == 0x0111 || status == 0x0116)
		return DELIVER_SENT;
	snprintf(number, sizeof number, "%04X", status);
	const std::string comment = detail ? text_of(*detail, DCM_ErrorComment) : "";
	const std::string what = d.called + " answers with status " + number + (comment.empty() ? "" : ": " + comment);
	/* out of resources, processing failure, resource limitation */
	if ((status & 0xff00) == STATUS_STORE_Refused_OutOfResources || status == 0x0110 || status == 0x0213) {
		err_set(why, GPPI_E_IO, "%s: %s", path, what.c_str());
		return DELIVER_LATER;
	}
	return refused(why, path, what);
}

/* The context for an object: in its own transfer syntax or, where that was not accepted, in a plain one, to which a
 * picture is unpacked here. 0: there is none. */
T_ASC_PresentationContextID context_for(delivery &d, const char *sop_class, DcmDataset &data)
{
	static std::once_flag once;
	const DcmXfer own(data.getOriginalXfer());
	T_ASC_PresentationContext context;
	/* it falls back on any plain syntax by itself */
	const T_ASC_PresentationContextID id =
		ASC_findAcceptedPresentationContextID(d.assoc, sop_class, own.getXferID());

	if (id == 0 || !own.isEncapsulated() ||
	    ASC_findAcceptedPresentationContext(d.assoc->params, id, &context).bad() ||
	    !strcmp(context.acceptedTransferSyntax, own.getXferID()))
		return id;
	std::call_once(once, [] { DJDecoderRegistration::registerCodecs(); });
	return data.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).good() ? id : 0;
}

enum deliver_answer send(delivery &d, const char *path, struct gppi_error *why)
{
	DcmFileFormat file;
	T_DIMSE_C_StoreRQ request;
	T_DIMSE_C_StoreRSP response;
	DcmDataset *detail = nullptr;

	if (dicom_load(file, path, DCM_UndefinedTagKey, why) < 0)
		return DELIVER_REFUSED;
	const std::string sop_class = text_of(*file.getDataset(), DCM_SOPClassUID);
	const std::string sop = text_of(*file.getDataset(), DCM_SOPInstanceUID);
	const T_ASC_PresentationContextID id = context_for(d, sop_class.c_str(), *file.getDataset());
	if (id == 0)
		return refused(why, path,
			       d.called + " does not take this kind of object (SOP class " + sop_class + ")");
	memset(&request, 0, sizeof request);
	memset(&response, 0, sizeof response);
	request.MessageID = d.assoc->nextMsgID++;
	request.DataSetType = DIMSE_DATASET_PRESENT;
	request.Priority = DIMSE_PRIORITY_MEDIUM;
	OFStandard::strlcpy(request.AffectedSOPClassUID, sop_class.c_str(), sizeof request.AffectedSOPClassUID);
	OFStandard::strlcpy(request.AffectedSOPInstanceUID, sop.c_str(), sizeof request.AffectedSOPInstanceUID);
	const OFCondition cond = DIMSE_storeUser(d.assoc, id, &request, nullptr, file.getDataset(), nullptr, nullptr,
						 DIMSE_NONBLOCKING, d.timeout, &response, &detail, nullptr, 0);
	const std::unique_ptr<DcmDataset> owner(detail);
	if (cond.bad()) {
		d.broken = true;
		const char *problem = transport_problem() ? transport_problem() : cond.text();
		err_set(why, GPPI_E_IO, "%s: %s breaks off (%s)", path, d.called.c_str(), problem);
		return DELIVER_BROKEN;
	}
	return judge(d, response.DimseStatus, detail, path, why);
}

} // namespace

struct delivery *delivery_new(void)
{
	return new (std::nothrow) delivery;
}

void delivery_free(struct delivery *d)
{
	if (d)
		delivery_close(d);
	delete d;
}

/* No C++ exception may cross into C. */
int delivery_open(struct delivery *d, const struct deliver_terms *terms, struct gppi_error *err)
{
	int rc = 0;

	try {
		d->called = terms->called;
		d->timeout = terms->timeout;
		d->broken = false;
		if (terms->tls) {
			d->tls.reset(new TlsLayer(NET_REQUESTOR, nullptr, OFTrue));
			d->tls->guard = &d->guard;
			rc = use_tls(*d->tls, *terms, err);
		} else {
			d->plain.reset(new PlainLayer);
			d->plain->guard = &d->guard;
		}
		if (rc == 0)
			rc = ask(*d, *terms, err);
	} catch (...) {
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for an association");
	}
	d->open = rc == 0;
	if (rc < 0)
		delivery_close(d);
	return rc;
}

enum deliver_answer delivery_send(struct delivery *d, const char *path, struct gppi_error *why)
{
	try {
		return send(*d, path, why);
	} catch (...) {
		d->broken = true;
		err_set(why, GPPI_E_NOMEM, "%s: out of memory", path);
		return DELIVER_BROKEN;
	}
}

void delivery_close(struct delivery *d)
{
	if (d->assoc) {
		if (d->open && d->broken)
			ASC_abortAssociation(d->assoc);
		else if (d->open)
			ASC_releaseAssociation(d->assoc);
		ASC_destroyAssociation(&d->assoc);
	}
	if (d->net)
		ASC_dropNetwork(&d->net);
	d->guard.drop();
	d->plain.reset();
	d->tls.reset();
}

void delivery_cut(struct delivery *d)
{
	d->guard.cut_off();
}
