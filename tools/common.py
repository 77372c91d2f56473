"""What the verbs of ./dev share: the table of builds, and running a step."""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

SANITIZE = ["-Db_lundef=false", "-Dbuildtype=debugoptimized"]
# Coverage needs some optimisation only because _FORTIFY_SOURCE asks for it.
COVER = "-fprofile-instr-generate -fcoverage-mapping"
# kind: (folder, compiler, options)
BUILDS = {
    "release": ("build", "gcc", ["-Dbuildtype=release"]),
    "asan": ("build-asan", "clang",
             ["-Db_sanitize=address,undefined", *SANITIZE]),
    "tsan": ("build-tsan", "clang", ["-Db_sanitize=thread", *SANITIZE]),
    "fuzz": ("build-fuzz", "clang",
             ["-Dfuzz=true", "-Db_sanitize=address,undefined", *SANITIZE]),
    "cover": ("build-cover", "clang",
              ["-Doptimization=1", "-Ddebug=true",
               "-Dc_args=" + COVER, "-Dc_link_args=" + COVER]),
    "check-gcc": ("build-check-gcc", "gcc", ["-Dbuildtype=debugoptimized"]),
    "check-clang": ("build-check-clang", "clang",
                    ["-Dbuildtype=debugoptimized"]),
    "mutate": ("build-mutate/build", "clang",
               ["-Db_sanitize=address,undefined", "-Dwerror=false",
                *SANITIZE]),
}


class Failed(Exception):
    """A step failed; what went wrong is printed already."""


def usage(doc, args):
    """Prints the help text and ends when it is asked for."""
    if "-h" in args or "--help" in args:
        print(doc.strip())
        sys.exit(0)


def main(run):
    """Runs a verb; its failures become exit code 1."""
    try:
        sys.exit(run(sys.argv[1:]))
    except Failed:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def show(text):
    """One line that the next one overwrites; on a terminal only."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print("\r\033[K" + text[:width], end="", flush=True)


def say(text):
    show("")
    print(text, flush=True)


def run(label, command, log, env=None, cwd=TOP):
    """Runs a command, its output in the file `log`; returns its exit code."""
    log = Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        with open(log, "wb") as out:
            for line in process.stdout:
                out.write(line)
                show(f"{label}: {line.decode(errors='replace').strip()}")
    show("")
    return process.returncode


def tail(log, lines=40):
    text = Path(log).read_text(errors="replace").splitlines()
    print("\n".join(text[-lines:]), flush=True)


def must(label, command, log, **options):
    """Runs a command that has to work."""
    started = time.monotonic()
    if run(label, command, log, **options) != 0:
        say(f"{label}: failed")
        tail(log)
        raise Failed
    say(f"{label}: done ({time.monotonic() - started:.0f} s)")


def configure(kind, source=TOP):
    """Sets the build folder of this kind up, where needed; returns it."""
    folder, compiler, options = BUILDS[kind]
    build = TOP / folder
    recorded = build / "configured-as"
    wanted = " ".join([compiler, *options, str(source)])
    if (build / "build.ninja").exists() and recorded.exists() \
            and recorded.read_text() == wanted:
        return build
    if build.exists():
        shutil.rmtree(build)
    must(f"set up {folder}",
         ["meson", "setup", str(build), str(source), *options],
         TOP / "build-logs" / f"setup-{kind}.log", env={"CC": compiler})
    recorded.write_text(wanted)
    return build


def build(kind, targets=(), source=TOP):
    """Configures and compiles; returns the build folder."""
    folder = configure(kind, source)
    must(f"compile {BUILDS[kind][0]}", ["ninja", "-C", str(folder), *targets],
         TOP / "build-logs" / f"compile-{kind}.log")
    return folder
