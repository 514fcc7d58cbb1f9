/* faults.h - what a broker and a crash can do to those who use the log in memory, for tests.
 *
 * A process that was killed neither aborts nor leaves: what it had open stays, until the clock or
 * a successor ends it. Take its handles away with log_local_abandon_*().
 */
#ifndef PROCESSOR_LOCAL_FAULTS_H
#define PROCESSOR_LOCAL_FAULTS_H

#include "processor/log.h"

enum log_local_point {
    LOG_LOCAL_FLUSH,       /* records are about to be written */
    LOG_LOCAL_OFFSETS,     /* a commit is about to add its offsets */
    LOG_LOCAL_COMMIT,      /* they are pending, and the commit about to happen */
    LOG_LOCAL_COMMITTED,   /* it happened, and the answer may yet be lost */
    LOG_LOCAL_JOIN,
    LOG_LOCAL_LOOK,        /* committed offsets or ends are asked for */
};

/* LEAT_OK, or the code that the call is to return at this point: LEAT_E_ABORTED, LEAT_E_FENCED
 * in a commit, LEAT_E_RETRY elsewhere. Called with the lock held: it must not use the log. */
typedef int log_local_fault(void *user, enum log_local_point point);

void log_local_set_fault(struct log *log, log_local_fault *fault, void *user); /* NULL: none */

void log_local_abandon_writer(struct log_writer *writer);
void log_local_abandon_group(struct log_group *group);

#endif
