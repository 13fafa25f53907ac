/* The runner: pid 1 of the inner namespaces; starts, times, stops and clears away one program after another. */
#ifndef JUDGELINE_RUNNER_H
#define JUDGELINE_RUNNER_H

#include "message.h"

/* Serves the judge's requests, read into `request`, until it hangs up. `extension`: see box_main. */
_Noreturn void runner_main(union request *request, int extension);

#endif
