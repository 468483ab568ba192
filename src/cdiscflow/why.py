"""Why each dataset of a run was derived again or taken over: for the manifest and for the terminal."""

from __future__ import annotations

from clinical.reuse import IDENTITY, Last, Stated

NEW, ASKED = "not in the last run", "asked for"
SHOWN = 4


def reasons(now: Last, before: Last | None, again: dict[str, set[int]]) -> dict[str, dict[str, object]]:
    """For each dataset why (`because`), which raw fields, how many buckets of how many were derived again.

    `because` names what changed of what reaches it: `extract`, or specs, code and others; nothing for a
    dataset taken over. A field counts where it differs in a bucket that was derived again; where records
    came or went, their form is named.
    """
    moved = before.moved(now.contents) if before else {}
    return {
        name: _reason(now, before, name, again.get(name, set()), moved) for name in sorted(now.prints)
    }  # fmt: skip


def _reason(
    now: Last, before: Last | None, name: str, buckets: set[int], moved: dict[str, set[int]]
) -> dict[str, object]:
    found = {"derived": len(buckets), "of": len(now.prints[name]), "because": [], "fields": []}
    if not buckets:
        return found
    if before is None or name not in before.stated or name not in before.prints:
        return found | {"because": [NEW]}
    because = _stated_differently(now.stated[name], before.stated[name])
    fields: set[str] = set()
    for form, columns in now.stated[name].reads.items():
        new, old = now.contents.get(form, {}), before.contents.get(form, {})
        for bucket in moved.get(form, set()):
            fields |= _fields(form, columns, new.get(bucket, {}), old.get(bucket, {}))
    because += ["extract"] if fields else []
    return found | {"because": because or [ASKED], "fields": sorted(fields)}


def _stated_differently(now: Stated, before: Stated) -> list[str]:
    parts = [part for part in sorted(now.static) if now.static[part] != before.static.get(part)]
    return parts + (["reads"] if not parts and now.reads != before.reads else [])


def _fields(form: str, columns: list[str], new: dict[str, str], old: dict[str, str]) -> set[str]:
    """The fields that differ; the form alone where its records are others."""
    if any(new.get(name) != old.get(name) for name in IDENTITY):
        return {form}
    read = {*new, *old} if "*" in columns else set(columns)
    return {f"{form}.{name}" for name in read if new.get(name) != old.get(name)}


def short(why: dict[str, dict[str, object]]) -> str:
    """`11 of 47 datasets, because of RS.RSOVR`"""
    derived = [each for each in why.values() if each["derived"]]
    causes = dict.fromkeys(cause for each in derived for cause in each["because"] if cause != "extract")
    if len(derived) == len(why):
        causes.pop(NEW, None)  # all are new: there is no last run
    fields = dict.fromkeys(field for each in derived for field in each["fields"])
    named = [*causes, *fields]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    because = f", because of {', '.join(named[:SHOWN])}{more}" if named else ""
    return f"{len(derived)} of {len(why)} datasets{because}"
