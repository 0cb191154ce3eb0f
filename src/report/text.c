#include "report/report.h"

#include <math.h>
#include <string.h>

#include "base/printable.h"
#include "net/net.h"

const char *report_spacing_word(enum gppi_spacing known)
{
	switch (known) {
	case GPPI_SPACING_READ:
		return "read";
	case GPPI_SPACING_GIVEN:
		return "given";
	case GPPI_SPACING_ASSUMED:
		break;
	}
	return "assumed";
}

const char *report_engine_word(enum gppi_engine engine)
{
	return net_engine_name((enum net_engine)engine);
}

const char *report_status(const struct gppi_result *result)
{
	return result->gppi < 0 ? "none" : result->nreasons ? "REVIEW" : "ok";
}

const char *report_reasons(const struct gppi_result *result, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (int i = 0; i < result->nreasons && i < GPPI_MAX_REASONS; i++) {
		int n = snprintf(buf + used, size - used, "%s%s", i ? "; " : "", result->reason[i]);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
	return buf;
}

const char *report_confidence(double confidence, char *buf, size_t size)
{
	/* the small term keeps 0.29 from becoming 0.28 by binary rounding */
	if (isfinite(confidence))
		snprintf(buf, size, "%.2f", floor(confidence * 100 + 1e-6) / 100);
	else
		snprintf(buf, size, "-");
	return buf;
}

void report_text(FILE *out, const struct gppi_result *r, int name_width)
{
	char reasons[GPPI_MAX_REASONS * 98], conf[16], gppi[16] = "-", mm[32] = "-", voi[48] = "VOI -";

	if (r->gppi >= 0)
		snprintf(gppi, sizeof gppi, "%d", r->gppi);
	if (isfinite(r->gppi_mm))
		snprintf(mm, sizeof mm, "%.3f mm", r->gppi_mm);
	if (r->voi_first >= 0)
		snprintf(voi, sizeof voi, "VOI %d-%d%s", r->voi_first, r->voi_last, r->voi_share < 1 ? " (cut)" : "");
	printable_put(out, r->name, name_width);
	fprintf(out, "  %5s  %9s  %4s  %-11s  ", gppi, mm, report_confidence(r->confidence, conf, sizeof conf), voi);
	if (r->nreasons > 0)
		fprintf(out, "REVIEW %s\n", report_reasons(r, reasons, sizeof reasons));
	else
		fputs("ok\n", out);
}
