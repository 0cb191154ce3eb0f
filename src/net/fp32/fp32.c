/* The fp32 engine: patches as a matrix (im2col), multiplied by OpenBLAS. Tensors are channels
 * last without a border. A check on quantisation, not bit-exact between machines. */
#include "net/fp32/fp32.h"

#include <string.h>

#include "net/backend.h"
#include "net/fp32/blas_lib.h"
#include "net/fp32/floats.h"

#define PATCH_FLOATS ((size_t)1 << 20) /* patches of one multiplication: 4 MB, fits the cache */

static size_t patch_size(const struct net_node *n, const struct net_node *in)
{
	return (size_t)n->kernel * (size_t)n->kernel * (size_t)in->c;
}

static size_t pixels_at_once(const struct net_node *n, const struct net_node *in)
{
	size_t all = (size_t)n->h * (size_t)n->w, fit = PATCH_FLOATS / patch_size(n, in);

	return fit < 1 ? 1 : fit < all ? fit : all;
}

size_t net_fp32_scratch(const struct net_node *n, const struct net_node *in)
{
	return n->op == NET_CONV ? pixels_at_once(n, in) * patch_size(n, in) * sizeof(float) : 0;
}

/* One patch [ky][kx][c], zeros outside the image. */
static void gather(const struct net_node *n, const struct net_node *in, const float *image,
		   int y, int x, float *patch)
{
	size_t c = (size_t)in->c;

	for (int ky = 0; ky < n->kernel; ky++) {
		for (int kx = 0; kx < n->kernel; kx++, patch += c) {
			int sy = y * n->stride - n->pad + ky, sx = x * n->stride - n->pad + kx;
			if (sy < 0 || sy >= in->h || sx < 0 || sx >= in->w)
				memset(patch, 0, c * sizeof *patch);
			else
				memcpy(patch, image + ((size_t)sy * (size_t)in->w + (size_t)sx) * c,
				       c * sizeof *patch);
		}
	}
}

static void finish(const struct net_node *n, float *out)
{
	size_t pixels = (size_t)n->h * (size_t)n->w;

	for (size_t p = 0; p < pixels; p++, out += n->c)
		for (int c = 0; c < n->c; c++) {
			float v = out[c] + n->bf[c];
			out[c] = n->relu && v < 0 ? 0 : v;
		}
}

static void conv(const struct blas_lib *blas, const struct net_node *n, const struct net_node *in,
		 const float *image, float *out, float *scratch)
{
	size_t size = patch_size(n, in), step = pixels_at_once(n, in);
	size_t all = (size_t)n->h * (size_t)n->w;

	for (size_t first = 0; first < all; first += step) {
		size_t count = all - first < step ? all - first : step;
		for (size_t i = 0; i < count; i++)
			gather(n, in, image, (int)((first + i) / (size_t)n->w),
			       (int)((first + i) % (size_t)n->w), scratch + i * size);
		blas->sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, n->c, (int)size, 1.0f,
			    scratch, (int)size, n->wf, (int)size, 0.0f,
			    out + first * (size_t)n->c, n->c);
	}
	finish(n, out);
}

static void depthwise(const struct net_node *n, const struct net_node *in, const float *image,
		      float *out)
{
	int taps = n->kernel * n->kernel;

	for (int y = 0; y < n->h; y++) {
		for (int x = 0; x < n->w; x++) {
			float *dst = out + ((size_t)y * (size_t)n->w + (size_t)x) * (size_t)n->c;
			memset(dst, 0, (size_t)n->c * sizeof *dst);
			for (int t = 0; t < taps; t++) {
				int sy = y * n->stride - n->pad + t / n->kernel;
				int sx = x * n->stride - n->pad + t % n->kernel;
				if (sy < 0 || sy >= in->h || sx < 0 || sx >= in->w)
					continue;
				const float *src = image + ((size_t)sy * (size_t)in->w + (size_t)sx) * (size_t)in->c;
				for (int c = 0; c < n->c; c++)
					dst[c] += src[c] * n->wf[(size_t)c * (size_t)taps + (size_t)t];
			}
		}
	}
	finish(n, out);
}

static void pool(const struct net_node *n, const struct net_node *in, const float *image, float *out)
{
	int max = n->op == NET_MAXPOOL, kernel = max ? n->kernel : 2, stride = max ? n->stride : 2;
	int pad = max ? n->pad : 0;

	for (int y = 0; y < n->h; y++)
		for (int x = 0; x < n->w; x++)
			for (int c = 0; c < n->c; c++, out++) {
				*out = 0; /* maximum: all values are >= 0 after ReLU */
				for (int t = 0; t < kernel * kernel; t++) {
					int sy = y * stride - pad + t / kernel, sx = x * stride - pad + t % kernel;
					if (sy < 0 || sy >= in->h || sx < 0 || sx >= in->w)
						continue;
					const size_t pixel = (size_t)sy * (size_t)in->w + (size_t)sx;
					float v = image[pixel * (size_t)in->c + (size_t)c];
					*out = !max ? *out + v / 4 : v > *out ? v : *out;
				}
			}
}

static void add(const struct net_node *n, const float *a, const float *b, float *out)
{
	size_t count = (size_t)n->c * (size_t)n->h * (size_t)n->w;

	for (size_t i = 0; i < count; i++) {
		float v = a[i] + b[i];
		out[i] = n->relu && v < 0 ? 0 : v;
	}
}

static void gap(const struct net_node *in, const float *image, float *out)
{
	size_t pixels = (size_t)in->h * (size_t)in->w;

	for (int c = 0; c < in->c; c++) {
		double sum = 0;
		for (size_t p = 0; p < pixels; p++)
			sum += (double)image[p * (size_t)in->c + (size_t)c];
		out[c] = (float)(sum / (double)pixels);
	}
}

static void dense(const struct blas_lib *blas, const struct net_node *n, const struct net_node *in,
		  const float *v, float *out)
{
	for (int y = 0; y < n->h; y++, v += in->c, out += n->c) {
		memcpy(out, n->bf, (size_t)n->c * sizeof *out);
		blas->sgemv(CblasRowMajor, CblasNoTrans, n->c, in->c, 1.0f, n->wf, in->c, v, 1, 1.0f, out, 1);
	}
}

static void load_input(const struct net_node *n, const uint8_t *in, float *out)
{
	size_t plane = (size_t)n->h * (size_t)n->w;

	for (size_t p = 0; p < plane; p++)
		for (int c = 0; c < n->c; c++) {
			uint8_t v = in[(size_t)c * plane + p];
			*out++ = (float)((v < 127 ? v : 127) - n->zero) / 127.0f;
		}
}

static void pass(const struct net *net, const struct blas_lib *blas, float *arena, float *scratch,
		 const uint8_t *in, float *out)
{
	for (int i = 0; i < net->nnodes; i++) {
		const struct net_node *n = &net->node[i], *src = n->in[0] < 0 ? n : &net->node[n->in[0]];
		float *dst = arena + n->at32 / sizeof *arena;
		const float *a = arena + src->at32 / sizeof *arena;

		switch (n->op) {
		case NET_INPUT:
			load_input(n, in, dst);
			break;
		case NET_CONV:
			conv(blas, n, src, a, dst, scratch);
			break;
		case NET_DEPTHWISE:
			depthwise(n, src, a, dst);
			break;
		case NET_MAXPOOL:
		case NET_AVGPOOL:
			pool(n, src, a, dst);
			break;
		case NET_ADD:
			add(n, a, arena + net->node[n->in[1]].at32 / sizeof *arena, dst);
			break;
		case NET_GAP:
			gap(src, a, dst);
			break;
		case NET_FOLD: /* channels last without a border: the same floats, read differently */
			memcpy(dst, a, (size_t)n->c * (size_t)n->h * sizeof *dst);
			break;
		case NET_DENSE:
			dense(blas, n, src, a, dst);
			break;
		case NET_SOFTMAX:
			net_softmax(a, dst, n->c);
			break;
		case NET_SIGMOID:
			net_sigmoid(a, dst, n->c);
			break;
		case NET_OPS:
			break;
		}
	}
	memcpy(out, arena + net->node[net->nnodes - 1].at32 / sizeof *arena,
	       (size_t)net->info.out_n * sizeof *out);
}

static const char *isa(void)
{
	return "openblas";
}

static int ready(struct net *net, const char *file, struct gppi_error *err)
{
	return file ? net_floats_beside(net, file, err) : net_floats_installed(net, err);
}

static int open_net(struct net_run *run, const struct net *net, struct gppi_error *err)
{
	if (!net_floats_there(net))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: the float copy of its weights is missing, which the fp32 engine "
			       "needs; use the int8 engine",
			       net->info.name);
	if (!run->own) {
		const struct blas_lib *blas = blas_lib(err);
		if (!blas)
			return GPPI_E_UNSUPPORTED;
		blas->set_num_threads(1); /* the caller already works on several slices at once */
		run->own = blas;
	}
	return net_run_room(run, net, net->arena32, net->scratch32, err);
}

static int forward(struct net_run *run, const uint8_t *in, int n, float *out, struct gppi_error *err)
{
	const struct net_info *info = &run->net->info;
	size_t image = (size_t)info->in_c * (size_t)info->in_h * (size_t)info->in_w;

	(void)err;
	for (int i = 0; i < n; i++, in += image, out += info->out_n)
		pass(run->net, run->own, run->arena, run->scratch, in, out);
	return 0;
}

const struct net_backend net_backend_fp32 = {
	.name = "fp32", .isa = isa, .ready = ready, .open = open_net, .forward = forward
};
