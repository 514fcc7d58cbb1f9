/* page.c - the page's files, from memory. */
#include "blackfriday/web/page.h"

#include <string.h>

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        { ".html", "text/html; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".svg", "image/svg+xml" },
    };
    const char *ending = strrchr(name, '.');

    for (size_t i = 0; ending && i < sizeof types / sizeof *types; i++)
        if (!strcmp(ending, types[i][0]))
            return types[i][1];
    return "text/plain; charset=utf-8";
}

static void show(struct web_reply *reply, const char *name)
{
    for (const struct page_file *file = page_files; file->name; file++) {
        if (strcmp(file->name, name))
            continue;
        reply->type = type_of(name);
        if (buffer_text(&reply->body, file->text))
            reply->status = 500;
        return;
    }
    reply->status = 404;
    if (buffer_text(&reply->body, "{\"error\":\"there is no such file\"}\n"))
        reply->status = 500;
}

static void show_index(void *user, const struct web_request *request, struct web_reply *reply)
{
    show(reply, "index.html");
}

static void show_file(void *user, const struct web_request *request, struct web_reply *reply)
{
    show(reply, web_path(request));
}

void page_routes(struct web_route routes[PAGE_ROUTES])
{
    routes[0] = (struct web_route){ .method = "GET", .path = "/", .answer = show_index };
    routes[1] = (struct web_route){ .method = "GET", .path = "/page/", .answer = show_file };
}
