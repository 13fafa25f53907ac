import builtins
import gc
import io
import json
import os
import sys

if getattr(builtins, "judgeline_was_here", None) or "judgeline_was_here" in os.environ:
    print("BREACH an earlier run's builtins")
if len(sys.argv) > 1 or getattr(json, "marked", False) or sys.flags.dont_write_bytecode == 17:
    print("BREACH an earlier run's modules")
a, b = map(int, input().split())
print(a + b)
sys.stdout.flush()


class Liar(io.StringIO):
    def readline(self, *_):
        return "1 1\n"


builtins.judgeline_was_here = True
builtins.print = lambda *_, **__: os.write(1, b"BREACH print is another\n")
builtins.input = lambda *_: "1 1"
builtins.int = lambda *_: 17
builtins.__import__ = lambda *_, **__: None
json.marked = True
os.environ["judgeline_was_here"] = "1"
sys.stdin = Liar()
sys.modules.clear()
sys.meta_path.clear()
sys.argv.append("x")
for module in gc.get_objects():
    if type(module) is dict and module.get("__name__") == "__main__":
        module["a"] = 17
