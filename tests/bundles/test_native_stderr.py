import os
import subprocess
import sys
import tempfile
import threading

from perform.bundles.native_stderr import filtered_stderr

NOTES = """
import os, sys
from perform.bundles.native_stderr import filtered_stderr
with filtered_stderr():
    os.write(2, b"I0000 00:00:17 1 port.cc:153] oneDNN custom operations are on.\\n")
    os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called\\n")
    os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\\n")
    os.write(2, b"E0000 00:00:17 1 what.cc:1] the card has fallen off\\n")
    print("of ours", file=sys.stderr)
print("afterwards", file=sys.stderr)
"""


def stderr_of(root, code):
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()


def test_threads_that_filter_leave_standard_error_where_it_was():
    """As two runs do in the threads of a cluster's worker."""
    before, within, over = os.fstat(2), threading.Event(), threading.Event()

    def beside():
        with filtered_stderr():
            within.set()
            over.wait(5)

    other = threading.Thread(target=beside)
    with filtered_stderr():
        other.start()
        within.wait(0.1)  # it comes in only where nothing keeps it out
    over.set()
    other.join()
    assert os.path.samestat(os.fstat(2), before)


def test_notes_are_dropped_and_errors_are_not(root):
    assert stderr_of(root, NOTES.replace("\\\\", "\\")) == [
        "E0000 00:00:17 1 what.cc:1] the card has fallen off",
        "of ours",
        "afterwards",
    ]


def test_without_a_temporary_folder_it_still_works(monkeypatch):
    def no_folder():
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_folder)
    before = os.fstat(2)
    with filtered_stderr():
        os.write(2, b"INFO: dropped\n")
    assert os.path.samestat(os.fstat(2), before)
