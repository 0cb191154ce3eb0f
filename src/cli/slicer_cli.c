/* gppi as a command-line module of 3D Slicer: what it says of itself, its progress, its parameters. */
#include "cli/extra.h"

#include <math.h>
#include <string.h>

#include "base/atomic.h"
#include "report/report.h"

const char slicer_xml[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	"<executable>\n"
	"  <category>Quantification</category>\n"
	"  <title>Growth plate plane (gppi)</title>\n"
	"  <description>Finds the growth plate plane index (GPPI) in a micro-CT scan of the distal mouse femur, "
	"and the volume of interest for trabecular bone.</description>\n"
	"  <version>" GPPI_VERSION "</version>\n"
	"  <documentation-url></documentation-url>\n"
	"  <license>MIT</license>\n"
	"  <contributor>the authors of gppi</contributor>\n"
	"  <parameters>\n"
	"    <label>Scan and results</label>\n"
	"    <description>The volume, and where the results go</description>\n"
	"    <boolean hidden=\"true\">\n"
	"      <name>slicerCli</name>\n"
	"      <longflag>slicer-cli</longflag>\n"
	"      <label>Run as a module</label>\n"
	"      <description>Progress on standard output; always on</description>\n"
	"      <default>true</default>\n"
	"    </boolean>\n"
	"    <image>\n"
	"      <name>inputVolume</name>\n"
	"      <label>Scan</label>\n"
	"      <channel>input</channel>\n"
	"      <index>0</index>\n"
	"      <description>Micro-CT volume whose slices run along the femur</description>\n"
	"    </image>\n"
	"    <table fileExtensions=\".csv\">\n"
	"      <name>table</name>\n"
	"      <longflag>output</longflag>\n"
	"      <label>Table</label>\n"
	"      <channel>output</channel>\n"
	"      <description>Plane, VOI, confidence and reasons as one row</description>\n"
	"    </table>\n"
	"    <file fileExtensions=\".mrk.json\">\n"
	"      <name>markups</name>\n"
	"      <longflag>markups</longflag>\n"
	"      <label>Markups file</label>\n"
	"      <channel>output</channel>\n"
	"      <description>Plane and VOI as markups; open the file to see them on the volume</description>\n"
	"    </file>\n"
	"    <directory>\n"
	"      <name>pictures</name>\n"
	"      <longflag>qc</longflag>\n"
	"      <label>Folder for pictures</label>\n"
	"      <channel>output</channel>\n"
	"      <description>A picture to check the plane by</description>\n"
	"    </directory>\n"
	"  </parameters>\n"
	"  <parameters advanced=\"true\">\n"
	"    <label>Detection</label>\n"
	"    <description>How the plane is found</description>\n"
	"    <string-enumeration>\n"
	"      <name>model</name>\n"
	"      <longflag>model</longflag>\n"
	"      <label>Networks</label>\n"
	"      <description>Which networks are asked</description>\n"
	"      <default>all</default>\n"
	"      <element>all</element>\n"
	"      <element>sv</element>\n"
	"      <element>cw</element>\n"
	"      <element>longaxis</element>\n"
	"    </string-enumeration>\n"
	"    <string>\n"
	"      <name>voi</name>\n"
	"      <longflag>voi</longflag>\n"
	"      <label>VOI</label>\n"
	"      <description>Where the VOI lies, such as 300um,1000um,shaft; empty: just that</description>\n"
	"      <default></default>\n"
	"    </string>\n"
	"    <boolean>\n"
	"      <name>exhaustive</name>\n"
	"      <longflag>exhaustive</longflag>\n"
	"      <label>Every slice</label>\n"
	"      <description>Score every slice of the bone, not only those near the plate</description>\n"
	"      <default>false</default>\n"
	"    </boolean>\n"
	"  </parameters>\n"
	"  <parameters>\n"
	"    <label>Answer</label>\n"
	"    <description>Filled in when the module has run</description>\n"
	"    <integer>\n"
	"      <name>gppi</name>\n"
	"      <label>GPPI</label>\n"
	"      <channel>output</channel>\n"
	"      <description>Slice of the plane, counted from 0; -1 where there is none</description>\n"
	"      <default>-1</default>\n"
	"    </integer>\n"
	"    <double>\n"
	"      <name>confidence</name>\n"
	"      <label>Confidence</label>\n"
	"      <channel>output</channel>\n"
	"      <description>Estimated probability of an error of at most 3 slices</description>\n"
	"      <default>0</default>\n"
	"    </double>\n"
	"    <string>\n"
	"      <name>verdict</name>\n"
	"      <label>Verdict</label>\n"
	"      <channel>output</channel>\n"
	"      <description>ok, or the reasons why a person should look</description>\n"
	"      <default></default>\n"
	"    </string>\n"
	"  </parameters>\n"
	"</executable>\n";

bool slicer_calls(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--xml") == 0)
		return true;
	for (int i = 1; i < argc && argv[1][0] == '-'; i++)
		if (strcmp(argv[i], "--slicer-cli") == 0)
			return true;
	return false;
}

void slicer_start(void)
{
	fputs("<filter-start>\n<filter-name>gppi</filter-name>\n"
	      "<filter-comment>Finding the growth plate plane</filter-comment>\n</filter-start>\n", stdout);
	fflush(stdout);
}

int slicer_step(void *user, double done)
{
	struct extra *extra = user;
	int percent = done <= 0 ? 0 : done >= 1 ? 100 : (int)(done * 100);

	if (percent != extra->percent) {
		extra->percent = percent;
		printf("<filter-progress>%.2f</filter-progress>\n", percent / 100.0);
		fflush(stdout);
	}
	return progress_step(extra->progress, done);
}

/* "name = value" lines; a value must stay on its line. */
static bool write_parameters(const struct gppi_result *r, const char *path)
{
	char reasons[GPPI_MAX_REASONS * 98];
	struct atomic_file *file;
	struct gppi_error err;

	if (atomic_open(path, &file, &err) < 0) {
		cli_fail(err.text);
		return false;
	}
	bool found = r->name[0] != 0;
	fprintf(atomic_stream(file), "gppi = %d\nconfidence = %.4f\nverdict = %s\n", found ? r->gppi : -1,
		found && isfinite(r->confidence) ? r->confidence : 0.0,
		!found ? "failed" : r->nreasons ? report_reasons(r, reasons, sizeof reasons) : "ok");
	if (atomic_commit(file, &err) == 0)
		return true;
	cli_fail(err.text);
	return false;
}

bool slicer_finish(struct extra *extra, bool failed)
{
	bool ok = !extra->args->parameters || write_parameters(&extra->last, extra->args->parameters);

	printf("<filter-progress>1</filter-progress>\n<filter-end>\n<filter-name>gppi</filter-name>\n"
	       "<filter-comment>%s</filter-comment>\n</filter-end>\n", failed || !ok ? "failed" : "done");
	fflush(stdout);
	return ok;
}
