#define _GNU_SOURCE
#include "script.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static PyObject *compiled; /* NULL: each run compiles for itself */
static PyObject *sizes;    /* of the modules that are there before any run: name -> number of names */

/* A warning would be printed now, once, instead of in each run: then the runs have to compile. So have they where a
 * line could name an encoding, and where there is a fault to be reported. */
static const char compile_quietly[] =
    "import sys, _warnings\n"
    "with open(path, 'rb') as file:\n"
    "    text = file.read()\n"
    "code = None\n"
    "head = text.split(b'\\n', 2)[:2]\n"
    "if b'\\0' not in text and not text.startswith(b'\\xef\\xbb\\xbf') and not any(b'coding' in line for line in head):\n"
    "    filters = getattr(sys.modules.get('warnings', _warnings), 'filters')\n"
    "    filters.insert(0, ('error', None, Warning, None, 0))\n"
    "    try:\n"
    "        code = compile(text, path, 'exec', dont_inherit=True)\n"
    "    except BaseException:\n"
    "        pass\n"
    "    finally:\n"
    "        del filters[0]\n";

/* What exists by now belongs to no run's garbage, and is not looked at by its collector. */
static const char freeze[] =
    "import sys\n"
    "known = 'gc' in sys.modules\n"
    "import gc\n"
    "gc.collect()\n"
    "gc.freeze()\n"
    "known or sys.modules.pop('gc')\n";

static int run_string(const char *text, PyObject *names)
{
    PyObject *done = PyRun_StringFlags(text, PY_FILE_INPUT, names, names, NULL);
    if (!done) {
        PyErr_Clear();
        return -1;
    }
    Py_DecRef(done);
    return 0;
}

static const char measure[] =
    "import sys\n"
    "sizes = {name: len(vars(module)) for name, module in sys.modules.items() if hasattr(module, '__dict__')}\n";

ssize_t script_module_size(const char *name)
{
    PyObject *size = sizes ? PyDict_GetItemString(sizes, name) : NULL;
    return size ? PyLong_AsLong(size) : -1;
}

static PyObject *main_names(void)
{
    return PyModule_GetDict(PyImport_AddModule("__main__"));
}

int script_compile(const char *path)
{
    PyObject *names = PyDict_New();
    int failed = PyDict_SetItemString(names, "path", PyUnicode_FromString(path)) || run_string(compile_quietly, names);
    PyObject *code = failed ? NULL : PyDict_GetItemString(names, "code");

    if (code && code != PY_NONE) {
        Py_IncRef(code);
        compiled = code;
    }
    Py_DecRef(names);
    names = PyDict_New();
    failed = failed || run_string(measure, names) || run_string(freeze, names);
    if (!failed && (sizes = PyDict_GetItemString(names, "sizes")))
        Py_IncRef(sizes);
    Py_DecRef(names);
    /* But the script's own names are its garbage: put them back among the young. */
    PyObject_GC_UnTrack(main_names());
    PyObject_GC_Track(main_names());
    return failed ? -1 : 0;
}

static void set_arguments(const char *text, uint32_t count)
{
    PyObject *whole = PyList_New(0), *own = PyList_New(0);

    for (uint32_t index = 0; index < count; index++, text += strlen(text) + 1) {
        PyObject *argument = PyUnicode_DecodeFSDefault(text);
        PyList_Append(whole, argument);
        if (index)
            PyList_Append(own, argument);
        Py_DecRef(argument);
    }
    PySys_SetObject("orig_argv", whole);
    PySys_SetObject("argv", own);
    Py_DecRef(whole);
    Py_DecRef(own);
}

/* sys.path[0] and the names that __main__ has beside those it was made with. */
static void set_up_main(const char *path, const char *folder, PyObject *names)
{
    PyObject *first = PyUnicode_FromString(folder), *file = PyUnicode_FromString(path);
    PyList_Insert(PySys_GetObject("path"), 0, first);
    PyDict_SetItemString(names, "__file__", file);
    PyDict_SetItemString(names, "__cached__", PY_NONE);
    PyObject *module = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *type = PyObject_GetAttrString(module, "SourceFileLoader");
    PyObject *loader = PyObject_CallFunction(type, "ss", "__main__", path);
    PyDict_SetItemString(names, "__loader__", loader);
    PyObject *made[] = {first, file, module, type, loader};
    for (size_t index = 0; index < sizeof made / sizeof *made; index++)
        Py_DecRef(made[index]);
}

static PyObject *run_natively(const char *path, PyObject *names)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        dprintf(2, "can't open file '%s'\n", path);
        _exit(2);
    }
    return PyRun_FileExFlags(file, path, PY_FILE_INPUT, names, names, 1, NULL);
}

/* What SystemExit asks for, told as CPython tells it; drops the exception. */
static int exit_code(void)
{
    PyObject *type, *value, *trace, *code = NULL;
    int result = 1;

    PyErr_Fetch(&type, &value, &trace); /* not normalised: an instance's code would be lost */
    fflush(stdout);
    if (value && value != PY_NONE && PyObject_IsInstance(value, PyExc_BaseException) == 1) {
        code = PyObject_GetAttrString(value, "code");
        PyErr_Clear();
    }
    if (!code && value) {
        code = value;
        Py_IncRef(code);
    }
    if (!code || code == PY_NONE) {
        result = 0;
    } else if (PyObject_IsInstance(code, PY_LONG) == 1) {
        result = (int)PyLong_AsLong(code);
        PyErr_Clear();
    } else {
        PyObject *errors = PySys_GetObject("stderr");
        if (errors && errors != PY_NONE) {
            PyFile_WriteObject(code, errors, PY_PRINT_RAW);
            PyErr_Clear();
            PyFile_WriteString("\n", errors);
            PyErr_Clear();
        }
    }
    PyObject *held[] = {code, value, type, trace};
    for (size_t index = 0; index < sizeof held / sizeof *held; index++)
        if (held[index])
            Py_DecRef(held[index]);
    return result;
}

void script_run(const char *path, const char *arguments, uint32_t count)
{
    PyObject *names = main_names();
    int code = 0, interrupted = 0, exited = 0;
    char folder[4096] = "/";
    const char *slash = strrchr(path, '/');

    if (slash && slash > path && (size_t)(slash - path) < sizeof folder)
        memcpy(folder, path, (size_t)(slash - path));
    set_arguments(arguments, count);
    set_up_main(path, folder, names);
    Py_LeaveRecursiveCall(); /* the hook's own level, which a script started by main has not */
    PyObject *result = compiled ? PyEval_EvalCode(compiled, names, names) : run_natively(path, names);
    if (result) {
        Py_DecRef(result);
    } else if (PyErr_ExceptionMatches(PyExc_SystemExit)) {
        code = exit_code();
        exited = 1;
    } else {
        interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
        PyErr_Print();
        code = 1;
    }
    /* So does CPython where the script came to its end or was ended by an error, but not after sys.exit. */
    if (!exited && (PyDict_DelItemString(names, "__file__") || PyDict_DelItemString(names, "__cached__")))
        PyErr_Clear();
    script_end(folder, code, interrupted);
}
