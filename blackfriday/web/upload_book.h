/* upload_book.h - the uploads that go on, and the last ones that are over, by their ids.
 *
 * Thread: any; what is said of an upload is a copy.
 */
#ifndef BLACKFRIDAY_WEB_UPLOAD_BOOK_H
#define BLACKFRIDAY_WEB_UPLOAD_BOOK_H

#include "blackfriday/web/upload.h"

enum { UPLOAD_ID_LEAST = 8, UPLOAD_ID_MOST = 32 };

struct upload_book;

struct upload_book *upload_book_new(void);
void upload_book_free(struct upload_book *book);

/* Whether it is 8 to 32 hexadecimal digits. */
bool upload_id_valid(const char *id);
void upload_id_make(char id[UPLOAD_ID_MOST + 1]);

/* A page for an upload that begins; false: the id was used. The oldest that is over makes room. */
bool upload_book_begin(struct upload_book *book, const char *id);

/* Its upload is looked at from now on. */
void upload_book_watch(struct upload_book *book, const char *id, const struct upload *upload);

/* It is over: counts and report are copied, and the upload is not looked at any more. upload NULL:
 * it never began. error NULL: it went well. */
void upload_book_end(struct upload_book *book, const char *id, const struct upload *upload,
                     const char *error);

/* As JSON; false: there is no such upload. */
bool upload_book_tell(struct upload_book *book, const char *id, struct buffer *out);

/* 1: the report was appended; 0: there is no such upload; negative: it is not over yet. */
int upload_book_report(struct upload_book *book, const char *id, struct buffer *out);

#endif
