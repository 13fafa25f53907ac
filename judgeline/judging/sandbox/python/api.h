/* The few functions of CPython that the extension uses, declared by hand: they are the same in all versions that it
 * serves, and a host that runs Python need not have its headers. Where one is missing the extension does not load, and
 * programs start cold.
 */
#ifndef JUDGELINE_PYTHON_API_H
#define JUDGELINE_PYTHON_API_H

#include <stdio.h>
#include <sys/types.h>

typedef struct _object PyObject;
typedef struct {
    const char *name;
    PyObject *(*function)(PyObject *self, PyObject *argument);
    int flags;
    const char *documentation;
} PyMethodDef;

#define METH_O 8
#define PY_FILE_INPUT 257
#define PY_PRINT_RAW 1

/* Reference counts, errors, running. */
extern void Py_IncRef(PyObject *), Py_DecRef(PyObject *);
extern PyObject *PyErr_Occurred(void);
extern int PyErr_ExceptionMatches(PyObject *);
extern void PyErr_Print(void), PyErr_Clear(void), PyErr_WriteUnraisable(PyObject *);
extern void PyErr_Fetch(PyObject **, PyObject **, PyObject **);
extern PyObject *PyErr_SetImportError(PyObject *message, PyObject *name, PyObject *path);
extern PyObject *PyRun_StringFlags(const char *, int start, PyObject *globals, PyObject *locals, void *flags);
extern PyObject *PyRun_FileExFlags(FILE *, const char *, int start, PyObject *globals, PyObject *locals, int close,
                                   void *flags);
extern PyObject *PyEval_EvalCode(PyObject *code, PyObject *globals, PyObject *locals);
extern void Py_LeaveRecursiveCall(void);
extern void PyOS_BeforeFork(void), PyOS_AfterFork_Parent(void), PyOS_AfterFork_Child(void);

/* Objects. */
extern PyObject *PyUnicode_FromString(const char *);
extern PyObject *PyUnicode_DecodeFSDefault(const char *);
extern const char *PyUnicode_AsUTF8AndSize(PyObject *, ssize_t *);
extern long PyLong_AsLong(PyObject *);
extern PyObject *PyList_New(ssize_t), *PyList_GetItem(PyObject *, ssize_t);
extern ssize_t PyList_Size(PyObject *);
extern int PyList_Append(PyObject *, PyObject *), PyList_Insert(PyObject *, ssize_t, PyObject *);
extern int PySequence_DelItem(PyObject *, ssize_t);
extern PyObject *PyDict_New(void);
extern ssize_t PyDict_Size(PyObject *);
extern PyObject *PyDict_GetItemString(PyObject *, const char *);
extern int PyDict_SetItemString(PyObject *, const char *, PyObject *), PyDict_DelItemString(PyObject *, const char *);
extern int PyDict_SetItem(PyObject *, PyObject *, PyObject *);
extern int PyDict_Next(PyObject *, ssize_t *, PyObject **, PyObject **);
extern int PyObject_IsInstance(PyObject *, PyObject *), PyObject_IsTrue(PyObject *);
extern PyObject *PyObject_GetAttrString(PyObject *, const char *), *PyObject_GetItem(PyObject *, PyObject *);
extern PyObject *PyWeakref_NewRef(PyObject *, PyObject *callback);
extern PyObject *PyObject_CallMethod(PyObject *, const char *name, const char *format, ...);
extern PyObject *PyObject_CallFunction(PyObject *, const char *format, ...);
extern PyObject *PyCFunction_NewEx(PyMethodDef *, PyObject *self, PyObject *module);
extern int PyFile_WriteObject(PyObject *, PyObject *file, int flags), PyFile_WriteString(const char *, PyObject *file);

/* Modules, sys, the collector. */
extern PyObject *PyImport_AddModule(const char *), *PyImport_ImportModule(const char *);
extern PyObject *PyImport_GetModuleDict(void), *PyModule_GetDict(PyObject *);
extern PyObject *PySys_GetObject(const char *);
extern int PySys_SetObject(const char *, PyObject *);
extern ssize_t PyGC_Collect(void);
extern int PyGC_Enable(void) __attribute__((weak)); /* since 3.10 */
extern void PyObject_GC_Track(void *), PyObject_GC_UnTrack(void *);

extern PyObject *PyExc_SystemExit, *PyExc_KeyboardInterrupt, *PyExc_BaseException;
extern char PyLong_Type[], _Py_NoneStruct[]; /* objects, of which only the address is used */
#define PY_LONG ((PyObject *)PyLong_Type)
#define PY_NONE ((PyObject *)_Py_NoneStruct)

#endif
