#ifndef SERVE_CORE_QUIET_H
#define SERVE_CORE_QUIET_H

#ifdef __cplusplus
extern "C" {
#endif

/* For the whole program: dcmtk writes no messages of its own, and asks no name server for the names of peers. Where
 * that does not answer, each association would begin 45 s late. */
void dicom_quiet(void);

#ifdef __cplusplus
}
#endif

#endif
