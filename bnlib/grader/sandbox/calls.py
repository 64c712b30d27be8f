"""Which system calls a submission may make: all but those named here.

It runs Python, on its own files in /tmp, in its own memory. It starts no processes, runs no
programs, opens no connections, and has nothing to say to the parts of the kernel that namespaces
leave open.
"""

from __future__ import annotations

import errno
import functools
import tempfile

# Refused with EPERM.
REFUSED = (
    # processes and programs
    *("fork", "vfork", "execve", "execveat"),
    # namespaces and mounts
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal"),
    # memory outside of the limit: shared segments, queues, files without a name
    *("memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv"),
    *("msgctl", "semget", "semop", "semctl", "semtimedop", "mq_open", "remap_file_pages"),
    # large parts of the kernel with a record of holes
    *("bpf", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("userfaultfd", "add_key", "request_key", "keyctl", "fanotify_init", "quotactl"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    *("open_by_handle_at", "name_to_handle_at", "lookup_dcookie", "personality", "acct"),
    *("swapon", "swapoff", "reboot", "settimeofday", "clock_settime", "adjtimex", "syslog"),
    *("iopl", "ioperm", "modify_ldt", "sethostname", "setdomainname", "vhangup"),
)
_CLONE_THREAD = 0x00010000
_AF_UNIX = 1


class NoFilter(Exception):
    """The filter cannot be made: libseccomp is missing."""


@functools.cache
def program() -> bytes:
    """The filter as the kernel takes it, for ``walls.filter_system_calls``.

    Raises:
        NoFilter: there is no libseccomp.
    """
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError) as error:
        raise NoFilter(f"{error} (Debian: apt-get install libseccomp2)") from None
    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in REFUSED:
        # One that this machine's kernel interface does not have cannot be called either.
        if _known(seccomp, name):
            rules.add_rule(refuse, name)
    # Threads, and no processes. clone3 keeps its flags where a filter cannot look: glibc then
    # takes clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    rules.add_rule(refuse, "socket", seccomp.Arg(0, seccomp.NE, _AF_UNIX))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _known(seccomp, name: str) -> bool:
    try:
        return seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0
    except (OSError, ValueError):
        return False
