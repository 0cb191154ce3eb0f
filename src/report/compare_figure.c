/* The errors of all solutions as one SVG picture: a lane for each solution, a mark for each bone, at the same height in
 * every lane. */
#include "report/compare.h"

#include <math.h>

#include "base/number.h"

#define LEFT 120    /* names */
#define PLOT 640    /* errors */
#define RIGHT 190   /* figures */
#define TOP 56      /* title */
#define LANE 60
#define EDGE 8      /* of a lane, without marks */
#define BOTTOM 48   /* axis */
#define REACH_MOST 20 /* planes each way; marks beyond are triangles at the edge */
#define NEAR 3      /* planes: the band */

struct figure {
	FILE *out;
	const struct compare *compare;
	double reach;
	int height;
};

/* What a bone's name may hold goes into XML. Control characters, which XML forbids, are left out. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '<')
			fputs("&lt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c >= ' ' && c != 127)
			fputc(c, out);
	}
}

static double reach(const struct compare *c)
{
	double most = NEAR;

	for (int i = 0; i < c->n; i++)
		for (size_t b = 0; b < c->solution[i].eval.nbones; b++)
			most = fmax(most, fabs(c->solution[i].eval.bone[b].error)); /* a NaN is passed over */
	return fmin(ceil(most / 5) * 5, REACH_MOST);
}

static double place(const struct figure *f, double error)
{
	return LEFT + PLOT / 2.0 + error / f->reach * (PLOT / 2.0 - EDGE);
}

/* A number of SVG, whatever the locale. */
static void put(const struct figure *f, const char *key, double v)
{
	char text[32];

	fprintf(f->out, " %s=\"%s\"", key, number_fixed(text, sizeof text, 1, v));
}

static void frame(const struct figure *f)
{
	int low = TOP + f->compare->n * LANE, width = LEFT + PLOT + RIGHT;

	fprintf(f->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		"font-family=\"DejaVu Sans, Arial, sans-serif\" font-size=\"13\" fill=\"#222\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
		"<text x=\"%d\" y=\"26\" font-size=\"16\">Error of the growth plate plane, %zu bones</text>\n"
		"<text x=\"%d\" y=\"44\" fill=\"#666\">a mark is a bone, at the same height in every row; grey band: "
		"within %d "
		"planes</text>\n<rect y=\"%d\" height=\"%d\" fill=\"#e9edf2\"",
		width, f->height, width, f->height, width, f->height, LEFT, f->compare->solution[0].eval.nbones, LEFT,
		NEAR, TOP, low - TOP);
	put(f, "x", place(f, -NEAR));
	put(f, "width", place(f, NEAR) - place(f, -NEAR));
	fputs("/>\n", f->out);
	for (int at = -(int)f->reach; at <= f->reach; at += f->reach > 10 ? 5 : f->reach > 5 ? 2 : 1) {
		fprintf(f->out, "<line y1=\"%d\" y2=\"%d\" stroke=\"%s\"", TOP, low + 4, at == 0 ? "#888" : "#ddd");
		put(f, "x1", place(f, at));
		put(f, "x2", place(f, at));
		fprintf(f->out, "/><text y=\"%d\" text-anchor=\"middle\" fill=\"#666\"", low + 18);
		put(f, "x", place(f, at));
		fprintf(f->out, ">%s%d</text>\n", at > 0 ? "+" : "", at);
	}
	fprintf(f->out,
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#666\">predicted - true, in planes</text>\n",
		LEFT + PLOT / 2, low + 38);
}

/* A circle, or at the edge a triangle that points outwards. */
static void mark(const struct figure *f, const struct eval_bone *bone, double y)
{
	double x = place(f, fmax(-f->reach, fmin(bone->error, f->reach)));
	const char *colour = fabs(bone->error) <= NEAR ? "#2b6cb0" : "#d9480f";
	char text[32], at[2][32];

	if (fabs(bone->error) > f->reach)
		fprintf(f->out, "<path fill=\"%s\" transform=\"translate(%s,%s)%s\" d=\"M-4-5L6 0L-4 5z\">", colour,
			number_fixed(at[0], sizeof at[0], 1, x), number_fixed(at[1], sizeof at[1], 1, y),
			bone->error < 0 ? " rotate(180)" : "");
	else {
		fprintf(f->out, "<circle r=\"3.5\" fill=\"%s\" fill-opacity=\"0.7\"", colour);
		put(f, "cx", x);
		put(f, "cy", y);
		fputc('>', f->out);
	}
	fputs("<title>", f->out);
	put_escaped(f->out, bone->name);
	fprintf(f->out, ": %s%s</title></%s>\n", bone->error > 0 ? "+" : "",
		number_fixed(text, sizeof text, 1, bone->error), fabs(bone->error) > f->reach ? "path" : "circle");
}

static void lane(const struct figure *f, int index)
{
	const struct compare_solution *s = &f->compare->solution[index];
	const struct eval *e = &s->eval;
	int y = TOP + index * LANE;
	char text[32];

	fprintf(f->out, "<path stroke=\"#bbb\" d=\"M%d %dh%d\"/>\n", LEFT, y + LANE, PLOT);
	fprintf(f->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" font-weight=\"bold\">%s</text>\n", LEFT - 12,
		y + LANE / 2 + 5, s->name);
	for (size_t b = 0; b < e->nbones; b++)
		if (!isnan(e->bone[b].error))
			mark(f, &e->bone[b], y + EDGE + ((double)b + 0.5) / (double)e->nbones * (LANE - 2 * EDGE));
	fprintf(f->out, "<text x=\"%d\" y=\"%d\">MAE %s</text>\n", LEFT + PLOT + 12, y + LANE / 2 - 3,
		e->nmatched ? number_fixed(text, sizeof text, 2, e->mae) : "-");
	fprintf(f->out, "<text x=\"%d\" y=\"%d\" fill=\"#666\">", LEFT + PLOT + 12, y + LANE / 2 + 15);
	if (e->nmatched)
		fprintf(f->out, "%s %% within %d", number_fixed(text, sizeof text, 0, 100 * e->within[1]), NEAR);
	if (e->nmatched < e->nbones)
		fprintf(f->out, ", %zu none", e->nbones - e->nmatched);
	fputs("</text>\n", f->out);
}

void compare_figure(FILE *out, const struct compare *compare)
{
	struct figure f = { .out = out, .compare = compare, .reach = reach(compare),
			    .height = TOP + compare->n * LANE + BOTTOM };

	frame(&f);
	for (int i = 0; i < compare->n; i++)
		lane(&f, i);
	fputs("</svg>\n", out);
}
