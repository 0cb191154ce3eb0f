#include "picture/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "picture/formats.h"

int picture_alloc(struct picture *p, long w, long h, const char *path, struct err *err)
{
	size_t bytes;

	if (w < 1 || h < 1 || w > PICTURE_SIDE_MAX || h > PICTURE_SIDE_MAX)
		return err_set(err, GPPI_E_FORMAT, "%s: a picture of %ld x %ld pixels is not supported; "
			       "export it with at most %d per side", path, w, h, PICTURE_SIDE_MAX);
	p->w = (int)w;
	p->h = (int)h;
	p->grey = size_mul((size_t)w, (size_t)h, &bytes) ? malloc(bytes) : NULL;
	return p->grey ? 0 : err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the picture", path);
}

void picture_free(struct picture *p)
{
	free(p->grey);
	p->grey = NULL;
}

int picture_read(const char *path, struct picture *out, struct err *err)
{
	unsigned char magic[8] = { 0 };
	FILE *f = fopen(path, "rb");
	int rc;

	*out = (struct picture){ 0 };
	if (!f)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	size_t n = fread(magic, 1, sizeof magic, f);
	if (n < sizeof magic && ferror(f)) {
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
		goto end;
	}
	rewind(f);
	if (memcmp(magic, "\x89PNG\r\n\x1a\n", 8) == 0)
		rc = picture_png(f, path, out, err);
	else if (magic[0] == 0xff && magic[1] == 0xd8)
		rc = picture_jpeg(f, path, out, err);
	else if (magic[0] == 'P' && (magic[1] == '2' || magic[1] == '5'))
		rc = picture_pgm(f, path, out, err);
	else
		rc = err_set(err, GPPI_E_FORMAT, "%s: not a PNG, JPEG or PGM picture", path);
end:
	fclose(f);
	if (rc < 0)
		picture_free(out);
	return rc;
}
