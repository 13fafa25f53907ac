import os
import sys
import time

if os.path.exists("/tmp/@MARK@-left") or len([name for name in os.listdir("/proc") if name.isdigit()]) > 2:
    print("BREACH an earlier run left something")
open("/tmp/@MARK@-left", "w").close()
if os.fork() == 0:
    os.setsid()
    time.sleep(20)
    os._exit(0)
sys.exit(42)
