"""Which files are started, not shown, when opened? The person is asked before.

The suffixes: those that mail programs block as attachments (Microsoft's list for Outlook), what macOS and the desktops
of Linux start, install or mount, scripts of common interpreters, and link files: those to the web are opened by their
address, so the remaining ones lead elsewhere.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_SUFFIXES = frozenset(
    # Windows: programs, scripts, installers, settings that run something, images mounted without its warnings
    "ade adp appcontent-ms appinstaller application appref-ms appx appxbundle bas bat chm cmd com cpl csh diagcab"
    " diagcfg diagpkg exe fxp gadget grp hlp hta htc img inf ins iqy iso isp its jar jnlp job js jse ksh library-ms lnk"
    " mde mjs msc msh msh1 msh1xml msh2 msh2xml mshxml msi msix msixbundle msp mst msu oqy pcd pif printerexport ps1"
    " ps1xml ps2 ps2xml psc1 psc2 psm1 reg rqy scf scr sct search-ms searchconnector-ms settingcontent-ms shb shs slk"
    " theme themepack url vb vbe vbp vbs vbscript vhd vhdx website wll ws wsb wsc wsf wsh xbap xll xnk"
    # macOS
    " action app applescript command definition dmg fileloc inetloc kext mobileconfig mpkg osax pkg prefpane saver scpt"
    " scptd shortcut terminal tool webloc workflow"
    # Linux, and scripts everywhere
    " ahk apk appimage au3 bash cgi deb desktop fish flatpak flatpakref flatpakrepo groovy lua nsi php pl py pyc pyo pyw"
    " pyz pyzw rb rpm run sh snap tcl xpi zsh".split()
)
_PROGRAM_BYTES = (
    b"#!", b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)  # fmt: skip


def is_started(path: str) -> bool:
    """Tell whether opening a file may start it: by its suffix, and on POSIX systems by its permission to run."""
    from indexer.extract.kinds import suffix_of

    return suffix_of(Path(path).name) in _SUFFIXES or (os.name == "posix" and _is_executable(path))


def _is_executable(path: str) -> bool:
    """Tell programs by their permission to run; drives without permissions give it to documents too, so bytes count."""
    from indexer.extract.kinds import kind_of
    from indexer.model.items import Kind

    try:
        if not os.stat(path).st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH):  # noqa: PTH116
            return False
        if kind_of(path) is Kind.OTHER:
            return True
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a FIFO must not wait
    except OSError:
        return False
    with open(descriptor, "rb") as file:  # noqa: PTH123
        return file.read(4).startswith(_PROGRAM_BYTES)
