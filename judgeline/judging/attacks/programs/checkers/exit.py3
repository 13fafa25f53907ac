import sys

sys.exit(@WAY@)
