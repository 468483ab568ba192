"""Says how a value came about: the spec's words in English, and the records behind a row back to the EDC
page.
"""

from __future__ import annotations

from clinical.where import in_words
from clinical.words import Source, Word


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
        case "text":
            return f"the text '{value}'"
        case "number":
            return f"the number in {value}"
        case "formula":
            return value.text
        case "flag":
            return f"Y if {in_words(value)}" + (f", else {args['else']}" if args.get("else") else "")
        case "count":
            return f"the number of records of {_sources(value)}{where}"
        case "total":
            return f"the sum of {_sources(value)}{where}"
        case "pick":
            by = " and ".join(["subject", *args.get("by", ())])
            return f"Y on the {value} record of each {by} by {_listed(args['order'])}{where}"
        case "case" | "any_of":
            return _of_lines(word)
        case "program":
            return f"computed by the program {value}"
        case "first" | "last" | "lookup" | "during":
            return _of_records(word, where)
    return _of_value(word)


def _of_lines(word: Word) -> str:
    lines = "; ".join(in_english(line) for line in word.value)
    if word.word == "any_of":
        return f"the first that has a value: {lines}"
    return f"the first that applies: {lines}" + ("; otherwise missing" if "else" in word.args else "")


def _of_records(word: Word, where: str) -> str:
    """The words that take one value from other records."""
    value, args = word.value, word.args
    if word.word == "lookup":
        matched = " and ".join(f"{theirs} = {mine}" for theirs, mine in args["match"].items())
        return f"{value} of the record where {matched}" + (
            ", if there is one" if args.get("optional") else ""
        )
    if word.word == "during":
        closed = ", each end included" if args.get("closed") else ""
        return f"{value} of the interval from {args['from']} to {args['to']} that {args['at']} is in{closed}"
    end = "earliest" if word.word == "first" else "latest"
    complete = "complete date " if args.get("complete") else ""
    order = f" by {_listed(args['order'])}" if args.get("order") else ""
    return f"the {end} {complete}of {_sources(value)}{order}{where}"


def _of_value(word: Word) -> str:
    """The words that turn one value into another."""
    value, args = word.value, word.args
    match word.word:
        case "term":
            if args.get("via"):
                return f"the term of codelist {args['codelist']} with the code of {value}"
            return f"{value} in the terms of codelist {args['codelist']}"
        case "date":
            return _date(word)
        case "imputed":
            return f"what of {value} was imputed"
        case "unit":
            test = f" for test {args['test']}" if args.get("test") else ""
            return f"{value} converted from {args['from']} to {args['to']}{test}"
        case "result":
            return f"the standard {args['give']} of {value} in {args['from']} for test {args['test']}"
        case "bin":
            classes = [f"below {args['cuts'][0]}", *(f"from {cut}" for cut in args["cuts"])]
            numbers = [str(number) for number in range(1, len(classes) + 1)]
            labels = numbers if args.get("give") else [f"'{label}'" for label in args["labels"]]
            named = ", ".join(f"{label} {each}" for label, each in zip(labels, classes, strict=True))
            return f"the class of {value}: {named}"
        case "duration":
            known = f", dates known to the {args['known']} being enough" if args.get("known") else ""
            counted = "days" if args["as"] == "days" else f"completed {args['as']}"
            both = ", both counted" if args["as"] == "days" else ""
            return f"{counted} from {value[0]} to {value[1]}{both}{known}"
    since = f" since {args['since']}" if args.get("since") else ""
    return f"the study day of {value}{since}"


def _date(word: Word) -> str:
    args = word.args
    text = f"the date {word.value}" + (f" with the time {args['time']}" if args.get("time") else "")
    if "impute" not in args:
        start = _listed(args.get("not_before", ()))
        return text + (f", the next day if its clock is earlier than that of {start}" if start else "")
    text += f", unknown parts taken as the {args['impute']} possible"
    bounds = {"not_before": "not before", "after": "after", "not_after": "not after"}
    named = [f"{words} {_listed(args[key])}" for key, words in bounds.items() if args.get(key)]
    return text + (f" ({', '.join(named)}, where that is possible)" if named else "")


def _sources(sources: tuple[Source, ...]) -> str:
    return ", ".join(f"{s.of}{f' where {in_words(s.where)}' if s.where else ''}" for s in sources)


def _listed(value: tuple[str, ...]) -> str:
    return ", ".join(value)
