/* The formats behind picture_read(); each leaves what it allocated in *out for the caller to free. */
#ifndef PICTURE_FORMATS_H
#define PICTURE_FORMATS_H

#include <stdio.h>

#include "picture/picture.h"

int picture_alloc(struct picture *p, long w, long h, const char *path, struct err *err);

int picture_png(FILE *f, const char *path, struct picture *out, struct err *err);
int picture_jpeg(FILE *f, const char *path, struct picture *out, struct err *err);
int picture_pgm(FILE *f, const char *path, struct picture *out, struct err *err);

#endif
