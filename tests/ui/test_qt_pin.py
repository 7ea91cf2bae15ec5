"""Guards the pin of PySide6-Essentials in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys

# PySide6 6.12.0 on CPython 3.11 drops a reference to True with each emit() and one to None with each processEvents():
# this loop then dies after about 550 rounds. In a process of its own, since it takes the interpreter with it.
LOOP = """
import sys
from PySide6.QtCore import QCoreApplication, QObject, Signal

class Sender(QObject):
    sent = Signal(object)

application = QCoreApplication([])
sender, seen = Sender(), []
sender.sent.connect(seen.append)
singletons = (None, True, False)
before = [sys.getrefcount(one) for one in singletons]
for number in range(3000):
    sender.sent.emit(number)
    application.processEvents()
after = [sys.getrefcount(one) for one in singletons]
assert len(seen) == 3000, len(seen)
lost = {str(one): a - b for one, b, a in zip(singletons, before, after) if sys.version_info < (3, 12) and a - b < -100}
assert not lost, f"references lost in 3000 rounds: {lost}"
print("alive")
"""


def test_emitting_and_processing_events_keeps_the_interpreter_alive() -> None:
    done = subprocess.run([sys.executable, "-c", LOOP], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
