#include "report/page_parts.h"

#define ASSET(name) extern const char page_text_##name[] __attribute__((visibility("hidden"))), \
	page_end_##name[] __attribute__((visibility("hidden")))
ASSET(html);
ASSET(style);
ASSET(data);
ASSET(decisions);
ASSET(table);
ASSET(views);
ASSET(measures);
ASSET(main);

/* One script in the page, in this order. */
static const struct page_asset script[] = {
	{ page_text_data, page_end_data }, { page_text_decisions, page_end_decisions },
	{ page_text_table, page_end_table },
	{ page_text_views, page_end_views }, { page_text_measures, page_end_measures },
	{ page_text_main, page_end_main },
};

struct page_asset page_asset_html(void)
{
	return (struct page_asset){ page_text_html, page_end_html };
}

struct page_asset page_asset_style(void)
{
	return (struct page_asset){ page_text_style, page_end_style };
}

int page_asset_scripts(void)
{
	return (int)(sizeof script / sizeof *script);
}

struct page_asset page_asset_script(int i)
{
	return script[i];
}
