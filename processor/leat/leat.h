/* leat/leat.h - everything that a program needs to describe a topology and to run it. */
#ifndef LEAT_LEAT_H
#define LEAT_LEAT_H

#include <leat/custom_store.h>
#include <leat/driver.h>
#include <leat/join.h>
#include <leat/process.h>
#include <leat/stateful.h>
#include <leat/streams.h>

#endif
