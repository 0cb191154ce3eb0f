#include "report/packer.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

struct packer {
	struct isal_zstream stream;
	uint8_t *level; /* its work memory */
	uint8_t out[1 << 16];
	FILE *file;
};

struct packer *packer_new(FILE *file)
{
	struct packer *p = malloc(sizeof *p);

	if (!p)
		return NULL;
	p->file = file;
	p->level = malloc(ISAL_DEF_LVL1_DEFAULT);
	isal_deflate_init(&p->stream);
	p->stream.gzip_flag = IGZIP_GZIP;
	p->stream.level = 1;
	p->stream.level_buf = p->level;
	p->stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
	if (p->level)
		return p;
	free(p);
	return NULL;
}

bool packer_put(struct packer *p, const void *data, size_t n, bool last)
{
	p->stream.next_in = (uint8_t *)data;
	p->stream.avail_in = (uint32_t)n;
	p->stream.end_of_stream = last;
	do {
		p->stream.next_out = p->out;
		p->stream.avail_out = sizeof p->out;
		if (isal_deflate(&p->stream) != COMP_OK)
			return false;
		fwrite(p->out, 1, sizeof p->out - p->stream.avail_out, p->file);
	} while (p->stream.avail_out == 0);
	return true;
}

void packer_free(struct packer *p)
{
	if (p)
		free(p->level);
	free(p);
}
