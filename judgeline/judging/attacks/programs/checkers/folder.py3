import os
import sys

folder = sys.argv[3].rstrip("/")
os.rename(folder, folder + "-away")
os.symlink(os.path.dirname("@FILE@"), folder)
os.symlink("/etc", "/tmp/etc")
sys.exit(42)
