/* leat/error.h - the one error convention: 0 or a negative code, and a sentence.
 *
 * Functions that can fail return LEAT_OK (0), a positive count where they say so, or one of these
 * codes; the sentence stands in the struct leat_error that the caller passed, and names the thing
 * and the mend. A programmer's mistake is an assertion and never a code.
 */
#ifndef LEAT_ERROR_H
#define LEAT_ERROR_H

enum leat_status {
    LEAT_OK = 0,
    LEAT_E_ARGUMENT = -1,  /* an option, a parameter or a file the user gave is wrong */
    LEAT_E_TOPOLOGY = -2,  /* the steps do not fit together */
    LEAT_E_LIMIT = -3,     /* a bound of limits.h or of the configuration was reached */
    LEAT_E_DATA = -4,      /* bytes are not what they should be: this record only */
    LEAT_E_STATE = -5,     /* the state directory: foreign, newer, locked, or the disk failed */
    LEAT_E_LOG = -6,       /* the broker refused, and will again */
    LEAT_E_RETRY = -7,     /* an outage: the same call may succeed later */
    LEAT_E_ABORTED = -8,   /* the transaction was aborted: rewind every task in it */
    LEAT_E_FENCED = -9,    /* the producer is of no more use: make another, then rewind */
    LEAT_E_REGISTRY = -10, /* the schema registry refused, and will again */
    LEAT_E_CALLBACK = -11, /* a user function reported failure by leat_fail() */
    LEAT_E_STOPPED = -12,  /* the application is stopping */
    LEAT_E_SINK = -13,     /* the database refused, and will again */
};

enum { LEAT_ERROR_TEXT = 512 };

/* Owner: the caller; zero it first. text is empty while code is 0. */
struct leat_error {
    int code;
    char text[LEAT_ERROR_TEXT];
};

/* The code's name as it stands in headers and metrics: "data", "limit", ... */
const char *leat_status_name(int code);

#endif
