/* The part of an interpreter's end that a program can see. The whole of it costs a forked child 3 ms of freeing memory
 * that it shares with its parent.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "script.h"

#define CODE_UNFLUSHED 120 /* what CPython exits with where standard output could not be written */

/* -1 where sys.stdout or sys.stderr could not be flushed. */
static int flush_stream(const char *name, int told)
{
    PyObject *stream = PySys_GetObject(name);
    int failed = 0;

    if (!stream || stream == PY_NONE)
        return 0;
    Py_IncRef(stream);
    PyObject *closed = PyObject_GetAttrString(stream, "closed");
    int is_closed = closed ? PyObject_IsTrue(closed) : 0;
    PyErr_Clear();
    if (closed)
        Py_DecRef(closed);
    if (is_closed <= 0) {
        PyObject *done = PyObject_CallMethod(stream, "flush", NULL);
        failed = done ? 0 : -1;
        if (done)
            Py_DecRef(done);
        else if (told)
            PyErr_WriteUnraisable(stream);
        PyErr_Clear();
    }
    Py_DecRef(stream);
    return failed;
}

static void join_threads(void)
{
    PyObject *threading = PyDict_GetItemString(PyImport_GetModuleDict(), "threading");
    if (!threading)
        return;
    PyObject *done = PyObject_CallMethod(threading, "_shutdown", NULL);
    if (done)
        Py_DecRef(done);
    else
        PyErr_WriteUnraisable(threading);
}

static void call_exit_functions(void)
{
    PyObject *atexit = PyImport_ImportModule("atexit");
    PyObject *done = atexit ? PyObject_CallMethod(atexit, "_run_exitfuncs", NULL) : NULL;
    if (!done)
        PyErr_Clear(); /* each has been reported by itself */
    else
        Py_DecRef(done);
}

/* Set every name to None: those with one underscore first, then all others but the builtins, as CPython does. */
static void clear_names(PyObject *names)
{
    for (int others = 0; others < 2; others++) {
        PyObject *key, *value;
        ssize_t position = 0;
        while (PyDict_Next(names, &position, &key, &value)) {
            const char *name = value == PY_NONE ? NULL : PyUnicode_AsUTF8AndSize(key, NULL);
            int private = name && name[0] == '_' && name[1] != '_';
            if (name && (others ? strcmp(name, "__builtins__") != 0 : private))
                PyDict_SetItem(names, key, PY_NONE);
            PyErr_Clear();
        }
    }
}

/* Take away what the script added to a module that was there before it: a dict keeps the order of its keys. */
static void remove_added(PyObject *module, ssize_t size)
{
    PyObject *names = PyModule_GetDict(module), *added = PyList_New(0), *key, *value;
    ssize_t position = 0;

    for (ssize_t index = 0; PyDict_Next(names, &position, &key, &value); index++)
        if (index >= size)
            PyList_Append(added, key);
    for (ssize_t index = 0; index < PyList_Size(added); index++)
        PyDict_SetItem(names, PyList_GetItem(added, index), PY_NONE);
    Py_DecRef(added);
}

/* Modules in the script's folder, and those that it made without a file. */
static int is_of_script(PyObject *name, PyObject *module, const char *folder)
{
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL), *path = NULL;
    int is_main = text && strcmp(text, "__main__") == 0;

    PyErr_Clear();
    if (is_main || module == PY_NONE || !text)
        return is_main;
    if (script_module_size(text) >= 0)
        return 0;
    PyObject *file = PyObject_GetAttrString(module, "__file__"), *spec = PyObject_GetAttrString(module, "__spec__");
    if (file)
        path = PyUnicode_AsUTF8AndSize(file, NULL);
    int is_own = path ? strncmp(path, folder, strlen(folder)) == 0 : !spec || spec == PY_NONE;
    PyErr_Clear();
    if (file)
        Py_DecRef(file);
    if (spec)
        Py_DecRef(spec);
    return is_own;
}

/* Of a module that was there before the script; -1 for others. */
static ssize_t known_size(PyObject *name)
{
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    PyErr_Clear();
    return text ? script_module_size(text) : -1;
}

static int has_added(PyObject *name, PyObject *module)
{
    ssize_t size = known_size(name);
    PyObject *names = size < 0 || module == PY_NONE ? NULL : PyModule_GetDict(module);
    PyErr_Clear();
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    return names && PyDict_Size(names) > size && text && strcmp(text, "sys") != 0; /* CPython empties sys last, unseen */
}

/* Let the script's own modules go, which ends what only they hold; those that something else holds are emptied. Those
 * of the library are left: nothing of theirs can be seen any more. */
static void clear_modules(const char *folder)
{
    PyObject *modules = PyImport_GetModuleDict(), *names = PyList_New(0), *watched = PyList_New(0), *grown = PyList_New(0);
    PyObject *name, *module;
    ssize_t position = 0;

    while (PyDict_Next(modules, &position, &name, &module))
        if (is_of_script(name, module, folder))
            PyList_Append(names, name);
        else if (has_added(name, module))
            PyList_Append(grown, name);
    for (ssize_t index = 0; index < PyList_Size(names); index++) {
        module = PyObject_GetItem(modules, PyList_GetItem(names, index));
        PyObject *reference = module ? PyWeakref_NewRef(module, NULL) : NULL;
        if (reference)
            PyList_Append(watched, reference);
        PyDict_SetItem(modules, PyList_GetItem(names, index), PY_NONE);
        if (module)
            Py_DecRef(module);
        PyErr_Clear();
    }
    PyGC_Collect();
    for (ssize_t index = PyList_Size(watched) - 1; index >= 0; index--) {
        module = PyObject_CallFunction(PyList_GetItem(watched, index), NULL);
        PyObject *own = module && module != PY_NONE ? PyModule_GetDict(module) : NULL;
        if (own)
            clear_names(own);
        PyErr_Clear();
        if (module)
            Py_DecRef(module);
    }
    for (ssize_t index = 0; index < PyList_Size(grown); index++) {
        name = PyList_GetItem(grown, index);
        remove_added(PyObject_GetItem(modules, name), known_size(name));
    }
}

/* The last uncaught exception holds its frames, and these hold their names. */
static void forget_last_exception(void)
{
    static const char *const names[] = {"last_type", "last_value", "last_traceback", "last_exc"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++)
        if (PySys_GetObject(names[index]))
            PySys_SetObject(names[index], PY_NONE);
}

static void restore_stream(const char *name, const char *original)
{
    PyObject *stream = PySys_GetObject(original);
    if (stream)
        PySys_SetObject(name, stream);
}

void script_end(const char *folder, int code, int interrupted)
{
    join_threads();
    call_exit_functions();
    int failed = flush_stream("stdout", 1);
    failed = flush_stream("stderr", 0) || failed;
    /* What is frozen keeps the script's names from being looked at last, as they are where nothing is frozen: the order
     * in which __del__ is called comes from that. */
    PyObject *names = PyModule_GetDict(PyImport_AddModule("__main__"));
    PyObject_GC_UnTrack(names);
    PyObject_GC_Track(names);
    PyGC_Collect();
    forget_last_exception();
    restore_stream("stdin", "__stdin__");
    restore_stream("stdout", "__stdout__");
    restore_stream("stderr", "__stderr__");
    if (PyGC_Enable)
        PyGC_Enable(); /* the last collections heed no gc.disable() */
    clear_modules(folder);
    PyGC_Collect();
    flush_stream("stdout", 0);
    flush_stream("stderr", 0);
    if (failed)
        code = CODE_UNFLUSHED;
    fflush(NULL);
    if (interrupted) {
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    _exit(code);
}
