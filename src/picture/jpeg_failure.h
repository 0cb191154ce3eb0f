/* libjpeg ends the program where it fails; this makes it come back instead, for reading and writing alike. */
#ifndef PICTURE_JPEG_FAILURE_H
#define PICTURE_JPEG_FAILURE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>

/* To be set up before the (de)compressor is created, and to outlive it. Whoever calls libjpeg does
 *
 *	if (setjmp(failure->back))
 *		return err_set(... failure->text ...);
 *
 * first, in a function whose caller holds everything that must survive the jump. */
struct jpeg_failure {
	struct jpeg_error_mgr base; /* first: libjpeg hands back a pointer to it */
	jmp_buf back;
	char text[JMSG_LENGTH_MAX]; /* what libjpeg says, a line */
};

/* Returns what belongs into the `err` of the (de)compressor. `strict`: warnings fail as well; a cut file is
 * only one to libjpeg, which fills the rest with grey. */
struct jpeg_error_mgr *jpeg_failure_init(struct jpeg_failure *failure, bool strict);

#endif
