/* Voxel sizes of slices as pictures: what TIFF, PNG, BMP and JPEG files state, and the logs beside them. */
#define _POSIX_C_SOURCE 200809L
#include "picture_files.h"

#include <time.h>

enum { W = 8, H = 6, NZ = 12 };

static uint8_t pixels[W * H * NZ];

static void check(const char *path, const char *what, double x, double z, const char *doubt, const char *note)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s: %s", what, err.text);
	const struct scan_info *info = scan_info(scan);
	bool known = x > 0.0;
	const double want[3] = { known ? x : 10, known ? x : 10, known ? z : 10 };
	for (int i = 0; i < 3; i++)
		if (fabs(info->spacing_um[i] - want[i]) > 0.01)
			fail_msg("%s: axis %d is %g um, expected %g (%s)", what, i, info->spacing_um[i], want[i],
				 info->detail);
	assert_int_equal(info->spacing_known, known ? SCAN_READ : SCAN_ASSUMED);
	if (!doubt[0] != !info->spacing_doubt[0] || !strstr(info->spacing_doubt, doubt))
		fail_msg("%s: doubt \"%s\" instead of \"%s\"", what, info->spacing_doubt, doubt);
	if (!strstr(info->detail, note))
		fail_msg("%s: \"%s\" lacks \"%s\"", what, info->detail, note);
	scan_close(scan);
}

#define IJ "ImageJ=1.54f\nimages=12\nslices=12\n"
#define ORDER "DimensionOrder=\"XYZCT\" SizeZ=\"12\" SizeC=\"1\" SizeT=\"1\""
#define OME_HEAD "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\">" \
	"<Image ID=\"Image:0\">"

static void tiff_of_many_pages(void **state)
{
	static const struct {
		const char *text;
		double per_cm, x, z;
		const char *doubt;
	} t[] = {
		/* ImageJ: pixels in the unit of the text */
		{ IJ "unit=um\nspacing=20.0\n", 0.05, 20, 20, "" },
		{ IJ "unit=micrometer\nspacing=20\n", 0.05, 20, 20, "" },
		{ IJ "unit=microns\nspacing=20\n", 0.05, 20, 20, "" },
		{ IJ "unit=\xc2\xb5m\nspacing=20\n", 0.05, 20, 20, "" },
		{ IJ "unit=\xb5m\nspacing=20\n", 0.05, 20, 20, "" },
		{ IJ "unit=\\u00B5m\r\nspacing=20\r\n", 0.05, 20, 20, "" },
		{ IJ "unit=um\nspacing=-20.0\n", 0.05, 20, 20, "" },
		{ IJ "unit=um\nspacing=20,0\n", 0.05, 20, 20, "" },
		{ IJ "unit=um\nzunit=mm\nspacing=0.02\n", 0.05, 20, 20, "" },
		{ IJ "unit=um\nspacing=0.02\n", 0.05, 20, 20, "20 x 20 x 0.02 um in the file, taken as 20 um" },
		{ IJ "unit=um\nspacing=20 or so\n", 0.05, 20, 20, "\"20 or so\" is not understood" },
		{ IJ "unit=cm\nspacing=0.002\n", 500, 20, 20, "" },
		{ IJ "unit=um\n", 0.05, 20, 20, "" },
		{ IJ "unit=pixel\nspacing=1.0\n", 1, 0, 0, "" },
		{ IJ "unit=furlong\nspacing=1.0\n", 1, 0, 0, "unit \"furlong\" is not known" },
		{ IJ "unit=inch\nspacing=0.01\n", 300, 0, 0, "" }, /* opened by ImageJ, made for a printer */
		{ IJ "unit=mm\nspacing=0.0212\n", 1 / 0.0212, 21.2, 21.2, "" },
		/* OME */
		{ OME_HEAD "<Pixels " ORDER " ID=\"P\" PhysicalSizeX=\"20.0\" PhysicalSizeXUnit=\"\xc2\xb5m\" "
					    "PhysicalSizeY=\"20.0\" "
		  "PhysicalSizeZ=\"22.0\" SizeX=\"8\">", 0, 20, 22, "" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX='0.02' PhysicalSizeXUnit='mm' PhysicalSizeY='0.02' "
		  "PhysicalSizeYUnit='mm' PhysicalSizeZ='0.02' PhysicalSizeZUnit='mm'/>", 0, 20, 20, "" },
		{ "<OME:OME xmlns:OME=\"http://www.openmicroscopy.org/\"><OME:Pixels " ORDER " PhysicalSizeX=\"20\" "
											     "PhysicalSizeY=\"20\" "
		  "PhysicalSizeYUnit=\"&#181;m\">", 0, 20, 20, "" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20\" PhysicalSizeY=\"20\" PhysicalSizeZ=\"1000\">", 0, 20,
		  20, "taken as 20 um" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20\" PhysicalSizeY=\"20\" PhysicalSizeZ=\"0\">", 0, 20,
		  20,
		  "PhysicalSizeZ is 0" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20\" PhysicalSizeY=\"20\" PhysicalSizeZ=\"20\">", 1000,
		  20, 20,
		  "OME-XML says 20 um, the resolution 10 um" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20\" PhysicalSizeY=\"20\" PhysicalSizeZ=\"20\">", 490, 20,
		  20,
		  "OME-XML says 20 um, the resolution 20.41 um" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20\" PhysicalSizeY=\"20\" PhysicalSizeZ=\"20\">", 499, 20,
		  20, "" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20\" PhysicalSizeY=\"20\" PhysicalSizeZ=\"20\">",
		  300 / 2.54, 20, 20, "" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20um\" PhysicalSizeY=\"20\">", 0, 20, 20,
		  "\"20um\" is not understood" },
		{ OME_HEAD "<Pixels " ORDER " PhysicalSizeX=\"20\" PhysicalSizeXUnit=\"pixel\" SizeX=\"8\">", 0, 0, 0,
		  "" },
		{ OME_HEAD "<Pixels " ORDER " SizeX=\"8\"></Pixels><Plane PhysicalSizeX=\"20\"/>", 0, 0, 0, "" },
		/* what is before the first element is none */
		{ "openmicroscopy.org:Pixels PhysicalSizeX=\"30\"", 0, 0, 0, "" },
		{ "openmicroscopy.org:Pixels PhysicalSizeX=\"30\"<a:Pixels PhysicalSizeX=\"20\" PhysicalSizeY=\"20\">",
		  0, 20, 20, "" },
		/* resolutions */
		{ NULL, 500, 20, 20, "" },
		{ NULL, 1270 / 2.54, 20, 20, "" },
		{ NULL, 300 / 2.54, 0, 0, "" },
		{ NULL, 600 / 2.54, 0, 0, "" },
		{ NULL, 72 / 2.54, 0, 0, "" },
		{ NULL, 1, 0, 0, "" },
		{ "SomeProgram", 10, 0, 0, "" },
		{ NULL, 75, 133.333, 133.333, "133.3 x 133.3 x ? um is unusual" },
	};

	(void)state;
	struct plane p = { W, H, 1, pixels, 0 };
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct tiff_style s = plain_tiff;
		char what[32];
		s.description = t[k].text;
		s.pixels_per_cm = t[k].per_cm;
		snprintf(what, sizeof what, "TIFF %zu", k);
		write_tiff(in_dir("m.tif"), &p, NZ, &s);
		check(in_dir("m.tif"), what, t[k].x, t[k].z, t[k].doubt, "");
	}
}

/* The text is gone over a few times, not once for each of its words. */
static void long_description(void **state)
{
	static const char head[] = "openmicroscopy.org", word[] = ":Pixels";
	enum { WORDS = 149000, TIMES = 10 };
	struct plane p = { W, H, 1, pixels, 0 };
	struct tiff_style s = plain_tiff;
	char *text = malloc(sizeof head + WORDS * (sizeof word - 1)), *at = text;

	(void)state;
	assert_non_null(text);
	at = stpcpy(at, head);
	for (int i = 0; i < WORDS; i++)
		at = stpcpy(at, word);
	s.description = text;
	write_tiff(in_dir("m.tif"), &p, NZ, &s);
	clock_t before = clock();
	for (int i = 0; i < TIMES; i++)
		check(in_dir("m.tif"), "long", 0, 0, "", "");
	assert_true(clock() - before < 5 * CLOCKS_PER_SEC);
	free(text);
}

/* Slices whose numbers are `step` apart. */
static void put_slices(const char *prefix, int format, int step, int per_metre, const struct tiff_style *style)
{
	mkdir(in_dir("s"), 0777);
	for (int z = 0; z < NZ; z++) {
		struct plane p = { W, H, 1, pixels + (size_t)(z * W * H), per_metre };
		char name[64];
		snprintf(name, sizeof name, "s/%s%04d.%s", prefix, z * step, formats[format]);
		if (style)
			write_tiff(in_dir(name), &p, 1, style);
		else
			write_slice(in_dir(name), format, &p);
	}
}

static void single_slices(void **state)
{
	struct tiff_style s = plain_tiff;

	(void)state;
	for (int format = 0; format < 3; format++) { /* PNG, JPEG, BMP */
		put_slices("m7_", format, 1, 50000, NULL);
		check(in_dir("s"), formats[format], 20, 20, "", "20 x 20 x ? um in the file, completed as cubes");
		remove_tree(in_dir("s"));
		put_slices("m7_", format, 2, 50000, NULL);
		check(in_dir("s"), formats[format], 20, 40, "", "steps of 2");
		remove_tree(in_dir("s"));
		put_slices("m7_", format, 1, 11811, NULL); /* 300 dpi, of JPEG in whole cm */
		check(in_dir("s"), formats[format], 0, 0, "", "");
		remove_tree(in_dir("s"));
		put_slices("m7_", format, 1, 2835, NULL); /* 72 dpi */
		check(in_dir("s"), formats[format], 0, 0, "", "taken for no voxel size");
		remove_tree(in_dir("s"));
	}
	s.description = "ImageJ=1.54f\nunit=micron\nspacing=22.0\n";
	s.pixels_per_cm = 0.05;
	put_slices("m7_", 4, 1, 0, &s);
	check(in_dir("s"), "Fiji's slices", 20, 22, "", "");
	remove_tree(in_dir("s"));
	s.description = NULL;
	s.pixels_per_cm = 300 / 2.54;
	put_slices("m7_", 4, 1, 0, &s);
	check(in_dir("s"), "300 dpi", 0, 0, "", "resolution: 300 dots per inch, which is taken for no voxel size");
}

#define LOG(value) "[System]\nScanner=SkyScan1272\n[Reconstruction]\nPixel Size (um)=" value "\nSections Count=12\n"

/* The text in a log of two bytes for each letter, or with other line ends. */
static size_t as_file(const char *text, int form, char out[2048])
{
	size_t n = 0;
	if (form == 1 || form == 2) {
		out[n++] = form == 1 ? (char)0xff : (char)0xfe;
		out[n++] = form == 1 ? (char)0xfe : (char)0xff;
	}
	for (const char *c = text; *c; c++) {
		if (form == 2)
			out[n++] = '\0';
		out[n++] = form == 4 && *c == '\n' ? '\r' : *c;
		if (form == 1 || form == 3)
			out[n++] = '\0';
	}
	return n;
}

static void logs(void **state)
{
	static const struct {
		const char *text;
		double x, z;
		const char *doubt, *note;
	} t[] = {
		{ LOG("9.98500"), 9.985, 9.985, "", "log: m7_rec.log; scanner" },
		{ LOG("9,98500"), 9.985, 9.985, "", "" },
		{ LOG(" 6,95 "), 6.95, 6.95, "", "" },
		{ LOG("9.985\nSection to Section Step=2"), 9.985, 19.97, "", "" },
		{ LOG("9.985\nSection to Section Step=two"), 9.985, 9.985, "\"two\" in the log is not understood",
		  "completed" },
		{ LOG("9.985 um"), 0, 0, "\"9.985 um\" in the log is not understood", "which tells no pixel size" },
		{ LOG("1.009,5"), 0, 0, "\"1.009,5\" in the log", "which tells no pixel size" },
		{ LOG("x\nPixel Size (mm)=0,0105"), 10.5, 10.5, "\"x\" in the log", "" },
		{ "", 0, 0, "", "log: m7_rec.log, which tells no pixel size" },
		{ "[System]\nScanner=SkyScan1272\n", 0, 0, "", "which tells no pixel size" },
		{ "[Reconstruction]\nPixel Size (um)=9.9", 0, 0, "", "which tells no pixel size" }, /* cut */
		{ "[Acquisition]\nPixel Size (um)=9.985\n", 0, 0, "", "which tells no pixel size" },
	};
	char file[2048];

	(void)state;
	put_slices("m7_rec", 2, 1, 0, NULL);
	for (size_t k = 0; k < sizeof t / sizeof *t; k++)
		for (int form = 0; form < 5; form++) { /* as it is, UTF-16 of both orders and without a mark, CR */
			char what[32];
			put_file(in_dir("s/m7_rec.log"), file, as_file(t[k].text, form, file));
			snprintf(what, sizeof what, "log %zu, form %d", k, form);
			check(in_dir("s"), what, t[k].x, t[k].z, t[k].doubt, t[k].note);
		}
	/* a log against the files */
	remove_tree(in_dir("s"));
	put_slices("m7_rec", 0, 1, 50000, NULL);
	put_file(in_dir("s/m7_rec.log"), LOG("9.985"), sizeof LOG("9.985") - 1);
	check(in_dir("s"), "contradiction", 9.985, 9.985, "log says 9.985 um, pictures 20 x 20 x ? um", "");
	put_file(in_dir("s/m7_rec.log"), LOG("20.05"), sizeof LOG("20.05") - 1);
	check(in_dir("s"), "agreement", 20.05, 20.05, "", "");
	put_file(in_dir("s/m7_rec.log"), "", 0);
	check(in_dir("s"), "the files alone", 20, 20, "", "which tells no pixel size");
}

#define SIZES(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = { SIZES(tiff_of_many_pages), SIZES(long_description), SIZES(single_slices),
					    SIZES(logs) };
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
