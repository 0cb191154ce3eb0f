/* Outputs of a bone of an input that are not part of the public interface. */
#ifndef API_OUTPUTS_H
#define API_OUTPUTS_H

#include "report/page.h"

/* page_part_bone() for bone `index` of an input. */
int output_page_part(struct gppi_input *input, int index, const struct gppi_result *result, struct page_part *out,
		     struct gppi_error *err);

#endif
