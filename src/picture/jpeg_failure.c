#include "picture/jpeg_failure.h"

static void on_error(j_common_ptr cinfo)
{
	struct jpeg_failure *f = (struct jpeg_failure *)(void *)cinfo->err;
	cinfo->err->format_message(cinfo, f->text);
	longjmp(f->back, 1);
}

static void on_message(j_common_ptr cinfo, int level)
{
	if (level < 0)
		on_error(cinfo);
}

static void ignore(j_common_ptr cinfo, int level)
{
	(void)cinfo;
	(void)level;
}

struct jpeg_error_mgr *jpeg_failure_init(struct jpeg_failure *failure, bool strict)
{
	jpeg_std_error(&failure->base);
	failure->base.error_exit = on_error;
	failure->base.emit_message = strict ? on_message : ignore;
	failure->text[0] = 0;
	return &failure->base;
}
