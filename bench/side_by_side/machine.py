"""What the machine says: a process's CPU time and memory from /proc, and what stands in a run's description. Linux only."""
import os
import pathlib
import platform
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all threads of a process so far; its resolution is one clock tick, usually 10 ms."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2:].split()  # the name may hold spaces and brackets
    return (int(fields[11]) + int(fields[12])) / TICKS


def status_number(pid, field):
    """A number of /proc/PID/status: VmHWM (peak resident memory, kB), VmRSS, Threads."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise KeyError(f"/proc/{pid}/status has no {field}")


def first_line(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
    except OSError:
        return "unknown"
    return (done.stdout.splitlines() or ["unknown"])[0]


def describe(root, java):
    """What a reader must know of the machine to judge the figures."""
    model = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory_kb = int(pathlib.Path("/proc/meminfo").read_text().splitlines()[0].split()[1])
    return {
        "processor": model[0] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory_kb / 1048576, 1),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "java": first_line([java, "-version"]),
        "commit": first_line(["git", "-C", str(root), "rev-parse", "--short", "HEAD"]),
    }
