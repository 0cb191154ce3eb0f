/* A program with functions of its own by names that the library uses inside: neither must get the other's.
 *   host WEIGHTS      a folder of weight files, whose checksums the library makes with its own sha256_init() */
#include <gppi/gppi.h>
#include <stdio.h>

void sha256_init(void);
void config_read(void);
void queue_init(void);
int err_set(int code);

static int calls;
void sha256_init(void) { calls++; }
void config_read(void) { calls++; }
void queue_init(void) { calls++; }
int err_set(int code) { calls++; return code; }

int main(int argc, char **argv)
{
	struct gppi_models *models;
	struct gppi_error err;

	sha256_init();
	config_read();
	queue_init();
	if (argc != 2 || err_set(0) || gppi_models_open(argv[1], &models, &err) < 0) {
		fprintf(stderr, "host: %s\n", argc == 2 ? err.text : "no folder named");
		return 1;
	}
	int n = gppi_models_count(models);
	gppi_models_free(models);
	if (gppi_models_open("nowhere/at-all", &models, &err) != GPPI_E_IO && err.code >= 0)
		return 1;
	printf("%d networks, %d calls\n", n, calls);
	return n > 0 && calls == 4 ? 0 : 1;
}
