import os
import sys

if open(sys.argv[2]).read() != "42\n" or sys.stdin.read() != "42\n":
    print("BREACH the answer or the output is another")
for path in (*sys.argv[1:3], __file__, "/proc/self/fd/0"):
    try:
        os.write(os.open(path, os.O_RDWR), b"17\n")
        if path.startswith("/p"):
            print("BREACH wrote", path)
    except OSError:
        pass
sys.exit(42)
