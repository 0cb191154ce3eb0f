/* Whose bone a scan shows, as its file says. */
#ifndef GPPI_IDENTITY_H
#define GPPI_IDENTITY_H

/* Words are UTF-8 without control characters, whatever the alphabet of the file; empty where it says nothing. */
struct gppi_identity {
	char patient_id[80];     /* DICOM: PatientID */
	char patient_name[200];  /* DICOM: PatientName, as it is written there ("Mouse^7"); SCANCO: the patient's
				  * name */
	char sample[24];         /* SCANCO: number of the patient or sample */
	char measurement[24];    /* SCANCO: number of the measurement */
	char date[16];           /* "2024-02-29"; DICOM: StudyDate, else the series' or the acquisition's; SCANCO: of
				    the measurement */
	char study[200];         /* DICOM: StudyDescription */
	char series[200];        /* DICOM: SeriesDescription */
	char accession[80];      /* DICOM: AccessionNumber */
	char study_uid[72], series_uid[72]; /* DICOM */
};

#endif
