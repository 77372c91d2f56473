"""What `inspect` and `lint` take for a capture of many enrolments."""
import os
import subprocess
import time

# What is asked of 10,000 exchanges.
EXCHANGES, SECONDS, MIB = 10000, 10, 256


def verbs(folder):
    file = folder / "exchanges.pcap"
    return {
        "inspect": ["inspect", file],
        "inspect --json": ["inspect", "--json", file],
        "lint": ["lint", file],
        "lint --trust": ["lint", "--trust-vendor", folder / "vendor-root.pem",
                         "--trust-operator", folder / "root.pem", file],
    }


def run(program, args):
    """Seconds by the clock and of the processor, and the peak of memory."""
    start = time.monotonic()
    process = subprocess.Popen([program, *map(str, args)],
                               stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 7):
        raise RuntimeError(f"{args[0]} ended with {process.returncode}")
    return {"seconds": round(time.monotonic() - start, 2),
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
            "peak_kib": used.ru_maxrss}


def measure(program, maker, folder, exchanges, progress):
    """Makes the capture and reads it; an object for each verb."""
    folder.mkdir()
    progress.show(f"making {exchanges} exchanges")
    subprocess.run([maker, folder, str(exchanges)], check=True,
                   stderr=subprocess.DEVNULL)
    size = (folder / "exchanges.pcap").stat().st_size
    rows = []
    for verb, args in verbs(folder).items():
        progress.show(verb)
        rows.append({"verb": verb, "exchanges": exchanges, "bytes": size,
                     **run(program, args)})
    return rows


def print_table(rows):
    print(f"capture of {rows[0]['exchanges']} exchanges, "
          f"{rows[0]['bytes'] / 2**20:.0f} MiB "
          f"(asked of {EXCHANGES}: {SECONDS} s and {MIB} MiB)")
    for row in rows:
        print(f"{row['verb']:>16} {row['seconds']:>7.2f} s, "
              f"{row['cpu_seconds']:.2f} s of the processor, "
              f"{row['peak_kib'] / 1024:.0f} MiB")
