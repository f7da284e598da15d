"""Which system calls may a reading process and its helper programs not make? A filter in the Linux kernel refuses them.

Landlock covers files below places; this covers the rest: sockets, signals, modes and times of files, what processes
share, and calls that evade other limits. The filter is a program for the kernel's packet filter
(Documentation/userspace-api/seccomp_filter.rst; uapi/linux/{seccomp,filter,audit}.h). It has the numbers of x86-64 and
64-bit ARM; on other machines there is no filter.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

from indexer.bounds import kernel

_REFUSED = """
# calls that change files without opening them
chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:- fchown:93:55 lchown:94:-
fchownat:260:54 utime:132:- utimes:235:- futimesat:261:- utimensat:280:88 setxattr:188:5 lsetxattr:189:6
fsetxattr:190:7 setxattrat:463:463 removexattr:197:14 lremovexattr:198:15 fremovexattr:199:16
removexattrat:466:466 file_setattr:469:469 mknod:133:- mknodat:259:33 name_to_handle_at:303:264
open_by_handle_at:304:265
# other processes
tkill:200:130 rt_sigqueueinfo:129:138 rt_tgsigqueueinfo:297:240 pidfd_open:434:434 pidfd_getfd:438:438
pidfd_send_signal:424:424 ptrace:101:117 process_vm_readv:310:270 process_vm_writev:311:271
process_madvise:440:440 process_mrelease:448:448 kcmp:312:272 setpriority:141:140 ioprio_set:251:30
migrate_pages:256:238 move_pages:279:239 setsid:112:157 setpgid:109:154
# what they share
shmget:29:194 shmat:30:196 shmctl:31:195 semget:64:190 semctl:66:191 msgget:68:186 msgctl:71:187
msgsnd:69:189 msgrcv:70:188 mq_open:240:180 mq_unlink:241:181 add_key:248:217 request_key:249:218
keyctl:250:219
# ways around the rest
io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427 memfd_create:319:279
memfd_secret:447:447 execveat:322:281 bpf:321:280 perf_event_open:298:241 userfaultfd:323:282
fanotify_init:300:262 modify_ldt:154:- iopl:172:- ioperm:173:-
# the system
unshare:272:97 setns:308:268 mount:165:40 umount2:166:39 pivot_root:155:41 chroot:161:51 move_mount:429:429
open_tree:428:428 open_tree_attr:467:467 fsopen:430:430 fsconfig:431:431 fsmount:432:432 fspick:433:433
mount_setattr:442:442 swapon:167:224 swapoff:168:225 reboot:169:142 sethostname:170:161
setdomainname:171:162 init_module:175:105 finit_module:313:273 delete_module:176:106 kexec_load:246:104
kexec_file_load:320:294 acct:163:89 quotactl:179:60 quotactl_fd:443:443 syslog:103:116 settimeofday:164:170
clock_settime:227:112 clock_adjtime:305:266 adjtimex:159:171 vhangup:153:58
# connections
connect:42:203 sendto:44:206 sendmsg:46:211 sendmmsg:307:269
"""
"""Name, and number on x86-64 and 64-bit ARM (asm/unistd_64.h, asm-generic/unistd.h)."""
_RULED = """
socket:41:198 socketpair:53:199 clone:56:220 clone3:435:435 kill:62:129 tgkill:234:131 prlimit64:302:261
sched_setparam:142:118 sched_setscheduler:144:119 sched_setaffinity:203:122 sched_setattr:314:274
fcntl:72:25 ioctl:16:29 prctl:157:167
"""
"""Refused depending on their arguments."""

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_FILTER, _ALL_THREADS = 1, 1
_X32 = 0x40000000
"""Numbers from here on repeat the calls in another calling convention."""
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in `struct seccomp_data`; arguments have 64 bits; only the lower half is compared."""
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000

_AF_UNIX = 1
_CLONE_PARENT = 0x8000
_NEW_NAMESPACES = 0x7E020000
_OWNERS = (8, 10, 15)
"""`fcntl`: F_SETOWN, F_SETSIG, F_SETOWN_EX: make the kernel send a signal to any process."""
_DEVICES = (0x5412, 0x541C, 0x8901, 0x8902, 0x40086602, 0x40046602, 0x401C5820)
"""`ioctl`: TIOCSTI, TIOCLINUX (typing for the person), FIOSETOWN, SIOCSPGRP, attributes of files."""
_SUBREAPER = 36

Instruction = tuple[int, int, int, int]
"""Code, steps to skip if true, steps to skip if false, value."""


def restrict(*, sockets: bool, signals: bool) -> None:
    """Give up, for good and for every program started from here, the calls that reading doesn't need.

    `sockets`: local ones may be made (LibreOffice does), but never connected. `signals`: something else limits which
    processes they reach. Does nothing on unknown machines; raises OSError if the kernel has no filters.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return
    code = program(machine, os.getpid(), sockets=sockets, signals=signals)
    held = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in code))
    described = struct.pack("@HP", len(code), ctypes.addressof(held))
    kernel.gain_nothing()
    kernel.syscall(_SECCOMP[machine], _SET_FILTER, _ALL_THREADS, ctypes.c_char_p(described))


def program(machine: str, pid: int, *, sockets: bool, signals: bool) -> list[Instruction]:
    """Return the filter for the process `pid` on a machine, one of x86_64 and aarch64."""
    column = list(_ARCHITECTURES).index(machine)
    numbers = _numbers(_RULED, column)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        _refuse(errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _refuse(errno.EPERM),
    ]
    for number in _numbers(_REFUSED, column).values():
        steps += [(_EQUAL, 0, 1, number), _refuse(errno.EPERM)]
    steps += [
        (_EQUAL, 0, 1, numbers["clone3"]),
        _refuse(errno.ENOSYS),
    ]  # its arguments are invisible to a filter: programs then use `clone`
    for name in ("socket", "socketpair"):
        steps += _only(numbers[name], 0, [_AF_UNIX] if sockets else [], errno.EAFNOSUPPORT)
    own = [0, pid]
    for name in ("prlimit64", "sched_setparam", "sched_setscheduler", "sched_setaffinity", "sched_setattr"):
        steps += _only(numbers[name], 0, own)
    if not signals:
        steps += [*_only(numbers["kill"], 0, own), *_only(numbers["tgkill"], 0, own)]
    steps += _never(numbers["fcntl"], 1, _OWNERS)
    steps += _never(numbers["ioctl"], 1, _DEVICES)
    steps += _never(numbers["prctl"], 0, (_SUBREAPER,))
    steps += _never(numbers["clone"], 0, (_CLONE_PARENT | _NEW_NAMESPACES,), _ANY_BIT)
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def _numbers(table: str, column: int) -> dict[str, int]:
    rows = [entry.split(":") for entry in table.split() if ":" in entry]
    return {name: int(numbers[column]) for name, *numbers in rows if numbers[column] != "-"}


def _refuse(error: int) -> Instruction:
    return (_RETURN, 0, 0, _ERROR | error)


def _only(number: int, argument: int, values: Iterable[int], error: int = errno.EPERM) -> list[Instruction]:
    """Return steps that refuse a call unless one of its arguments is among `values`."""
    return _by_argument(number, argument, values, _EQUAL, _refuse(error), (_RETURN, 0, 0, _ALLOW))


def _never(number: int, argument: int, values: Iterable[int], test: int = _EQUAL) -> list[Instruction]:
    """Return steps that refuse a call if one of its arguments is among `values`, or has any of their bits."""
    return _by_argument(number, argument, values, test, (_RETURN, 0, 0, _ALLOW), _refuse(errno.EPERM))


def _by_argument(
    number: int, argument: int, values: Iterable[int], test: int, otherwise: Instruction, found: Instruction
) -> list[Instruction]:
    tests = list(values)
    body = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument)]
    body += [(test, len(tests) - at, 0, value) for at, value in enumerate(tests)]
    body += [otherwise, found]
    return [(_EQUAL, 0, len(body), number), *body]
