/* page.h - the page: the files of page/ and the chart library, part of the program. */
#ifndef BLACKFRIDAY_WEB_PAGE_H
#define BLACKFRIDAY_WEB_PAGE_H

#include "blackfriday/web/server.h"

/* A file of page/; the list is made by the build and ends with a name of NULL. */
struct page_file {
    const char *name, *text;
};

extern const struct page_file page_files[];

enum { PAGE_ROUTES = 2 };

/* GET / and GET /page/NAME. */
void page_routes(struct web_route routes[PAGE_ROUTES]);

#endif
