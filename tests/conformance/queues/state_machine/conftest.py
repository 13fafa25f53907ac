"""Makes the files beside this one a package, ``queue_machine``: pytest's import mode has none here."""

import importlib.util
import sys
from pathlib import Path

spec = importlib.util.spec_from_loader("queue_machine", loader=None, is_package=True)
assert spec is not None
spec.submodule_search_locations = [str(Path(__file__).parent)]
sys.modules["queue_machine"] = importlib.util.module_from_spec(spec)
