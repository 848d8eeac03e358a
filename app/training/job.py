"""A short command in a child process, answered in lines of JSON: checking data, fetching weights, rendering scenes."""

from __future__ import annotations

import json

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from core import child


class Job(QObject):
    """One run of ``main.py WORDS...``; it ends with the studio at the latest.

    Signals:
        told(event): a line of its output, a dict with "event".
        ended(sentence): "" after success; else what went wrong and what to do.
            Not sent for a job that was stopped.
    """

    told = Signal(dict)
    ended = Signal(str)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._process: QProcess | None = None
        self._part = b""
        self._sentence = ""

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, *words: object) -> None:
        """Start the command; one that is still going on is stopped first."""
        self.stop()
        self._part, self._sentence = b"", ""
        process = self._process = QProcess(self)
        program, *arguments = child.arguments_of(*words)
        environment = QProcessEnvironment()
        for name, value in child.environment().items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setWorkingDirectory(str(child.ROOT))
        process.started.connect(lambda: child.make_nice(process.processId()))
        process.readyReadStandardOutput.connect(lambda: self._read(process))
        process.finished.connect(lambda status, kind: self._finished(process, status, kind))
        process.errorOccurred.connect(lambda error: self._not_started(process, error))
        process.start(program, arguments)

    def stop(self) -> None:
        """End the command without another word from it; what it has written stays."""
        process, self._process = self._process, None
        if process is None:
            return
        for signal in (process.readyReadStandardOutput, process.finished, process.errorOccurred):
            signal.disconnect()
        process.closeWriteChannel()  # a command that tidies up first ends by this
        if process.state() != QProcess.ProcessState.NotRunning:
            process.terminate()
            if not process.waitForFinished(300):
                process.kill()
                process.waitForFinished(2000)
        process.deleteLater()

    def ask_to_end(self) -> None:
        """Let a command that listens end in its own time; it then tells so."""
        if self._process is not None:
            self._process.closeWriteChannel()

    def _read(self, process: QProcess) -> None:
        *lines, self._part = (self._part + process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and "event" in event:
                if event["event"] == "failed":
                    self._sentence = str(event.get("sentence", ""))
                self.told.emit(event)

    def _finished(self, process: QProcess, status: int, kind: QProcess.ExitStatus) -> None:
        if process is not self._process:
            return
        self._read(process)
        sentence = self._sentence
        if kind == QProcess.ExitStatus.CrashExit:
            sentence = sentence or "It was ended from outside, most likely because memory ran out; close other programs and try again."
        elif status not in (0, 2, 130) and not sentence:
            said = process.readAllStandardError().data().decode("utf-8", "replace").strip().splitlines()
            sentence = f"It broke off ({said[-1][:200] if said else f'status {status}'}); try again."
        self._process = None
        process.deleteLater()
        self.ended.emit(sentence)

    def _not_started(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if process is self._process and error == QProcess.ProcessError.FailedToStart:
            self._process = None
            process.deleteLater()
            self.ended.emit(f"No process can be started ({process.errorString()}); close other programs and try again.")
