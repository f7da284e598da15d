"""What Wine 8 lacks: `CopyFile2`. Without it shutil copies by itself."""

import sys

if sys.platform == "win32":
    import _winapi

    if hasattr(_winapi, "CopyFile2"):
        del _winapi.CopyFile2
