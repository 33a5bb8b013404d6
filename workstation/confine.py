"""A process that holds keys gives up whatever leads out of it, for good. ADR 7.

It keeps a list of the kernel's calls that serving a local page needs. Every other one does not exist any more, so that
libraries take their older way; those that would reach a network, another process or another program are refused by
name, as an ordinary error. A call of another machine's kind is never honest, and ends the process.

What is not given: files. What this person may write, the process may still write.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
from types import ModuleType
from typing import Any, Final

from workstation.errors import ConfinementError
from workstation.texts import translate as _

# linux/prctl.h
_PR_SET_DUMPABLE: Final = 4
# asm-generic/mman-common.h: memory in which code may run.
_PROT_EXEC: Final = 4
# linux/sched.h: with this, clone makes a thread; without it, another process.
_CLONE_THREAD: Final = 0x10000
# asm-generic/ioctls.h: TCGETS, TIOCGWINSZ, FIONBIO, FIONCLEX and FIOCLEX. Not TIOCSTI, which types at the terminal.
_CONTROLS: Final = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)

_FILES: Final = (
    "access chdir chmod close close_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fallocate fchdir fchmod "
    "fchmodat fcntl fdatasync flock fstat fstatfs fsync ftruncate getcwd getdents getdents64 lseek lstat mkdir mkdirat "
    "newfstatat open openat pread64 preadv pwrite64 pwritev read readlink readlinkat readv rename renameat renameat2 "
    "rmdir stat statfs statx sync_file_range truncate umask unlink unlinkat utime utimensat utimes write writev"
)
_MEMORY: Final = "brk madvise membarrier mincore mlock mlock2 mmap mprotect mremap msync munlock munmap"
_TIME: Final = "clock_getres clock_gettime clock_nanosleep gettimeofday nanosleep time times"
_WAITING: Final = (
    "epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 pipe pipe2 poll ppoll "
    "pselect6 select"
)
_ITSELF: Final = (
    "exit exit_group futex get_robust_list getcpu getegid geteuid getgid getgroups getpgrp getpid getppid getrandom "
    "getresgid getresuid getrlimit getrusage getsid gettid getuid restart_syscall rseq rt_sigaction rt_sigpending "
    "rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait sched_getaffinity sched_getparam sched_getscheduler "
    "sched_yield set_robust_list sigaltstack sysinfo uname wait4"
)
# Only on sockets that are open: the browser's connections, and the one that they come in by.
_SERVING: Final = "accept accept4 getpeername getsockname getsockopt recvfrom setsockopt shutdown"

_NETWORK: Final = (
    "bind bpf connect io_uring_enter io_uring_register io_uring_setup listen recvmmsg recvmsg sendmmsg sendmsg socket "
    "socketcall socketpair"
)
_OTHERS: Final = (
    "add_key kcmp keyctl kill mq_open msgget open_by_handle_at perf_event_open pidfd_getfd pidfd_open "
    "pidfd_send_signal process_madvise process_vm_readv process_vm_writev ptrace request_key rt_sigqueueinfo "
    "rt_tgsigqueueinfo semget shmget tkill userfaultfd"
)
_PROGRAMS: Final = "execve execveat fork memfd_create modify_ldt personality prctl seccomp setns unshare vfork"
_MACHINE: Final = (
    "chroot delete_module finit_module fsconfig fsmount fsopen init_module kexec_file_load kexec_load mknod mknodat "
    "mount move_mount open_tree pivot_root quotactl setgid setuid swapoff swapon umount2"
)
# What a process needs that only computes: memory, what is open, and its own end. Not memory in which code runs.
_COMPUTING: Final = (
    "brk clock_getres clock_gettime close exit exit_group fstat futex getpid getrandom getrusage gettid "
    "gettimeofday lseek madvise membarrier mremap munmap read readv restart_syscall rseq rt_sigaction rt_sigprocmask "
    "rt_sigreturn sched_getaffinity sched_yield set_robust_list sigaltstack sysinfo time times write writev"
)
COMPUTING: Final = tuple(_COMPUTING.split())
ALLOWED: Final = tuple(f"{_FILES} {_MEMORY} {_TIME} {_WAITING} {_ITSELF} {_SERVING}".split())
REFUSED: Final = tuple(f"{_NETWORK} {_OTHERS} {_PROGRAMS} {_MACHINE}".split())


def confine() -> None:
    """Confine this process, every thread of it, for as long as it lives. Call it with the listening socket open.

    Raises ConfinementError if library or kernel cannot; then there is less protection, and everything still works.
    """
    forbid_dumps()
    seccomp = find_library()
    try:
        _load(seccomp)
    except (OSError, ValueError):
        raise ConfinementError(_("Dit systeem laat het niet toe.")) from None


def confine_to_computing(seccomp: ModuleType) -> None:
    """Leave this process nothing but to compute, and to read and write what is open. ADR 15.

    No file is opened or looked up, nothing is started, no other process is reached. Give it `find_library()`, which
    cannot be called any more where nothing can be opened. Raises ConfinementError.
    """
    try:
        _load_computing(seccomp)
    except (OSError, ValueError):
        raise ConfinementError(_("Dit systeem laat het niet toe.")) from None


def find_library() -> ModuleType:
    """Return the library. Raises ConfinementError if it is not there."""
    try:
        import pyseccomp  # noqa: PLC0415 - importing it fails without the library
    except (ImportError, AttributeError, OSError, RuntimeError):
        raise ConfinementError(
            _("De bibliotheek libseccomp ontbreekt; op Debian heet het pakket libseccomp2.")
        ) from None
    return pyseccomp  # type: ignore[no-any-return]


def forbid_dumps() -> None:
    """Let neither a crash nor another program of this person read the memory of this process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _load(seccomp: ModuleType) -> None:
    refuse = seccomp.ERRNO(errno.EPERM)
    rules = _begin(seccomp, errno.ENOSYS)
    known = {name for name in (*ALLOWED, *REFUSED) if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) != -1}
    for name in ALLOWED:
        if name in known:
            rules.add_rule(seccomp.ALLOW, name)
    for name in REFUSED:
        if name in known:
            rules.add_rule(refuse, name)
    _add_halves(seccomp, rules, refuse)
    rules.load()


def _load_computing(seccomp: ModuleType) -> None:
    rules, arg = _begin(seccomp, errno.EPERM), seccomp.Arg
    for name in COMPUTING:
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) != -1:
            rules.add_rule(seccomp.ALLOW, name)
    for name in ("mmap", "mprotect"):
        rules.add_rule(seccomp.ALLOW, name, arg(2, seccomp.MASKED_EQ, _PROT_EXEC, 0))
    # A library that gives up signals itself.
    rules.add_rule(seccomp.ALLOW, "tgkill", arg(0, seccomp.EQ, os.getpid()))
    rules.load()


def _begin(seccomp: ModuleType, otherwise: int) -> Any:  # noqa: ANN401 - the library ships no types
    rules = seccomp.SyscallFilter(seccomp.ERRNO(otherwise))
    # All threads, should there be any; and calls of another machine, such as 32-bit ones, end the process.
    rules.set_attr(seccomp.Attr.CTL_TSYNC, 1)
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    return rules


def _add_halves(seccomp: ModuleType, rules: object, refuse: int) -> None:
    """Add the calls that are allowed in one form and refused in the other."""
    arg, own, add = seccomp.Arg, os.getpid(), rules.add_rule  # type: ignore[attr-defined]
    # To whom the connection goes already; a named receiver would be a new one.
    add(seccomp.ALLOW, "sendto", arg(4, seccomp.EQ, 0))
    add(refuse, "sendto", arg(4, seccomp.NE, 0))
    # clone3 hides its flags behind a pointer; it does not exist, and libraries take clone.
    add(seccomp.ALLOW, "clone", arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD))
    add(refuse, "clone", arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    # A library that gives up signals itself.
    add(seccomp.ALLOW, "tgkill", arg(0, seccomp.EQ, own))
    add(refuse, "tgkill", arg(0, seccomp.NE, own))
    # Limits may be read. The one that forbids core dumps stays.
    add(seccomp.ALLOW, "prlimit64", arg(2, seccomp.EQ, 0))
    add(refuse, "prlimit64", arg(2, seccomp.NE, 0))
    for control in _CONTROLS:
        add(seccomp.ALLOW, "ioctl", arg(1, seccomp.EQ, control))
