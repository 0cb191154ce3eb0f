/* Outputs of a bone of an input that are not part of the public interface. */
#ifndef API_OUTPUTS_H
#define API_OUTPUTS_H

#include "report/outputs.h"
#include "report/page.h"

/* One report of a bone of an input, to be written to `path`. */
int output_write(const struct gppi_models *models, struct gppi_input *input, int index,
		 const struct gppi_result *result, const struct report_output *what, const char *path,
		 struct gppi_error *err);

/* page_part_bone() for bone `index` of an input. */
int output_page_part(struct gppi_input *input, int index, const struct gppi_result *result, struct page_part *out,
		     struct gppi_error *err);

#endif
