import os
import sys

PLACES = ["@ANSWER@", "@FILE@", "@SUBMISSION@"]
for path in PLACES:
    for form in (path, "/proc/1/root" + path, "/proc/self/root/../.." + path, "/proc/self/cwd/../../.." + path):
        try:
            print("BREACH", form, open(form).read())
        except OSError:
            pass
known = {"/tmp/answer.ans"}  # a checker's own
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/usr", "/lib")):
        continue
    for name in files:
        path = os.path.join(folder, name)
        if name.endswith(".ans") and path not in known:
            print("BREACH", path)
if len(sys.argv) == 1:
    print(sum(map(int, input().split())))
