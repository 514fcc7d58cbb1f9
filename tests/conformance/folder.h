/* folder.h - temporary folders for the RocksDBs of scenarios. */
#ifndef CONFORMANCE_FOLDER_H
#define CONFORMANCE_FOLDER_H

/* A new one, by what it is for; the name is the caller's, to give back with memory_free(). Exits
 * where none can be had. */
char *folder_make(const char *purpose);
void folder_remove(const char *path); /* with all that is in it */

#endif
