/* The weights of plate_net.c, packed into the program: 32-bit floats, layer by layer. */
#include "base/packed.h"
	packed_section
	packed_name plate_weights
	packed_name plate_weights_end
	.balign 64
plate_weights:
	.incbin "weights/growth-plate.f32"
plate_weights_end:
	packed_end
