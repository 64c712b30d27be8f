"""Submissions that read, change or reach what is not theirs."""

import os
from pathlib import Path

from tests.grader.hostile.case import ROOT, Case, first, has, last, telling, told

NONE = {"standardize_batch": 0}
# Set by the tests in the environment of the judge.
SECRET = "BNLIB_TEST_SECRET"
# A file that the judge can read and write, and its folder; the tests make it, each worker its own.
GRADEBOOK = Path("/tmp") / f"bnlib-hostile-{os.getpid()}" / "gradebook.sqlite"


def _has_not(*parts):
    def probe(record):
        assert record.raised, "the cell told nothing"
        for part in parts:
            assert part not in told(record), (part, told(record))

    return probe


def _refused(*numbers):
    """That none of some calls, each noted as ``number=result``, gave anything but -1."""

    def probe(record):
        said = told(record)
        assert said.count("=") >= len(numbers), said
        assert said.count("=-1") == said.count("="), said

    return probe


_CALLS = """\
libc = ctypes.CDLL(None, use_errno=True)
for number in {numbers}:
    tried(number, lambda: libc.syscall(number, {arguments}))
"""
# ptrace, process_vm_readv and writev, kcmp, pidfd_open, pidfd_getfd; x86-64's numbers.
_OTHERS_MEMORY = (101, 310, 311, 312, 434, 438)
# unshare, setns, mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, mount_setattr
_NAMESPACES = (272, 308, 165, 166, 155, 161, 428, 429, 430, 442)
# bpf, perf_event_open, io_uring_setup, userfaultfd, add_key, keyctl, modules, kexec, personality
_KERNEL = (321, 298, 425, 323, 248, 250, 175, 313, 246, 135, 304, 303, 169)


CASES = (
    Case(
        "trace-others",
        "reads the memory of other processes with the kernel's calls",
        first(telling(_CALLS.format(numbers=_OTHERS_MEMORY, arguments="1, 0, 0, 0, 0"))),
        probe=_refused(*_OTHERS_MEMORY),
    ),
    Case(
        "namespaces",
        "makes namespaces and mounts",
        first(telling(_CALLS.format(numbers=_NAMESPACES, arguments="0x10000000, 0, 0, 0, 0"))),
        probe=_refused(*_NAMESPACES),
    ),
    Case(
        "user-namespace-by-clone",
        "asks for a thread in namespaces of its own",
        first(
            telling(
                "libc = ctypes.CDLL(None, use_errno=True)\n"
                "for flags in (0x10000011, 0x10010f00, 0x20010f00, 0x40010f00):\n"
                "    tried(hex(flags), lambda: libc.syscall(56, flags, 0, 0, 0, 0))"
            )
        ),
        probe=_refused(1, 2, 3, 4),
    ),
    Case(
        "kernel",
        "knocks at the parts of the kernel with a record of holes",
        first(telling(_CALLS.format(numbers=_KERNEL, arguments="0, 0, 0, 0, 0"))),
        probe=_refused(*_KERNEL),
    ),
    Case(
        "other-interface",
        "makes its calls through the kernel's x32 interface",
        first("import ctypes\nctypes.CDLL(None).syscall(0x40000000 + 39)"),
    ),
    Case(
        "another-user",
        "becomes root, or anybody else",
        first(
            telling(
                "tried('uid', os.getuid)\n"
                "for uid in (0, 1, 1000):\n    tried('setuid', lambda: os.setuid(uid))\n"
                "tried('groups', lambda: os.setgroups([0]))\n"
                "with open('/proc/self/status') as file:\n"
                "    caps = [line.split()[1] for line in file if line[:6] in"
                " ('CapPrm', 'CapEff', 'CapInh', 'CapAmb')]\n"
                "tried('caps', lambda: set(caps) == {'0' * 16})"
            )
        ),
        probe=has("uid=65534", "setuid!", "groups!", "caps=True"),
    ),
    Case(
        "more-resources",
        "raises its own limits",
        first(
            telling(
                "import resource as r\n"
                "for name in ('AS', 'CPU', 'FSIZE', 'NOFILE', 'CORE'):\n"
                "    kind = getattr(r, 'RLIMIT_' + name)\n"
                "    tried(name, lambda: r.setrlimit(kind, (r.RLIM_INFINITY,) * 2))\n"
                "tried('nice', lambda: os.nice(-5))\n"
                "tried('oom', lambda: open('/proc/self/oom_score_adj', 'w').write('-999') and 1/0)"
            )
        ),
        probe=has("AS!", "CPU!", "FSIZE!", "NOFILE!", "CORE!", "nice!"),
    ),
    Case(
        "system-files",
        "writes to the system, to Python, to the course and to the machine's devices",
        first(
            telling(
                "import sys, numpy\n"
                "places = '/', '/usr', '/dev', '/course', '/course/bnlib', sys.prefix\n"
                "places += (os.path.dirname(numpy.__file__), '/proc')\n"
                "for place in places:\n"
                "    tried('made', lambda: open(place + '/hostile', 'w'))\n"
                "tried('mode', lambda: os.chmod('/dev/null', 0o666))\n"
                "tried('times', lambda: os.utime('/dev/zero'))\n"
                "tried('owner', lambda: os.chown('/dev/null', 0, 0))\n"
                "tried('gone', lambda: os.unlink('/course/bnlib/__init__.py'))"
            )
        ),
        probe=_has_not("made=", "mode=", "times=", "owner=", "gone="),
    ),
    Case(
        "gradebook",
        "reads, changes and removes the gradebook, and leaves a file beside it",
        first(
            telling(
                f"book = {str(GRADEBOOK)!r}\n"
                "tried('read', lambda: open(book).read())\n"
                "tried('written', lambda: open(book, 'a').write('x'))\n"
                "tried('gone', lambda: os.unlink(book))\n"
                "os.makedirs(os.path.dirname(book), exist_ok=True)\n"
                "open(book + '-hostile', 'w').write('x')"
            )
        ),
        probe=_has_not("read=", "written=", "gone="),
    ),
    Case(
        "answers-on-disk",
        "looks for the project, its solutions, its exercises and the core of the library",
        first(
            telling(
                f"tried('project', lambda: os.listdir({str(ROOT)!r}))\n"
                f"tried('solutions', lambda: os.listdir({str(ROOT / 'solutions')!r}))\n"
                f"tried('package', lambda: os.listdir({str(ROOT / 'bnlib')!r}))\n"
                "import importlib, sys\n"
                "for name in ('exercises', 'norms', 'checks.engine', 'checks.registry',"
                " 'grader.judging'):\n"
                "    module = importlib.import_module('bnlib.' + name)\n"
                "    tried(name, lambda: getattr(module, '__file__', None))\n"
                "tried('course', lambda: sorted(os.listdir('/course/bnlib')))"
            )
        ),
        probe=_has_not("solutions=", "package=", "exercises='", "norms='", "engine='", "judging='"),
    ),
    Case(
        "answers-in-memory",
        "searches its own memory for the advice that names a mistake",
        first(
            telling(
                # Backwards, so that what is looked for is not found in the search itself.
                "needles = (b'tuoyal-rehtona-fo-sexa', b'tnemugra-degnahc')\n"
                "def search():\n"
                "    hits = set()\n"
                "    own = '/proc/self/'\n"
                "    with open(own + 'maps') as maps, open(own + 'mem', 'rb', 0) as mem:\n"
                "        for line in maps:\n"
                "            span, mode, *_ = line.split()\n"
                "            if mode[0] != 'r' or '[v' in line:\n                continue\n"
                "            low, high = (int(n, 16) for n in span.split('-'))\n"
                "            if high - low > 1 << 26:\n                continue\n"
                "            mem.seek(low)\n"
                "            try:\n                text = mem.read(high - low)\n"
                "            except OSError:\n                continue\n"
                "            if any(needle in text[::-1] for needle in needles):\n"
                "                hits.add(line)\n"
                "    return len(hits)\n"
                "tried('hits', search)"
            )
        ),
        probe=has("hits=0"),
    ),
    Case(
        "answers-in-modules",
        "searches all objects for references, known mistakes and the registry",
        first(
            telling(
                "import gc, sys, types\n"
                "def search():\n"
                "    names = {f.__name__ for f in gc.get_objects()"
                " if isinstance(f, types.FunctionType)}\n"
                "    names |= {n.rpartition('.')[2] for n in sys.modules}\n"
                "    return sorted(names & {'given_' + 'forward', 'lookup' + '_', 'registry',"
                " 'reference', 'changes_' + 'x', 'engine', 'name_' + 'mistakes'})\n"
                "tried('found', search)"
            )
        ),
        probe=has("found=[]"),
    ),
    Case(
        "environment",
        "reads the environment of whoever grades",
        first(
            telling(
                f"secret = {SECRET!r}\n"
                "tried('own', lambda: secret in str(dict(os.environ)))\n"
                "tried('kernel', lambda: secret in open('/proc/self/environ').read())\n"
                "tried('home', lambda: os.path.expanduser('~'))"
            )
        ),
        probe=has("own=False", "kernel=False", "home='/tmp'"),
    ),
    Case(
        "proc",
        "reads /proc: other processes, the machine, the kernel",
        first(
            telling(
                "tried('pids', lambda: [n for n in os.listdir('/proc') if n.isdigit()])\n"
                "tried('cpu', lambda: open('/proc/cpuinfo').read(9))\n"
                "tried('parent', lambda: open(f'/proc/{os.getppid()}/environ').read(9))\n"
                "held = [n for n in range(1000) if os.path.lexists(f'/proc/self/fd/{n}')]\n"
                "tried('files', lambda: held)\n"
                "tried('sys', lambda: open('/proc/sys/kernel/pid_max').read(9))"
            )
        ),
        probe=has("pids=['1']", "cpu!", "parent!", "files=[0, 1, 2, 3] ", "sys!"),
    ),
    Case(
        "network",
        "opens connections of every kind",
        first(
            telling(
                "import socket as s\n"
                "for family in (s.AF_INET, s.AF_INET6, s.AF_NETLINK, s.AF_PACKET, 40):\n"
                "    tried(int(family), lambda: s.socket(family, s.SOCK_DGRAM))\n"
                "tried('name', lambda: s.getaddrinfo('example.org', 80))\n"
                "a = s.socket(s.AF_UNIX)\n"
                "tried('abstract', lambda: a.connect('\\0bnlib-hostile-test'))\n"
                "tried('bus', lambda: a.connect('/run/dbus/system_bus_socket'))"
            )
        ),
        probe=has("2!Perm", "10!Perm", "16!Perm", "17!Perm", "name!", "abstract!Conn", "bus!"),
    ),
    Case(
        "links-in-tmp",
        "leaves links, sockets, FIFOs and odd names in /tmp",
        first(
            "import os, socket\nos.symlink('/', '/tmp/root')\nos.mkfifo('/tmp/fifo')\n"
            "socket.socket(socket.AF_UNIX).bind('/tmp/socket')\n"
            "os.mkdir('/tmp/' + 'x' * 200)\nopen(b'/tmp/\\xff\\n', 'w').close()"
        ),
    ),
    Case(
        "device-files",
        "makes device files",
        first("import os, stat\nos.mknod('/tmp/disk', stat.S_IFBLK | 0o666, os.makedev(8, 0))"),
        raised="PermissionError",
    ),
    Case(
        "program-in-tmp",
        "maps code of its own from a file in /tmp",
        first(
            "import ctypes, shutil, glob\n"
            "library = (glob.glob('/usr/lib/*/libz.so*') + glob.glob('/lib/*/libc.so.6'))[0]\n"
            "shutil.copyfile(library, '/tmp/x.so')\nctypes.CDLL('/tmp/x.so')"
        ),
        raised="OSError",
    ),
    Case(
        "leftovers",
        "leaves threads that are no daemons, timers and open files behind",
        last(
            "import threading, time, signal\n"
            "for _ in range(20):\n    threading.Thread(target=time.sleep, args=(600,)).start()\n"
            "kept = [open('/tmp/f', 'w') for _ in range(9)]"
        ),
    ),
    Case(
        "deletes-everything",
        "deletes every file that it can",
        first(
            "import os, shutil\n"
            "for name in os.listdir('/'):\n"
            "    if name not in ('proc', 'usr', 'dev'):\n"
            "        shutil.rmtree('/' + name, ignore_errors=True)"
        ),
    ),
)
