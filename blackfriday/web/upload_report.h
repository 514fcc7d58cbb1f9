/* upload_report.h - the refused rows of an upload as CSV, as many as there is room for. */
#ifndef BLACKFRIDAY_WEB_UPLOAD_REPORT_H
#define BLACKFRIDAY_WEB_UPLOAD_REPORT_H

#include "base/buffer.h"
#include "blackfriday/sheet.h"

struct csv_fault;

struct upload_report {
    struct buffer text;
    int64_t rows, untold; /* untold: of the rows, those that there was no room for */
};

void upload_report_init(struct upload_report *report);
void upload_report_free(struct upload_report *report);
void upload_report_add(struct upload_report *report, const struct sheet *sheet,
                       const struct csv_fault *fault);

/* A last line for what is not told. */
void upload_report_end(struct upload_report *report);

#endif
