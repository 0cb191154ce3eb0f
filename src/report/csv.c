#include "report/report.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/printable.h"

bool report_csv_formula(const char *cell, size_t n)
{
	const char *end = cell + n;
	size_t digits = 0;

	while (cell < end && (*cell == ' ' || *cell == '\n')) /* a line end may become a blank on the way */
		cell++;
	if (cell == end || !memchr("=+-@\t\r", *cell, 6))
		return false;
	if (*cell != '+' && *cell != '-')
		return true;
	for (cell++; cell < end && *cell >= '0' && *cell <= '9'; cell++)
		digits++;
	if (cell < end && *cell == '.')
		for (cell++; cell < end && *cell >= '0' && *cell <= '9'; cell++)
			;
	return digits == 0 || cell < end;
}

/* One character, or '?' for what acts on a terminal; a break of line is kept. Returns its bytes in text. */
static size_t put_character(FILE *out, const char *text)
{
	unsigned code;
	size_t n = printable_decode(text, &code);

	if (*text == '"')
		fputc('"', out);
	if (n > 0 && (code == '\n' || code == '\t' || printable_harmless(code)))
		fwrite(text, 1, n, out);
	else
		fputc('?', out);
	return n ? n : 1;
}

void report_csv_field(FILE *out, const char *text)
{
	bool formula = report_csv_formula(text, strlen(text)), quoted = strpbrk(text, ",\"\r\n\t") || *text == ' ';

	if (quoted)
		fputc('"', out);
	if (formula)
		fputc('\'', out);
	while (*text)
		text += put_character(out, text);
	if (quoted)
		fputc('"', out);
}

static void number(FILE *out, double value, int decimals)
{
	char text[32];
	fputc(',', out);
	if (isfinite(value))
		fputs(number_fixed(text, sizeof text, decimals, value), out);
}

static void index_or_empty(FILE *out, int value)
{
	fputc(',', out);
	if (value >= 0)
		fprintf(out, "%d", value);
}

/* Where a bone of a holder lies in its scan; empty for a scan of one bone. */
static void holder(FILE *out, const struct gppi_result *r)
{
	if (!r->bone) {
		fputs(",,,,,,,,", out);
		return;
	}
	fprintf(out, ",%d,%d", r->bone, r->bones);
	for (int i = 0; i < 3; i++)
		fprintf(out, ",%d", r->offset[i]);
	for (int i = 0; i < 3; i++)
		fprintf(out, ",%d", r->dims[i]);
}

/* Whose bone it is; empty for what the file does not say. */
static void identity(FILE *out, const struct gppi_identity *who)
{
	const char *const text[] = { who->patient_id, who->sample, who->measurement, who->date };

	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		fputc(',', out);
		report_csv_field(out, text[i]);
	}
}

void report_csv_head(FILE *out)
{
	fputs("Image Name,Growth Plate Index,GPPI exact,GPPI mm,Confidence,Review,"
	      "VOI first,VOI last,Spacing x um,Spacing y um,Spacing z um,Spacing known,"
	      "SV rough,SV plane,CW plane,SN plane,MH plane,EK plane,BM plane,CW native plane,Input,VOI asked,VOI "
	      "inside,Bone,Bones,Offset x,Offset y,Offset z,Size x,Size y,Size z,"
	      "Patient ID,Sample,Measurement,Date,Status,Error\n", out);
}

void report_csv(FILE *out, const struct gppi_result *r)
{
	char reasons[GPPI_MAX_REASONS * 98], voi[64];

	report_csv_field(out, r->name);
	index_or_empty(out, r->gppi);
	number(out, r->gppi_exact, 2);
	number(out, r->gppi_mm, 4);
	number(out, r->confidence, 3);
	fputc(',', out);
	report_csv_field(out, report_reasons(r, reasons, sizeof reasons));
	index_or_empty(out, r->voi_first);
	index_or_empty(out, r->voi_last);
	for (int i = 0; i < 3; i++)
		number(out, r->spacing_um[i], 3);
	fprintf(out, ",%s", report_spacing_word(r->spacing_known));
	number(out, r->sv_rough, 2);
	number(out, r->sv_plane, 2);
	number(out, r->cw_plane, 2);
	for (int i = 0; i < GPPI_MAX_OPINIONS; i++)
		number(out, report_opinion(r, report_solutions[i]), 2);
	fputc(',', out);
	report_csv_field(out, r->input);
	fputc(',', out);
	report_csv_field(out, gppi_voi_text(&r->voi, voi, sizeof voi));
	number(out, r->gppi >= 0 ? r->voi_share : NAN, 3);
	holder(out, r);
	identity(out, &r->identity);
	fprintf(out, ",%s,\n", report_status(r));
}

void report_csv_failure(FILE *out, const struct report_failure *f)
{
	report_csv_field(out, f->name);
	fputs(",,,,,,,,,,,,,,,,,,,,", out);
	report_csv_field(out, f->input);
	fputs(",,,,,,,,,,,,,,,failed,", out);
	report_csv_field(out, f->why->text);
	fputc('\n', out);
}
