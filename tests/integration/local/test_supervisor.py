"""Processes are started, restarted after a crash, ended in order, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.supervisor import Process, ProcessFailed, Supervisor


def script(text: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(text)]


def eventually(what: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_what_a_process_left_in_a_session_of_its_own_is_ended_too(tmp_path: Path) -> None:
    notes = tmp_path / "pids"
    with Supervisor() as running:
        running.start(
            Process(
                name="parent",
                argv=script(f"""
                    import subprocess, time
                    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
                    open({str(notes)!r}, "w").write(str(child.pid))
                    time.sleep(600)
                """),
                log=tmp_path / "log",
                ready=lambda: notes.exists() and notes.read_text() != "",
            )
        )
        running.wait_ready("parent")
        child = int(notes.read_text())
        assert alive(child)
    eventually(lambda: not alive(child))


def test_what_wrote_a_title_over_its_environment_is_ended_too(tmp_path: Path) -> None:
    """As Airflow's task processes do: the mark in the environment is gone then."""
    notes = tmp_path / "pid"
    with Supervisor() as running:
        running.start(
            Process(
                name="parent",
                argv=script(f"""
                    import os, time
                    from setproctitle import setproctitle
                    if os.fork() == 0:
                        os.setpgid(0, 0)
                        setproctitle("a title" * 100)
                        open({str(notes)!r}, "w").write(str(os.getpid()))
                    time.sleep(600)
                """),
                log=tmp_path / "log",
                ready=lambda: notes.exists() and notes.read_text() != "",
            )
        )
        running.wait_ready("parent")
        child = int(notes.read_text())
        assert alive(child)
    eventually(lambda: not alive(child))


def test_a_crashed_process_is_started_again(tmp_path: Path) -> None:
    with Supervisor() as running:
        running.start(Process(name="worker", argv=script("import time; time.sleep(600)"), log=tmp_path / "log"))
        killed = running.kill("worker")
        eventually(lambda: running.pid("worker") != killed and alive(running.pid("worker")))


def test_processes_end_in_their_order_and_in_order_of_sigterm(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    program = """
        import signal, sys, time
        def bye(*_):
            open(sys.argv[1], "a").write(sys.argv[2])
            sys.exit(0)
        signal.signal(signal.SIGTERM, bye)
        open(sys.argv[1] + sys.argv[2], "w")
        time.sleep(600)
    """
    with Supervisor() as running:
        for name, order in (("a", 2), ("b", 1), ("c", 3)):
            running.start(
                Process(
                    name=name,
                    argv=[*script(program), str(diary), name],
                    log=tmp_path / "log",
                    order=order,
                    ready=Path(f"{diary}{name}").exists,
                )
            )
            running.wait_ready(name)
    assert diary.read_text() == "bac"


def test_what_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with Supervisor() as running:
        running.start(
            Process(
                name="deaf",
                argv=script(f"""
                    import signal, time
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    open({str(ready)!r}, "w")
                    time.sleep(600)
                """),
                log=tmp_path / "log",
                ready=ready.exists,
                grace=0.2,
            )
        )
        running.wait_ready("deaf")
        pid = running.pid("deaf")
    assert not alive(pid)


def test_a_process_that_cannot_start_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Supervisor() as running:
        running.start(
            Process(
                name="broken",
                argv=script("raise SystemExit('the port is taken')"),
                log=tmp_path / "log",
                ready=lambda: False,
                restart=False,
            )
        )
        with pytest.raises(ProcessFailed, match="the port is taken"):
            running.wait_ready("broken")


def test_a_child_ends_when_the_supervising_process_is_killed(tmp_path: Path) -> None:
    notes = tmp_path / "pid"
    program = f"""
        import sys, time
        from pathlib import Path
        from local.supervisor import Process, Supervisor
        with Supervisor() as running:
            running.start(Process(name="child", argv=["sleep", "600"], log=Path({str(tmp_path / "log")!r})))
            Path({str(notes)!r}).write_text(str(running.pid("child")))
            time.sleep(600)
    """
    parent = subprocess.Popen(script(program))
    eventually(lambda: notes.exists() and notes.read_text() != "")
    child = int(notes.read_text())
    eventually(lambda: Path(f"/proc/{child}/comm").read_text().strip() == "sleep")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    eventually(lambda: not alive(child))


def test_a_process_goes_on_when_the_thread_that_asked_for_it_ends(tmp_path: Path) -> None:
    with Supervisor() as running:
        what = Process(name="sleeper", argv=["sleep", "600"], log=tmp_path / "log", restart=False)

        def ask() -> None:
            running.start(what)
            pid = running.pid("sleeper")
            eventually(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n")

        asker = threading.Thread(target=ask)
        asker.start()
        asker.join()
        pid = running.pid("sleeper")
        time.sleep(0.5)
        assert alive(pid)
    assert not alive(pid)


def test_what_waits_for_a_second_sigterm_gets_it(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with Supervisor() as running:
        running.start(
            Process(
                name="hesitant",
                argv=script(f"""
                    import signal, sys, time
                    asked = []
                    def bye(*_):
                        asked.append(1)
                        if len(asked) == 2:
                            sys.exit(0)
                    signal.signal(signal.SIGTERM, bye)
                    open({str(ready)!r}, "w")
                    while True:
                        time.sleep(600)
                """),
                log=tmp_path / "log",
                ready=ready.exists,
                insist=0.1,
                grace=60.0,
            )
        )
        running.wait_ready("hesitant")
        started = time.monotonic()
    assert time.monotonic() - started < 30
