"""Runs the real `arc` binary on a free port, for tests and for the demo."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from arc_client import ArcClient

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60


def find_binary():
    """$ARC_BINARY, else the sanitized build, else the optimised one."""
    named = os.environ.get("ARC_BINARY")
    choices = [Path(named)] if named else [
        REPOSITORY / "build" / variant / "arc" for variant in ("sanitized", "release")
    ]
    for choice in choices:
        if choice.is_file():
            return choice.resolve()
    raise FileNotFoundError(f"no arc binary: looked for {', '.join(map(str, choices))}")


def clean_environment(home, extra=None):
    """The environment without what would configure a server, ours or the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARC_")}
    return {**kept, "HOME": str(home), **(extra or {})}


def run_arc(*arguments, cwd, environment=None, binary=None, timeout=120):
    """Runs a command of `arc` to its end and returns subprocess.CompletedProcess, with text."""
    return subprocess.run(
        [str(binary or find_binary()), *map(str, arguments)],
        cwd=cwd, env=clean_environment(cwd, environment), text=True, capture_output=True,
        timeout=timeout, check=False,
    )


class StartFailed(Exception):
    pass


class ArcServer(ArcClient):
    """A server of its own, below `folder`: its data in data/, everything it prints in arc.log.

    Without tokens, unless the settings enable them.

    A context manager: what is still running at the end is stopped, or killed after a failure.
    """

    def __init__(self, folder, settings=None, environment=None, binary=None, tls=None):
        super().__init__(port=None, tls=tls)
        self.folder = Path(folder)
        self.data_directory = self.folder / "data"
        self.log_path = self.folder / "arc.log"
        self.settings = {"auth.enabled": "false", **(settings or {})}
        self.environment = environment or {}
        self.binary = binary or find_binary()
        self.process = None
        self.wanted_port = 0  # any free one

    def __enter__(self):
        return self.start()

    def __exit__(self, failure, *_):
        if self.process and self.process.poll() is None:
            self.kill() if failure else self.stop()

    @property
    def url(self):
        return f"{'http' if self.tls is None else 'https'}://{self.host}:{self.port}"

    @property
    def files_root(self):
        return self.data_directory / "arc"

    def log(self):
        return self.log_path.read_text(errors="replace")

    def start(self):
        """Returns once /ready says so; raises StartFailed with the log otherwise."""
        self.spawn()
        deadline = time.monotonic() + START_SECONDS_MAX
        self.wait_until_listening(deadline)
        while self.get("/ready").status != 200:
            self._check_start(deadline)
        return self

    def spawn(self):
        """Starts the process and returns at once: nothing listens yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(self.binary), "serve", "--host", self.host, "--port", str(self.wanted_port)]
        command += ["--data-dir", str(self.data_directory)]
        for key, value in self.settings.items():
            command += ["--set", f"{key}={value}"]
        self._already_logged = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log_file:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=clean_environment(self.folder, self.environment),
                stdin=subprocess.DEVNULL, stdout=log_file, stderr=log_file,
            )
        self.disconnect()
        self.port = None

    def wait_until_listening(self, deadline):
        """Returns as soon as requests are answered, be it with "not ready"."""
        while True:
            found = re.search(r"listen(?:s|ing) on (?:port |\S*:)(\d+)", self.log_of_this_run())
            if found:
                self.port = int(found[1])
                return
            self._check_start(deadline)

    def log_of_this_run(self):
        return self.log_path.read_bytes()[self._already_logged:].decode(errors="replace")

    def _check_start(self, deadline):
        if self.process.poll() is not None:
            raise StartFailed(f"exit code {self.process.returncode}\n{self.log()}")
        if time.monotonic() > deadline:
            self.kill()
            raise StartFailed(f"not ready after {START_SECONDS_MAX} s\n{self.log()}")
        time.sleep(0.02)

    def stop(self):
        """SIGTERM, and the exit code must be 0."""
        self.disconnect()
        self.process.send_signal(signal.SIGTERM)
        try:
            exit_code = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {STOP_SECONDS_MAX} s after SIGTERM\n{self.log()}")
        assert exit_code == 0, f"exit code {exit_code} after SIGTERM\n{self.log()[-4000:]}"

    def kill(self):
        """SIGKILL, as a crash would be."""
        self.disconnect()
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        return self.start()
