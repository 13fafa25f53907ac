import os

a, b = map(int, input().split())
here = os.path.dirname(os.path.abspath(__file__))


def attempt(what, action):
    try:
        action()
    except OSError:
        return
    print("BREACH", what)


attempt("append to its program", lambda: open(__file__, "a").write("# @MARK@\n"))
attempt("unlink its program", lambda: os.rename(__file__, __file__ + ".away"))
attempt("a file beside it", lambda: open(f"{here}/json.py", "w").write("print(17)"))
attempt("its mode", lambda: os.chmod(here, 0o777))
print(a + b)
