"""The command line and the whole way of a study in order; the one package that imports all the others.

Their names are short words of the trade: somebody else's `adam`, found first on the path, would win silently.
"""

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("clinical", "edc", "sdtm", "adam", "tlf", "checks", "submission")


def refuse_strangers() -> None:
    """Nothing, if every package of ours is the one that lies beside this one.

    Raises: ImportError naming the stranger's file.
    """
    here = Path(__file__).resolve().parents[1]
    for name in PACKAGES:
        found = find_spec(name)
        origin = found.origin if found is not None else None
        if origin is None or Path(origin).resolve() != here / name / "__init__.py":
            raise ImportError(
                f"package {name} is not the one of cdiscflow but {origin or 'missing'}; "
                "take its folder off PYTHONPATH, or uninstall it"
            )


refuse_strangers()
