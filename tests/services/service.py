"""What every real server that the tests start has in common: a state folder, one process, a ready check, a clean end.

A server is described by its state folder alone, so one process can start it and another stop it:
    DIR/pid          process id and its start time in clock ticks (a reused pid is never mistaken for the server)
    DIR/server.log   what it said
Nothing else of the machine is touched; ports come from the kernel.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time


class ServiceError(Exception):
    """Says what went wrong and where to look."""


def free_ports(count):
    """`count` loopback ports that are free now. They are taken together, so they differ from each other."""
    sockets = []
    try:
        for _ in range(count):
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            sockets.append(sock)
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def start_ticks(pid):
    """The start time of a live process in clock ticks since boot, None if there is none (a zombie counts as none)."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2:].split()  # the name may hold spaces and brackets
    return None if fields[0] in "ZX" else int(fields[19])


def end_with_parent():
    """For preexec_fn: the kernel ends the child when the thread that made it ends, so a killed test leaves no server behind."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


_children = []  # servers that this process started; kept so that they are reaped when they end


class Service:
    """One server process. Subclasses say how to prepare its folder, what to run, and when it is ready."""

    name = "server"
    start_seconds_max = 60
    stop_seconds_max = 30

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()

    # What a subclass gives.
    def prepare(self):
        """Called before every start; `self.folder` exists."""

    def command(self):
        """The argument list to run."""
        raise NotImplementedError

    def environment(self):
        """Extra environment variables."""
        return {}

    def ready(self):
        """True once the server serves. Called often; must not block for more than about a second."""
        raise NotImplementedError

    # What a test uses.
    @property
    def log_path(self):
        return self.folder / "server.log"

    def pid(self):
        """The process id, None if the server is not running."""
        try:
            pid, ticks = (self.folder / "pid").read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if start_ticks(int(pid)) == int(ticks) else None

    def start(self, tied=False):
        """Starts the server and waits until it serves; no-op if it runs. `tied`: it ends when the calling thread ends."""
        if self.pid() is not None:
            return self
        return self.launch(tied).await_ready()

    def launch(self, tied=False):
        """The first half of start(): the process runs, and may not serve yet. Several can be launched before one is awaited."""
        if self.pid() is not None:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prepare()
        with open(self.log_path, "ab") as log:
            process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                       env={**os.environ, **self.environment()}, start_new_session=True,
                                       preexec_fn=end_with_parent if tied else None)
        _children.append(process)
        self._process = process
        (self.folder / "pid").write_text(f"{process.pid} {start_ticks(process.pid) or 0}\n")
        return self

    def await_ready(self):
        """The second half of start()."""
        deadline = time.monotonic() + self.start_seconds_max
        while not self.ready():
            if self._process.poll() is not None:
                raise ServiceError(f"{self.name} ended with status {self._process.returncode} while starting; {self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServiceError(f"{self.name} was not ready after {self.start_seconds_max} s; {self.log_tail()}")
            time.sleep(0.05)
        return self

    def stop(self):
        """Asks the server to end, and kills it if it does not. No-op if it is not running."""
        pid = self.pid()
        if pid is None:
            return
        self.resume()
        os.kill(pid, signal.SIGTERM)
        if not self._wait_gone(self.stop_seconds_max):
            self.kill()

    def kill(self):
        """kill -9: what a crash of the machine looks like to its clients."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL)
        if not self._wait_gone(10):
            raise ServiceError(f"{self.name}: process {pid} does not end after SIGKILL; see 'ps {pid}'")

    def pause(self):
        """Stops the process in its tracks: connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self):
        self._signal(signal.SIGCONT)

    def restart(self):
        """Stops and starts it on the same port with the same data."""
        self.stop()
        return self.start()

    def remove(self):
        """Stops it and deletes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, lines=15):
        text = self.log_path.read_text(errors="replace").splitlines()[-lines:] if self.log_path.exists() else []
        return f"the end of {self.log_path}:\n" + "\n".join(text)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _signal(self, number):
        pid = self.pid()
        if pid is not None:
            os.kill(pid, number)

    def _wait_gone(self, seconds):
        deadline = time.monotonic() + seconds
        while self.pid() is not None:
            for child in _children:
                child.poll()
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True
