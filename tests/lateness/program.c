/* program.c - every verb that closes by time, behind two repartitions, as an application. */
#include "verbs.h"

#include <leat/leat.h>

int main(int argc, char **argv)
{
    return leat_main(verbs_topology(2), argc, argv);
}
