/* upload_book.c - what is known of each upload, under one lock. */
#include "blackfriday/web/upload_book.h"

#include "base/limits.h"
#include "base/memory.h"
#include "schemas/print.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/random.h>

enum { PAGES = LIMIT_UPLOADS + LIMIT_UPLOADS_KEPT };

struct page {
    char id[UPLOAD_ID_MOST + 1];   /* empty: free */
    const struct upload *upload;   /* while it goes on */
    bool over;
    struct upload_counts counts;   /* once it is over */
    char *error;
    struct buffer report;
    uint64_t number; /* in order of beginning */
};

struct upload_book {
    pthread_mutex_t mutex;
    struct page pages[PAGES];
    uint64_t begun;
};

/* ---- ids ----------------------------------------------------------------------------------- */

bool upload_id_valid(const char *id)
{
    size_t size = strlen(id);

    return size >= UPLOAD_ID_LEAST && size <= UPLOAD_ID_MOST &&
           strspn(id, "0123456789abcdefABCDEF") == size;
}

void upload_id_make(char id[UPLOAD_ID_MOST + 1])
{
    unsigned char bytes[UPLOAD_ID_MOST / 2];
    ssize_t got = getrandom(bytes, sizeof bytes, 0);

    assert(got == (ssize_t)sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- pages: the mutex is held -------------------------------------------------------------- */

static struct page *find(struct upload_book *book, const char *id)
{
    for (size_t i = 0; i < PAGES; i++)
        if (!strcmp(book->pages[i].id, id))
            return &book->pages[i];
    return NULL;
}

static void tear_out(struct page *page)
{
    memory_free(page->error);
    buffer_free(&page->report);
    *page = (struct page){ 0 };
}

/* There are more pages than uploads at once, so that one is free or over. */
static struct page *fresh(struct upload_book *book)
{
    struct page *oldest = NULL;

    for (size_t i = 0; i < PAGES; i++) {
        struct page *page = &book->pages[i];

        if (!page->id[0])
            return page;
        if (page->over && (!oldest || page->number < oldest->number))
            oldest = page;
    }
    assert(oldest);
    tear_out(oldest);
    return oldest;
}

static void count(const struct page *page, struct upload_counts *counts)
{
    *counts = page->counts;
    if (page->upload)
        upload_progress(page->upload, counts);
    counts->over = page->over;
}

static int write_page(const struct page *page, struct buffer *out)
{
    struct upload_counts counts;
    char written[24] = "null";
    int full;

    count(page, &counts);
    if (!counts.unknown)
        snprintf(written, sizeof written, "%" PRId64, counts.written);
    full = buffer_format(out,
                         "{\"id\":\"%s\",\"accepted\":%" PRId64 ",\"refused\":%" PRId64
                         ",\"written\":%s,\"rows\":%" PRId64 ",\"bytes\":%" PRId64
                         ",\"over\":%s,\"report\":\"/upload/%s/report.csv\"",
                         page->id, counts.accepted, counts.refused, written, counts.rows,
                         counts.bytes, counts.over ? "true" : "false", page->id);
    if (!full && page->error) {
        full = buffer_text(out, ",\"error\":");
        full = full ? full : print_string(leat_bytes_of(page->error), out);
    }
    return full ? full : buffer_text(out, "}\n");
}

/* ---- the book ------------------------------------------------------------------------------ */

struct upload_book *upload_book_new(void)
{
    struct upload_book *book = memory_new(sizeof *book);

    pthread_mutex_init(&book->mutex, NULL);
    return book;
}

void upload_book_free(struct upload_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < PAGES; i++)
        tear_out(&book->pages[i]);
    pthread_mutex_destroy(&book->mutex);
    memory_free(book);
}

bool upload_book_begin(struct upload_book *book, const char *id)
{
    struct page *page;
    bool used;

    assert(upload_id_valid(id));
    pthread_mutex_lock(&book->mutex);
    used = find(book, id);
    if (!used) {
        page = fresh(book);
        snprintf(page->id, sizeof page->id, "%s", id);
        page->number = ++book->begun;
        buffer_init(&page->report, 2 * LIMIT_UPLOAD_REPORT_BYTES);
    }
    pthread_mutex_unlock(&book->mutex);
    return !used;
}

void upload_book_watch(struct upload_book *book, const char *id, const struct upload *upload)
{
    pthread_mutex_lock(&book->mutex);
    find(book, id)->upload = upload;
    pthread_mutex_unlock(&book->mutex);
}

void upload_book_end(struct upload_book *book, const char *id, const struct upload *upload,
                     const char *error)
{
    struct page *page;

    pthread_mutex_lock(&book->mutex);
    page = find(book, id);
    if (upload) {
        struct leat_bytes report = upload_report(upload);
        int full = buffer_add(&page->report, report.data, report.size);

        assert(!full);
        upload_progress(upload, &page->counts);
    }
    page->upload = NULL;
    page->error = memory_text(error);
    page->over = true;
    pthread_mutex_unlock(&book->mutex);
}

bool upload_book_tell(struct upload_book *book, const char *id, struct buffer *out)
{
    struct page *page;

    pthread_mutex_lock(&book->mutex);
    page = upload_id_valid(id) ? find(book, id) : NULL;
    if (page && write_page(page, out))
        out->size = 0;
    pthread_mutex_unlock(&book->mutex);
    return page;
}

int upload_book_report(struct upload_book *book, const char *id, struct buffer *out)
{
    struct page *page;
    int told = 0;

    pthread_mutex_lock(&book->mutex);
    page = upload_id_valid(id) ? find(book, id) : NULL;
    if (page)
        told = page->over && !buffer_add(out, page->report.data, page->report.size) ? 1 : -1;
    pthread_mutex_unlock(&book->mutex);
    return told;
}
