import os
import site
import sys

if os.environ.get("JUDGELINE_MARK") or "judgeline_evil" in sys.modules:
    print("BREACH an earlier run's module")
a, b = map(int, input().split())
EVIL = "import os\nos.write(1, b'BREACH a module of an earlier run\\n')\nos._exit(0)\n"
folders = [*sys.path, site.getusersitepackages(), "/prog", "/tmp", os.path.dirname(os.__file__), "/tmp/.local"]
for folder in folders:
    for name in ("sitecustomize.py", "usercustomize.py", "json.py", "evil.pth", "__pycache__/json.cpython-311.pyc"):
        try:
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder or ".", name), "w") as file:
                file.write(EVIL)
            if not folder.startswith("/tmp"):
                print("BREACH wrote", folder, name)
        except OSError:
            pass
print(a + b)
