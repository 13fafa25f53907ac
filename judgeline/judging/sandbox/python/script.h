/* Running a script as CPython's main does. */
#ifndef JUDGELINE_PYTHON_SCRIPT_H
#define JUDGELINE_PYTHON_SCRIPT_H

#include <stdint.h>

#include "api.h"

/* Compile it for all runs to come. 0; a script that would say something while it is compiled, or whose encoding is
 * not plain UTF-8, is left for each run to compile as CPython does: 0 too. */
int script_compile(const char *path);

/* In a forked child: be the script's process until it ends. `arguments` are `count` strings, the interpreter and the
 * script first. */
_Noreturn void script_run(const char *path, const char *arguments, uint32_t count);

/* How many names a module held before any run; -1 for one that a run has brought in. */
ssize_t script_module_size(const char *name);

/* End this process as an interpreter ends whose script, and the modules in its `folder`, came to `code`; by SIGINT
 * where that was not caught. */
_Noreturn void script_end(const char *folder, int code, int interrupted);

#endif
