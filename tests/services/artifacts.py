#!/usr/bin/env python3
"""Keeps the Java software that the tests use in a cache outside the tree.

    artifacts.py fetch SET     makes sure that the set of artifacts.txt is there; prints its folder
    artifacts.py path SET      prints the folder if it is there, else fails
    artifacts.py relock        fetches every set anew and rewrites jars.sha256

A set is fetched with Maven (its settings decide from where), each jar is compared with jars.sha256, and the folder appears
in one step, so a half-fetched set is never used. The cache is $SLUICE_CACHE, by default $XDG_CACHE_HOME/sluice or ~/.cache/sluice.
"""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
FETCH_SECONDS_MAX = 900


class ArtifactError(Exception):
    """Says what went wrong and what to do about it."""


def cache_dir():
    own = os.environ.get("SLUICE_CACHE")
    if own:
        return pathlib.Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "sluice"


def read_sets():
    """Set name -> its coordinates, in the order of artifacts.txt."""
    sets = {}
    for line in (HERE / "artifacts.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or len(words[1].split(":")) != 3:
            raise ArtifactError(f"artifacts.txt: '{line}' is not 'SET group:artifact:version'")
        sets.setdefault(words[0], []).append(words[1])
    return sets


def read_lock():
    lock = {}
    path = HERE / "jars.sha256"
    for line in path.read_text().splitlines() if path.exists() else []:
        digest, name = line.split()
        lock[name] = digest
    return lock


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def folder_of(name, coordinates):
    """A new list of coordinates is a new folder, so a change of artifacts.txt never meets old jars."""
    key = hashlib.sha256("\n".join(coordinates).encode()).hexdigest()[:12]
    return cache_dir() / "java" / f"{name}-{key}"


def pom(coordinates):
    dependencies = []
    for coordinate in coordinates:
        group, artifact, version = coordinate.split(":")
        dependencies.append(f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
                            f"<version>{version}</version></dependency>")
    return ('<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>sluice.tests</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>"
            f"<dependencies>{''.join(dependencies)}</dependencies></project>\n")


def download(coordinates, into):
    """Runs Maven; `into` then holds the jars. Maven itself checks each file against the repository's checksum (-C)."""
    maven = shutil.which("mvn")
    if not maven:
        raise ArtifactError("Maven is not installed: run tests/setup.sh")
    with tempfile.TemporaryDirectory(prefix="sluice-pom-") as work:
        (pathlib.Path(work) / "pom.xml").write_text(pom(coordinates))
        command = [maven, "-q", "-B", "-C", "-U", "-Dstyle.color=never", "-f", os.path.join(work, "pom.xml"), DEPENDENCY_PLUGIN,
                   "-DincludeScope=runtime", f"-DoutputDirectory={into}"]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=FETCH_SECONDS_MAX)
        except subprocess.TimeoutExpired as error:
            raise ArtifactError(f"Maven did not finish in {FETCH_SECONDS_MAX} s: check the network and the mirror in "
                                "Maven's settings.xml, then run this again (it resumes)") from error
    if done.returncode != 0:
        lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()
        words = [line for line in lines if re.match(r"\[ERROR\] (?!To see|Re-run|For more|\[Help)\S", line)]
        advice = "Check the network, or set a mirror in Maven's settings.xml; then run this again."
        if "PKIX path building failed" in done.stdout:
            advice = ("Java does not trust the certificate that it met, as happens behind a proxy that opens TLS: put the proxy's certificate "
                      "into /usr/local/share/ca-certificates and run update-ca-certificates (package ca-certificates-java); then run this again.")
        raise ArtifactError(f"Maven could not fetch {', '.join(coordinates)}:\n" + "\n".join(words[:5]) + f"\n{advice}")


def verify(folder, lock):
    for jar in sorted(folder.glob("*.jar")):
        want = lock.get(jar.name)
        if want is None:
            raise ArtifactError(f"{jar.name} is not listed in tests/services/jars.sha256: if artifacts.txt was changed on "
                                "purpose, run 'python3 tests/services/artifacts.py relock'")
        if sha256(jar) != want:
            raise ArtifactError(f"{jar.name} has other bytes than tests/services/jars.sha256 says: it was damaged or "
                                "replaced on the way. Remove it from Maven's local repository (~/.m2/repository) and run this again")


def fetch(name, lock=None):
    """Returns the folder of the set's jars, fetching them if they are not there. Safe to call from many processes at once."""
    sets = read_sets()
    if name not in sets:
        raise ArtifactError(f"no set '{name}' in tests/services/artifacts.txt; there are: {', '.join(sets)}")
    folder = folder_of(name, sets[name])
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / ".lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        print(f"fetching {', '.join(sets[name])} with Maven ...", file=sys.stderr, flush=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder.parent))
        try:
            download(sets[name], work)
            if not any(work.glob("*.jar")):
                raise ArtifactError(f"Maven brought no jar for {name}")
            verify(work, read_lock() if lock is None else lock)
            work.chmod(0o755)
            work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return folder


def relock():
    lock = {}
    for name, coordinates in read_sets().items():
        with tempfile.TemporaryDirectory(prefix="sluice-jars-") as work:
            download(coordinates, work)
            for jar in pathlib.Path(work).glob("*.jar"):
                lock[jar.name] = sha256(jar)
    (HERE / "jars.sha256").write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(lock.items())))
    print(f"tests/services/jars.sha256: {len(lock)} jars")


def main(arguments):
    try:
        if arguments == ["relock"]:
            relock()
        elif len(arguments) == 2 and arguments[0] == "fetch":
            print(fetch(arguments[1]))
        elif len(arguments) == 2 and arguments[0] == "path":
            folder = folder_of(arguments[1], read_sets().get(arguments[1], []))
            if not folder.is_dir():
                raise ArtifactError(f"{arguments[1]} is not fetched yet: run tests/setup.sh")
            print(folder)
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except ArtifactError as error:
        print(f"artifacts: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
