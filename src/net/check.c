/* Is the graph one that the engines can run exactly? Shapes, number formats and bounds. */
#include <math.h>
#include <stdbool.h>

#include "net/graph.h"

static bool is_u7(const struct net_node *n)
{
	return net_is_image(n->op);
}

static bool finite_in(const float *v, size_t n, float lo, float hi)
{
	for (size_t i = 0; i < n; i++)
		if (!(isfinite(v[i]) && v[i] >= lo && v[i] <= hi))
			return false;
	return true;
}

/* Every partial sum of bias + weight * q, q = 0..127, stays an integer that float holds. */
static bool accumulators_fit(const struct net_node *n, size_t per_channel)
{
	const int8_t *w = n->w8;

	for (int c = 0; c < n->c; c++) {
		int64_t up = 0, down = 0;
		for (size_t i = 0; i < per_channel; i++, w++) {
			if (*w == -128)
				return false;
			*(*w > 0 ? &up : &down) += (int64_t)*w * 127;
		}
		if (up + n->bias[c] >= NET_ACC_MAX || down + n->bias[c] <= -NET_ACC_MAX ||
		    n->bias[c] >= NET_ACC_MAX || n->bias[c] <= -NET_ACC_MAX)
			return false;
	}
	return true;
}

static bool window_fits(const struct net_node *n, const struct net_node *in)
{
	int h = in->h + 2 * n->pad - n->kernel, w = in->w + 2 * n->pad - n->kernel;

	return h >= 0 && w >= 0 && n->h == h / n->stride + 1 && n->w == w / n->stride + 1;
}

static const char *check_conv(const struct net *net, const struct net_node *n,
			      const struct net_node *in)
{
	size_t count = net_weight_count(n, in);

	if (!is_u7(in) || !window_fits(n, in) || (n->op == NET_DEPTHWISE && n->c != in->c))
		return "the sizes of two layers do not match";
	if (n->relu != (n->zero == 0))
		return "a convolution's number format and its ReLU disagree";
	if (!net->known && !accumulators_fit(n, count / (size_t)n->c))
		return "a layer's sums do not fit 24 bits";
	if (!finite_in(n->requant, (size_t)n->c, 0, 16))
		return "a scale factor is out of range";
	return NULL;
}

static const char *check_pool(const struct net_node *n, const struct net_node *in)
{
	if (!is_u7(in) || n->c != in->c)
		return "the sizes of two layers do not match";
	if (n->op == NET_MAXPOOL ? !window_fits(n, in) : n->h != in->h / 2 || n->w != in->w / 2)
		return "the sizes of two layers do not match";
	if (n->relu || n->zero != in->zero || (n->op == NET_MAXPOOL && n->zero))
		return "a pooling layer's number format is not its input's";
	if (n->op == NET_AVGPOOL && !finite_in(n->mul, 1, 0, 16))
		return "a scale factor is out of range";
	return NULL;
}

static const char *check_add(const struct net_node *n, const struct net_node *a,
			     const struct net_node *b)
{
	if (!is_u7(a) || !is_u7(b) || a->c != n->c || b->c != n->c || a->h != n->h || b->h != n->h ||
	    a->w != n->w || b->w != n->w)
		return "the sizes of two layers do not match";
	if (n->relu != (n->zero == 0))
		return "an addition's number format and its ReLU disagree";
	return finite_in(n->mul, 2, 0, 16) ? NULL : "a scale factor is out of range";
}

static const char *check_fold(const struct net_node *n, const struct net_node *in)
{
	if (!is_u7(in) || in->h % n->kernel || n->h != in->h / n->kernel || n->w != 1 ||
	    (int64_t)in->c * in->w * n->kernel != n->c)
		return "the sizes of two layers do not match";
	return n->relu || n->zero != in->zero ? "a folding layer's number format is not its input's" : NULL;
}

static const char *check_head(const struct net_node *n, const struct net_node *in)
{
	enum net_op source = n->op == NET_DENSE ? NET_GAP : NET_DENSE;
	bool by_row = n->op == NET_DENSE && is_u7(in) && in->w == 1;

	if (n->h != (by_row ? in->h : 1) || n->w != 1 || n->relu || n->zero)
		return "an output layer has an impossible size";
	if (n->op == NET_GAP)
		return is_u7(in) && n->c == in->c && (int64_t)in->h * in->w * 127 < NET_ACC_MAX
			? NULL : "the sizes of two layers do not match";
	if ((in->op != source && !by_row) || in->h != n->h || (n->op != NET_DENSE && n->c != in->c))
		return "the output layers are in the wrong order";
	if (n->op == NET_DENSE && (!finite_in(n->requant, (size_t)n->c, -1e9f, 1e9f) ||
				   !finite_in(n->dense_bias, (size_t)n->c, -1e9f, 1e9f)))
		return "a scale factor is out of range";
	return NULL;
}

static const char *check_node(const struct net *net, const struct net_node *n)
{
	const struct net_node *in = &net->node[n->in[0] < 0 ? 0 : n->in[0]];

	switch (n->op) {
	case NET_INPUT:
		return n->relu ? "the input has an unknown number format" : NULL;
	case NET_CONV:
	case NET_DEPTHWISE:
		return check_conv(net, n, in);
	case NET_MAXPOOL:
	case NET_AVGPOOL:
		return check_pool(n, in);
	case NET_ADD:
		return check_add(n, in, &net->node[n->in[1]]);
	case NET_FOLD:
		return check_fold(n, in);
	default:
		return check_head(n, in);
	}
}

int net_check(struct net *net, const char *label, struct gppi_error *err)
{
	const char *wrong = NULL;
	bool used[NET_NODES_MAX] = { false };

	for (int i = 0; i < net->nnodes && !wrong; i++) {
		struct net_node *n = &net->node[i];
		wrong = check_node(net, n);
		if (wrong)
			break;
		for (int k = 0; k < 2; k++)
			if (n->in[k] >= 0)
				used[n->in[k]] = true;
		if (!n->requant)
			continue;
		size_t count = net_weight_count(n, &net->node[n->in[0]]);
		if (!net->known && n->wf && (!finite_in(n->wf, count, -1e9f, 1e9f) ||
				    !finite_in(n->bf, (size_t)n->c, -1e9f, 1e9f)))
			wrong = "a weight is not a number";
		net->info.params += count + (size_t)n->c;
		net->info.macs += (double)count * n->h * n->w;
	}
	for (int i = 0; i + 1 < net->nnodes && !wrong; i++)
		if (!used[i])
			wrong = "a layer's result is never used";
	if (!wrong && (is_u7(&net->node[net->nnodes - 1]) || net->node[net->nnodes - 1].op == NET_GAP))
		wrong = "it has no output layer";
	if (!wrong && net->info.macs > NET_MACS_MAX)
		wrong = "it would take too long to run";
	if (wrong)
		return err_set(err, GPPI_E_WEIGHTS, "%s: not a usable weight file (%s); copy or export it again",
			       label, wrong);
	return 0;
}
