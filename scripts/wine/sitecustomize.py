"""What Wine 8 lacks: `CopyFile2`, without which shutil copies by itself. What Python lacks as PyPI has it: `PYTHONPATH`."""

import os
import sys

if sys.platform == "win32":
    import _winapi

    if hasattr(_winapi, "CopyFile2"):
        del _winapi.CopyFile2
    sys.path += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
