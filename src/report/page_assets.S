/* The files of the study page, packed into the program as they are. */
#include "base/packed.h"
	packed_section
.macro asset name file
	packed_name page_text_\name
	packed_name page_end_\name
page_text_\name:
	.incbin "\file"
page_end_\name:
	.byte 0
.endm
	asset html "src/report/page/page.html"
	asset style "src/report/page/page.css"
	asset data "src/report/page/data.js"
	asset decisions "src/report/page/decisions.js"
	asset table "src/report/page/table.js"
	asset views "src/report/page/views.js"
	asset measures "src/report/page/measures.js"
	asset main "src/report/page/main.js"
	packed_end
