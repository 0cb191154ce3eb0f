#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dctk.h>

#include "scan/dicom_dictionary.h"

extern "C" {
#include "base/os.h"
}

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

const long bytes_max = 16L << 20; /* those of dcmtk have 250,000 */
const char separator = ':';

std::string files;      /* still to be read; "": none */
bool told = false;      /* were they named by the user? */
std::once_flag filled;

/* What is left of a line. Each function takes what it understands from its beginning. */
struct line {
	char *at;

	bool take(char c)
	{
		if (*at != c)
			return false;
		at++;
		return true;
	}
	/* At most four digits. */
	bool hex(Uint16 &value)
	{
		unsigned v = 0;
		int n = 0;
		for (; n < 4; n++, at++) {
			const char c = *at;
			if (c >= '0' && c <= '9')
				v = v * 16 + (unsigned)(c - '0');
			else if ((c | 32) >= 'a' && (c | 32) <= 'f')
				v = v * 16 + (unsigned)((c | 32) - 'a' + 10);
			else
				break;
		}
		value = (Uint16)v;
		return n > 0;
	}
	bool number(int &value)
	{
		const char *start = at;
		for (value = 0; *at >= '0' && *at <= '9' && at - start < 6; at++)
			value = value * 10 + (*at - '0');
		return at > start;
	}
	/* Text up to `end`, which becomes its end. Not what dcmtk may take for blanks. */
	bool text(char end, char *&value)
	{
		value = at;
		for (; *at && *at != end; at++)
			if ((unsigned char)*at < ' ')
				return false;
		if (*at != end || at == value)
			return false;
		*at = '\0';
		at += end != '\0';
		return true;
	}
};

/* "0010", "0020-31ff" (of even numbers), "0021-o-ffff", "0000-u-ffff" */
bool range(line &l, Uint16 &from, Uint16 &to, DcmDictRangeRestriction &restriction)
{
	restriction = DcmDictRange_Unspecified;
	if (!l.hex(from))
		return false;
	to = from;
	if (!l.take('-'))
		return true;
	restriction = DcmDictRange_Even;
	if (l.at[0] == 'o' && l.at[1] == '-')
		restriction = DcmDictRange_Odd;
	else if (l.at[0] == 'u' && l.at[1] == '-')
		restriction = DcmDictRange_Unspecified;
	else
		return l.hex(to);
	l.at += 2;
	return l.hex(to);
}

/* "1", "1-3", "1-n", "2-2n" */
bool multiplicity(line &l, int &least, int &most)
{
	if (!l.number(least))
		return false;
	most = least;
	if (!l.take('-'))
		return true;
	const bool some = l.number(most);
	if (l.take('n'))
		most = DcmVariableVM;
	else if (!some)
		return false;
	return true;
}

/* Types by their two letters: looking for them by name takes dcmtk longer than all else here. */
bool type_of(const char *name, DcmEVR &out)
{
	static const int letters = 'z' - 'A' + 1; /* "ox" is one, too */
	static DcmEVR known[letters][letters];
	static bool seen[letters][letters];
	const int a = name[0] - 'A', b = a >= 0 && a < letters ? name[1] - 'A' : -1;

	if (b < 0 || b >= letters || name[2])
		return false;
	if (!seen[a][b]) {
		known[a][b] = DcmVR(name).getEVR();
		seen[a][b] = true;
	}
	out = known[a][b];
	return out != EVR_UNKNOWN;
}

/* dcmtk keeps blanks in names of creators only. */
void strip(char *text)
{
	*std::remove(text, text + strlen(text), ' ') = '\0';
}

/* Tag, type, name, multiplicity and version with tabs between, the last one not always; behind the group of a private
 * tag the name of its creator in quotes. NULL: dcmtk must look. */
DcmDictEntry *parse(char *text)
{
	static char standard[] = "DICOM";
	line l = { text };
	Uint16 group, group_end, element, element_end;
	DcmDictRangeRestriction groups, elements;
	char *creator = nullptr, *type, *name, *version = standard;
	int least, most;
	DcmEVR vr;

	if (!l.take('(') || !range(l, group, group_end, groups) || !l.take(','))
		return nullptr;
	if (l.take('"') && (!l.text('"', creator) || !l.take(',')))
		return nullptr;
	if (!range(l, element, element_end, elements) || !l.take(')') || !l.take('\t') || !l.text('\t', type) ||
	    !type_of(type, vr) || !l.text('\t', name) || !multiplicity(l, least, most))
		return nullptr;
	if (*l.at && (!l.take('\t') || !l.text('\0', version)))
		return nullptr;
	strip(name);
	strip(version);
	DcmDictEntry *e = new DcmDictEntry(group, element, group_end, element_end, vr, name, least, most, version,
					   OFFalse, creator);
	e->setGroupRangeRestriction(groups);
	e->setElementRangeRestriction(elements);
	return e;
}

/* All of a file, with a 0 behind it; NULL: it cannot be read. */
char *read_all(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = nullptr;
	long size;

	if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0 && size <= bytes_max &&
	    fseek(f, 0, SEEK_SET) == 0) {
		text = (char *)malloc((size_t)size + 1);
		if (text && fread(text, 1, (size_t)size, f) != (size_t)size) {
			free(text);
			text = nullptr;
		}
		if (text)
			text[size] = '\0';
	}
	if (f)
		fclose(f);
	return text;
}

void fill()
{
	DcmDataDictionary &to = dcmDataDict.wrlock();
	for (size_t at = 0; at < files.size();) {
		const size_t end = std::min(files.find(separator, at), files.size());
		const std::string path = files.substr(at, end - at);
		/* Entries replace earlier ones of the same tag. */
		if (!path.empty() && !dicom_dictionary_add(to, path.c_str()))
			(void)to.loadDictionary(path.c_str(), told);
		at = end + 1;
	}
	dcmDataDict.wrunlock();
}

} // namespace

bool dicom_dictionary_add(DcmDataDictionary &to, const char *path)
{
	/* Entries point to the texts, and some are looked at when statics are gone. */
	static std::vector<char *> *const texts = new std::vector<char *>;
	char *text = read_all(path);
	if (!text)
		return false;
	texts->push_back(text);
	for (char *at = text; at && *at;) {
		char *end = strchr(at, '\n'), *next = end ? end + 1 : nullptr;
		if (!end)
			end = at + strlen(at);
		while (end > at && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = '\0';
		DcmDictEntry *e = *at && *at != '#' ? parse(at) : nullptr;
		if (e)
			to.addEntry(e);
		else if (*at && *at != '#')
			return false;
		at = next;
	}
	return true;
}

void dicom_dictionary_take_over(const char *path)
{
#ifndef _WIN32 /* dcmtk has it built in */
	static const char none[] = "# empty\n"; /* of a file without a line dcmtk would read memory that was not set */
	const char *env = getenv("DCMDICTPATH");
	const std::string given = env ? env : "";
	char empty[32];
	const int fd = os_memory_file(empty);

	if (fd >= 0 && write(fd, none, sizeof none - 1) == (ssize_t)sizeof none - 1) {
		files = !given.empty() ? given : path ? path : DCM_DICT_DEFAULT_PATH;
		told = !given.empty();
		setenv("DCMDICTPATH", empty, 1);
		const bool has = dcmDataDict.rdlock().numberOfEntries() > 0; /* now it reads none */
		dcmDataDict.rdunlock();
		if (has)
			files.clear();
		if (env)
			setenv("DCMDICTPATH", given.c_str(), 1); /* for programs that this one starts */
		else
			unsetenv("DCMDICTPATH");
	} else if (path) {
		setenv("DCMDICTPATH", path, 0);
	}
	if (fd >= 0)
		close(fd);
#else
	(void)path;
#endif
}

void dicom_dictionary(void)
{
	if (!files.empty())
		std::call_once(filled, fill);
}
