"""A throw-away PostgreSQL server on a unix socket, from the programs that Debian's package `postgresql` installs."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

#: Durability is not what these tests are about; old WAL segments are removed, as docs/ledger.md asks for.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "wal_recycle": "off",
    "max_connections": "20",
    "shared_buffers": "16MB",
    "autovacuum": "off",
}


def programs():
    """The folder with initdb and postgres, or None."""
    asked = shutil.which("pg_config")
    told = [subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()] if asked else []
    found = [Path(shutil.which("initdb")).resolve().parent] if shutil.which("initdb") else []
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    for folder in [*found, *map(Path, filter(None, told)), *debian]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def unprivileged():
    """How to run as somebody else: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")


class Server:
    """A running server; `folder` holds its files, `url` its one database."""

    def __init__(self):
        pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
        bin_folder = programs()
        if bin_folder is None:
            pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path may have 107 bytes, so no deep folder
        self.process = None
        who = unprivileged()
        try:
            if who:
                os.chown(self.folder, who["user"], who["group"])
            made = [
                bin_folder / "initdb",
                "-D",
                self.folder / "data",
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
            ]
            done = subprocess.run(made, capture_output=True, text=True, check=False, cwd=self.folder, **who)
            if done.returncode:
                pytest.skip(f"initdb does not run here: {done.stderr.strip().splitlines()[-1:]}")
            options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
            command = [bin_folder / "postgres", "-D", self.folder / "data", "-k", self.folder, *options]
            with (self.folder / "log").open("wb") as log:
                self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **who)
            self.url = f"postgresql+psycopg://postgres@/postgres?host={self.folder}"
            self._wait()
        except PermissionError as error:
            self.stop()
            pytest.skip(f"PostgreSQL cannot be run as another user here: {error.strerror}")
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        told = self.folder / "data" / "postmaster.pid"
        for _ in range(600):
            if told.exists() and told.read_text().rstrip().endswith("ready"):
                return
            if self.process.poll() is not None:
                pytest.skip(f"PostgreSQL does not start here: {(self.folder / 'log').read_text()[-300:]}")
            time.sleep(0.05)
        pytest.skip("PostgreSQL was not ready within 30 s")

    def schema(self, name):
        """The URL of a new, empty schema."""
        import psycopg

        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{name}"')
        return f"{self.url}&options=-csearch_path%3D{name}"

    def all_bytes(self):
        """All that the server keeps on disk, its write-ahead log too."""
        found = sorted(path for path in (self.folder / "data").rglob("*") if path.is_file() and path.name != "postmaster.pid")
        return b"".join(path.read_bytes() for path in found)

    def stop(self):
        """End the server, at once, and remove its files."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)  # end at once, cleanly
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
