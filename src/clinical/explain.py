"""Says how a value came about: the spec's words in English, and the records behind a row back to the EDC
page.
"""

from __future__ import annotations

from clinical.where import in_words
from clinical.words import WORDS, Source, Word


def in_english(word: Word) -> str:
    """The word as one English sentence, with its conditions and its rule."""
    text = _sentence(word)
    if word.when is not None:
        text += f", when {in_words(word.when)}"
    if word.round is not None:
        text += f", rounded to {word.round} decimals"
    if word.rule:
        text += f" [{word.rule}]"
    return text + (f" ({word.note})" if word.note else "")


def _sentence(word: Word) -> str:
    value, args = word.value, word.args
    where = f" where {in_words(args['where'])}" if args.get("where") else ""
    match word.word:
        case "copy":
            return f"{value}"
        case "constant":
            return f"'{value}'"
        case "term":
            return f"{value} in the terms of codelist {args['codelist']}"
        case "first" | "last":
            end = "earliest" if word.word == "first" else "latest"
            order = f" by {', '.join(args['order'])}" if args.get("order") else ""
            return f"the {end} of {_sources(value)}{order}{where}"
        case "count":
            return f"the number of records of {_sources(value)}{where}"
        case "total":
            return f"the sum of {_sources(value)}{where}"
        case "lookup":
            match = " and ".join(f"{theirs} = {mine}" for theirs, mine in args["match"].items())
            return f"{value} of the record where {match}"
        case "during":
            return f"{value} of the interval from {args['from']} to {args['to']} that {args['at']} is in"
        case "flag":
            other = f", else {args['else']}" if args.get("else") else ""
            return f"Y if {in_words(value)}{other}"
        case "formula":
            return value.text
        case "case":
            lines = "; ".join(in_english(line) for line in value)
            return f"the first that applies: {lines}"
        case "any_of":
            return "the first that has a value: " + "; ".join(in_english(line) for line in value)
        case "pick":
            by = f" of each {', '.join(args['by'])}" if args.get("by") else ""
            return f"Y on the {value} record{by} by {', '.join(args['order'])}{where}"
        case "program":
            return f"computed by the program {value}"
    return _plain(word)


def _sources(sources: tuple[Source, ...]) -> str:
    return ", ".join(f"{s.of}{f' where {in_words(s.where)}' if s.where else ''}" for s in sources)


def _plain(word: Word) -> str:
    value = " to ".join(word.value) if isinstance(word.value, tuple) else str(word.value)
    order = list(WORDS[word.word][1])
    args = ", ".join(f"{key} {_listed(word.args[key])}" for key in order if key in word.args)
    return f"{word.word.replace('_', ' ')} of {value}" + (f" ({args})" if args else "")


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
