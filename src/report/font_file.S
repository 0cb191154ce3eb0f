/* The font of pictures, packed into the program as it is; the Makefile tells FONT. */
#include "base/packed.h"
	packed_section
	packed_name font_file
	.balign 64
font_file:
	.incbin FONT
	packed_end
