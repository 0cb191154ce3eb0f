/* Status codes and the error of the public interface. 0 is success, failures are negative. */
#ifndef GPPI_STATUS_H
#define GPPI_STATUS_H

enum gppi_status {
	GPPI_OK = 0,
	GPPI_E_USAGE = -1,    /* the caller asked for something that makes no sense */
	GPPI_E_IO = -2,       /* a file could not be opened, read or written */
	GPPI_E_FORMAT = -3,   /* the content is not what the format promises */
	GPPI_E_UNSUPPORTED = -4, /* well-formed, but a variant that is not read */
	GPPI_E_NOMEM = -5,    /* out of memory, or a size that cannot be allocated */
	GPPI_E_NOBONE = -6,   /* no bone in the volume: no plane can be given */
	GPPI_E_WEIGHTS = -7,  /* a weight file is damaged, missing or unsuitable */
	GPPI_E_CANCELLED = -8 /* a callback asked to stop */
};

/* What a failing function leaves behind: a `struct gppi_error *` is its last argument, NULL where nobody asks. */
struct gppi_error {
	int code;       /* enum gppi_status */
	char text[512]; /* one sentence, printable: what is wrong, in which file, what to do */
};

#endif
