#include "dictionary_files.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "scan/dicom_dictionary.h"

static std::string all_of(const DcmDictEntry &e)
{
	char text[256];
	snprintf(text, sizeof text, "%x %x %x %x %d %d|%s|%d %d|%s|%d %d|", e.getGroup(), e.getElement(),
		 e.getUpperGroup(), e.getUpperElement(), (int)e.getEVR(), e.isRepeating() ? 1 : 0, e.getTagName(),
		 e.getVMMin(), e.getVMMax(), e.getStandardVersion(), (int)e.getGroupRangeRestriction(),
		 (int)e.getElementRangeRestriction());
	return text + std::string(e.getPrivateCreator() ? e.getPrivateCreator() : "none");
}

static std::vector<std::string> entries(DcmDataDictionary &d)
{
	std::vector<std::string> out;
	for (DcmHashDictIterator i = d.normalBegin(); i != d.normalEnd(); ++i)
		out.push_back(all_of(**i));
	for (DcmDictEntryListIterator i = d.repeatingBegin(); i != d.repeatingEnd(); ++i)
		out.push_back(all_of(**i));
	std::sort(out.begin(), out.end());
	return out;
}

const char *dictionary_path(void)
{
	return DCM_DICT_DEFAULT_PATH;
}

int dictionary_differences(const char *path, int *n)
{
	DcmDataDictionary theirs(OFFalse, OFFalse), ours(OFFalse, OFFalse);
	theirs.loadDictionary(path);
	if (!dicom_dictionary_add(ours, path))
		return -1;
	const std::vector<std::string> a = entries(theirs), b = entries(ours);
	std::vector<std::string> both, one;
	std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
	std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(one));
	*n = (int)both.size();
	return (int)one.size();
}

void dictionary_type(unsigned group, unsigned element, char type[3])
{
	DcmTag tag((Uint16)group, (Uint16)element);
	snprintf(type, 3, "%s", tag.getVRName());
}
