#include "net/int8/ref/ref.h"

const struct net_kernels *net_kernels_ref(void)
{
	static const struct net_kernels table = {
		.isa = "scalar",
		.load = ref_load,
		.conv_packed_size = ref_conv_packed_size,
		.conv_pack = ref_conv_pack,
		.conv_scratch = ref_conv_scratch,
		.conv = ref_conv,
		.depthwise_packed_size = ref_depthwise_packed_size,
		.depthwise_pack = ref_depthwise_pack,
		.depthwise_scratch = ref_depthwise_scratch,
		.depthwise = ref_depthwise,
		.maxpool = ref_maxpool,
		.avgpool = ref_avgpool,
		.add = ref_add,
		.gap = ref_gap,
	};
	return &table;
}
