#include "serve/core/quiet.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/dul.h>

void dicom_quiet(void)
{
	OFLog::configure(OFLogger::OFF_LOG_LEVEL);
	dcmDisableGethostbyaddr.set(OFTrue);
}
