/* run_net: what one network answers to raw images, for comparing with other programs.
 *
 * Standard input: images, u7 bytes [channels][height][width] one behind the other; standard output:
 * the outputs of each as float32.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

static const char usage[] = "usage: run_net [--fp32] FILE.gppiw < IMAGES > OUTPUTS\n"
			    "       run_net --shape FILE.gppiw\n";

/* The whole file; NULL where it cannot be read. */
static void *slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	long n;

	if (f && fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) > 0 && fseek(f, 0, SEEK_SET) == 0) {
		*size = (size_t)n;
		data = malloc(*size);
		if (data && fread(data, 1, *size, f) != *size) {
			free(data);
			data = NULL;
		}
	}
	if (f)
		fclose(f);
	return data;
}

static int run(const struct net *net, enum net_engine engine, struct gppi_error *err)
{
	const struct net_info *i = net_info(net);
	size_t bytes = (size_t)i->in_c * (size_t)i->in_h * (size_t)i->in_w, outputs = (size_t)i->out_n, n;
	struct net_run *r = NULL;
	uint8_t *in = malloc(bytes);
	float *out = calloc(outputs, sizeof *out);
	int rc = in && out ? net_run_new(net, engine, &r, err) : err_set(err, GPPI_E_NOMEM, "out of memory");

	while (rc == 0 && (n = fread(in, 1, bytes, stdin)) > 0) {
		if (n != bytes)
			rc = err_set(err, GPPI_E_USAGE, "the images end within one; each has %zu bytes", bytes);
		else
			rc = net_forward(r, in, 1, out, err);
		if (rc == 0 && fwrite(out, sizeof *out, outputs, stdout) != outputs)
			rc = err_set(err, GPPI_E_IO, "the answers cannot be written");
	}
	net_run_free(r);
	free(in);
	free(out);
	return rc;
}

int main(int argc, char **argv)
{
	int shape = argc == 3 && strcmp(argv[1], "--shape") == 0, fp32 = argc == 3 && strcmp(argv[1], "--fp32") == 0;
	struct gppi_error err = { 0 };
	struct net *net = NULL;
	size_t size = 0;

	if (argc != 2 + (shape || fp32)) {
		fputs(usage, stderr);
		return 2;
	}
	const char *path = argv[argc - 1];
	void *data = slurp(path, &size);
	int rc = data ? net_load(data, size, path, &net, &err)
		      : err_set(&err, GPPI_E_IO, "%s: cannot be read", path);
	if (rc == 0 && shape) {
		const struct net_info *i = net_info(net);
		printf("%s %d %d %d %d\n", i->kind, i->in_c, i->in_h, i->in_w, i->out_n);
	} else if (rc == 0) {
		rc = net_ready(net, fp32 ? NET_FP32 : NET_INT8, path, &err);
		if (rc == 0)
			rc = run(net, fp32 ? NET_FP32 : NET_INT8, &err);
	}
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	net_free(net);
	free(data);
	return rc < 0;
}
