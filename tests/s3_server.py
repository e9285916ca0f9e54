"""An S3-speaking server for tests: a process of its own on a port that it chose itself."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import uuid

from deploy.child import LEASH

STARTED = re.compile(r"Running on http://127\.0\.0\.1:(\d+)")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "of-a-test", "AWS_SECRET_ACCESS_KEY": "secret-of-a-test"}


class S3Server:
    """A server in a process of its own, on a port that it chose itself; it dies with us, and what it keeps with it."""

    def __init__(self) -> None:
        leash = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()))
        command = [*leash, sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.port = next(int(match[1]) for line in self.process.stderr if (match := STARTED.search(line)))
        # its log of requests goes nowhere, so that a full pipe does not hold it up
        self._drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)

    @property
    def url(self) -> str:
        """Its endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def make_bucket(self) -> str:
        """A new bucket's name."""
        name = f"b-{uuid.uuid4()}"
        line = http.client.HTTPConnection("127.0.0.1", self.port)
        line.request("PUT", f"/{name}")
        assert line.getresponse().status == http.HTTPStatus.OK
        line.close()
        return name

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()  # type: ignore[union-attr]
        self._drain.wait()
