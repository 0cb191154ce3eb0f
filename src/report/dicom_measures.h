/* The measures of a VOI as a measurement group (TID 1501) of the Structured Report. (C++) */
#ifndef REPORT_DICOM_MEASURES_H
#define REPORT_DICOM_MEASURES_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmsr/cmr/tid1500.h>

#include "report/dicom_parts.h"

/* Fills the group; job.measures is not NULL. */
OFCondition dicom_measures(const dicom_job &job, const std::string &tracking_uid,
			   TID1500_MeasurementReport::TID1501_Measurements &group);

#endif
