"""Builds bench/side_by_side/java into a plugin for Kafka Connect, once for each state of its sources, in the cache of artifacts.py."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import zipfile

import artifacts
import kafka

SOURCES = pathlib.Path(__file__).resolve().parent / "java"
SERVICES = {"META-INF/services/org.apache.kafka.connect.source.SourceConnector": "bench.GeneratorSource\n",
            "META-INF/services/org.apache.kafka.connect.sink.SinkConnector": "bench.BlackholeSink\n"}


def compile_java(files, into):
    compiler = next(artifacts.fetch("compiler").glob("ecj-*.jar"))
    api = [str(jar) for jar in artifacts.fetch("connect").glob("*.jar") if jar.name.startswith(("connect-api-", "kafka-clients-"))]
    done = subprocess.run([kafka.java(), "-jar", str(compiler), "-17", "-nowarn", "-d", str(into), "-cp", ":".join(api), *map(str, files)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise artifacts.ArtifactError(f"the Java connectors of the benchmark do not compile:\n{done.stdout}")


def jar():
    """The path of the plugin's jar."""
    files = sorted(SOURCES.rglob("*.java"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files) + repr(SERVICES).encode()).hexdigest()[:12]
    folder = artifacts.cache_dir() / "java" / f"bench-{digest}"
    made = folder / "bench.jar"
    if made.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
    try:
        compile_java(files, work / "classes")
        part = work / "bench.jar"
        with zipfile.ZipFile(part, "w") as archive:
            for name, text in SERVICES.items():
                archive.writestr(name, text)
            for file in sorted((work / "classes").rglob("*.class")):
                archive.write(file, file.relative_to(work / "classes"))
        os.replace(part, made)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return made


def plugin_folder(copies, into):
    """A plugin.path for Java that holds so many plugins: copies of the benchmark's own, each in a folder of its own."""
    for number in range(copies):
        folder = pathlib.Path(into) / f"plugin-{number:03}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(jar(), folder / "bench.jar")
    return into
