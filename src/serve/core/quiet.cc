#include "serve/core/quiet.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/dul.h>

#include "scan/dicom_dictionary.h"

void dicom_quiet(void)
{
	OFLog::configure(OFLogger::OFF_LOG_LEVEL);
	dicom_dictionary();
	dcmDisableGethostbyaddr.set(OFTrue);
}
