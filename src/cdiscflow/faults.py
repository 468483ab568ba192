"""What is said of a fault where values must not be said: in Prefect's database, its logs, its page."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType

from clinical.errors import ClinicalError, SpecErrors, sentence
from clinical.files import FILE, make_folder, write_bytes
from clinical.fingerprint import SOURCE

ASIDE = "fault.txt"


class Holding:
    """Holds back what is raised inside: Prefect would store and log its text, and that may be a value."""

    def __init__(self) -> None:
        self.fault: Exception | None = None

    def __enter__(self) -> Holding:
        return self

    def __exit__(self, kind: type | None, fault: BaseException | None, trace: TracebackType | None) -> bool:
        self.fault = fault if isinstance(fault, Exception) else None
        return self.fault is not None


class Told(Exception):
    """A fault as another process told it; `again` where another try may do better."""

    def __init__(self, text: str, again: bool = False):
        super().__init__(text, again)
        self.again = again

    def __str__(self) -> str:
        return self.args[0]


def is_of_the_machine(fault: BaseException | None) -> bool:
    """Whether it may be gone at the next try, as a full disk; never a spec, a delivery or our code."""
    if isinstance(fault, Told):
        return fault.again
    while fault is not None and not isinstance(fault, OSError):
        fault = fault.__cause__
    return fault is not None


def told(fault: Exception, outputs: Path) -> str:
    """The sentence for a fault, without a value: our own errors carry keys and counts.

    What Python says of any other is written to `fault.txt` in the study's outputs, where the data are.
    """
    if isinstance(fault, (ClinicalError, SpecErrors, Told)):
        return str(fault)
    if isinstance(fault, OSError):
        return machine_sentence(fault)
    make_folder(outputs)
    path = outputs / ASIDE
    path.unlink(missing_ok=True)
    write_bytes(path, "".join(traceback.format_exception(fault)).encode())
    path.chmod(FILE)
    return sentence(
        "flow.fault", kind=type(fault).__name__, place=_place(fault), file=f"{outputs.name}/{ASIDE}"
    )


def machine_sentence(fault: OSError) -> str:
    """What the machine refused, and where."""
    place = fault.filename2 or fault.filename or "-"  # of a link and a new name the second is the place
    return sentence("flow.machine", reason=fault.strerror or type(fault).__name__, file=place)


def _place(fault: Exception) -> str:
    """The last line of ours that the fault went through."""
    frames = [f for f in traceback.extract_tb(fault.__traceback__) if Path(f.filename).is_relative_to(SOURCE)]
    return (
        f"{Path(frames[-1].filename).relative_to(SOURCE).as_posix()}:{frames[-1].lineno}" if frames else "-"
    )
