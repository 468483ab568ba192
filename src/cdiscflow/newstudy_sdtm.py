"""First datasets from fields whose names tell what they are for; every line is a guess and says so."""

from __future__ import annotations

import pandas as pd

from cdiscflow.newstudy_cdash import TOPICS, Domains, Target
from cdiscflow.newstudy_draft import (
    Draft,
    FormGuess,
    Said,
    Tree,
    evidence,
    field_of,
    line_of_test,
    place_of,
    stated_names,
    with_letters,
    with_text_scalars,
)
from cdiscflow.newstudy_fields import Guess, as_result
from clinical.terms import FOUND, NOT_FOUND

HEAD = "A first draft by cdiscflow new-study: every line is a guess from names and values. Check each."
SHOWN = "NOT DONE"


class Writer:
    """Makes the drafts of all domains of a study."""

    def __init__(self, domains: Domains, forms: list[FormGuess]):
        self.domains, self.forms = domains, forms
        self.drafts: dict[str, Draft] = {}
        self.supp: dict[str, Tree] = {}

    def write(self) -> dict[str, Draft]:
        """The drafts by domain, DM always among them."""
        for form in self.forms:
            form.domain = self.domains.domain_of(form.name, list(form.fields))
        for name in dict.fromkeys(form.domain for form in self.forms if form.domain not in ("", "DM")):
            self._domain(name, [form for form in self.forms if form.domain == name])
        if "EC" in self.drafts and "EX" not in self.drafts and "EX" in self.domains.standards:
            self._exposure()
        self._person()
        self._study_days()
        for name, words in self.supp.items():
            self.drafts[name].tree["supp"] = words
            self.drafts[name].comments |= {("supp", each): "guess: CDASHIG" for each in words}
        return self.drafts

    def _domain(self, name: str, forms: list[FormGuess]) -> None:
        parts = {form.name.lower(): self._part(name, form) for form in forms}
        draft = Draft(name, {"dataset": name, "keys": [], "rows": {}})
        if len(parts) == 1:
            part, words, comments, draft.open = next(iter(parts.values()))
            draft.tree |= {"rows": part, "variables": words}
            draft.comments = {place_of((), key): said for key, said in comments.items()}
        else:
            draft.tree["rows"] = {"union": {}}
            for key, (part, words, comments, undecided) in parts.items():
                draft.tree["rows"]["union"][key] = {**part, "variables": words}  # type: ignore[index]
                here = ("rows", "union", key)
                draft.comments |= {place_of(here, each): said for each, said in comments.items()}
                draft.open += undecided
        if f"{name}TESTCD" in self.domains.standards[name].variables:
            self._findings(draft)
        draft.tree["keys"] = self._keys(draft)
        draft.comments["keys",] = "guess: topic, dates, visit, place in the file"
        topic = self.domains.topic(name)
        if topic and topic not in stated_names(draft):
            draft.open.append(f"{name}.{topic}: no field tells it by its name")
        self.drafts[name] = draft

    def _part(self, domain: str, form: FormGuess) -> tuple[Tree, Tree, Said, list[str]]:
        """How a form's records come about, the words of its variables, their comments, what is open."""
        words: Tree = {}
        comments: Said = {}
        undecided: list[str] = []
        tests: dict[str, Tree] = {}
        targets = self._targets(domain, form)
        for name, target in targets.items():
            if target.how == "time":
                continue
            word, said = self._word(domain, form, form.fields[name], target, targets)
            form.used.add(name)
            if target.how == "number" or (target.test and target.variable == f"{domain}ORRES"):
                as_result(form.fields[name], form.texts(form.fields[name].column))
            if target.how == "supp":
                word = {"copy": f"raw.{name}", "label": target.label}
                self.supp.setdefault(domain, {})[target.variable] = word
            elif target.test:
                tests.setdefault(target.test, {})[target.variable] = word
            elif target.variable not in words:
                words[target.variable] = word
                comments[target.variable] = said
            if isinstance(word, dict) and "term" in word:
                undecided += self._unknown_texts(domain, form, word, target)
        self._visit(domain, form, words, comments)
        part: Tree = {"from": f"raw.{form.name}"}
        made = {test: taken for test, taken in tests.items() if f"{domain}ORRES" in taken}
        form.used -= {name for name, target in targets.items() if target.test and target.test not in made}
        lines = [line_of_test(domain, test, taken) for test, taken in made.items()]
        for place, taken in enumerate(made.values()):
            guess = form.fields[field_of(taken[f"{domain}ORRES"]).removeprefix("raw.")]
            comments["each", place] = evidence(Target("", "", "CDASHIG"), guess)
        topic = next((w for v, w in words.items() if v[2:] in TOPICS), None)
        if lines:
            part["each"] = lines
        elif topic is not None:
            part["where"] = {field_of(topic).removeprefix("raw."): {"missing": False}}
        return with_text_scalars(part), words, comments, undecided

    def _targets(self, domain: str, form: FormGuess) -> dict[str, Target]:
        """What each field is for; two fields for one value: the first by source, then by place, counts."""
        found = {name: self.domains.meaning(domain, name) for name in form.fields}
        meant = {name: target for name, target in found.items() if target}
        taken: dict[tuple[str, str, bool], str] = {}
        for name in sorted(meant, key=lambda n: (meant[n].source == "habit", meant[n].how == "test")):
            target = meant[name]
            taken.setdefault((target.variable, target.test, target.how == "time"), name)
        only = self._only_date(domain, form, set(taken.values()))
        if only and (f"{domain}DTC", "", False) not in taken:
            meant[only] = Target(f"{domain}DTC", "date", "the only other date of the form,")
            taken[f"{domain}DTC", "", False] = only
        return {name: meant[name] for name in form.fields if name in taken.values()}

    def _only_date(self, domain: str, form: FormGuess, taken: set[str]) -> str:
        """The date of a finding or of the form of a person, where one date is left and no name tells it."""
        variables = self.domains.standards[domain].variables
        left = [n for n, each in form.fields.items() if each.type in ("date", "datetime") and n not in taken]
        wanted = domain == "DM" or f"{domain}TESTCD" in variables
        return left[0] if len(left) == 1 and wanted and f"{domain}DTC" in variables else ""

    def _word(
        self, domain: str, form: FormGuess, guess: Guess, target: Target, targets: dict[str, Target]
    ) -> tuple[object, str]:
        """The word of a value, and the comment of its line."""
        name = f"raw.{guess.name}"
        said = evidence(target, guess)
        label = {"label": target.label} if target.label else {}
        if target.how == "date" and guess.type in ("date", "datetime"):
            time = next(
                (f for f, t in targets.items() if t.how == "time" and t.variable == target.variable), ""
            )
            if time and guess.type == "date" and form.fields[time].type == "time":
                form.used.add(time)
                return {"date": name, "time": f"raw.{time}", **label}, f"{said}, with {time}"
            return {"date": name, **label} if label else name, said
        if target.how == "number":
            return {"number": name}, said
        if target.how == "test":
            return self._test_word(domain, form, guess), said
        if target.how == "ongoing":
            coded = f"{name}_STD" if guess.type == "code" else name
            return {"constant": "ONGOING", "when": {coded: ["Y", "Yes", "1"]}}, said
        if target.how == "not done":
            coded = f"{name}_STD" if guess.type == "code" else name
            return {"constant": SHOWN, "when": {coded: ["N", "No", "0"]}}, said
        stated = self.domains.standards[domain].variables.get(target.variable)
        listed = self.domains.codelist(stated.codelist if stated else target.codelist)
        if listed:
            return {"term": self._better(form, guess, listed), "codelist": listed, **label}, said
        return {"copy": name, **label} if label else name, said

    def _test_word(self, domain: str, form: FormGuess, guess: Guess) -> Tree:
        """The test's code of its collected name: by its list, or by the paired list of names."""
        listed = self.domains.codelist(self.domains.standards[domain].variables[f"{domain}TESTCD"].codelist)
        ways = []
        for name, column in (
            (f"raw.{guess.name}_STD", f"{guess.column}_STD"),
            (f"raw.{guess.name}", guess.column),
        ):
            texts = form.texts(column)
            by_name = int(
                (self.domains.terms.by_code(pd.Series(texts, dtype="str"), listed)[1] == FOUND).sum()
            )
            ways += [(self._known(texts, listed)[0], {"term": name, "codelist": listed})]
            ways += [(by_name, {"term": name, "codelist": listed, "via": "code"})]
        best = max(ways[0 if guess.type == "code" else 2 :], key=lambda way: way[0])
        return best[1] if best[0] or guess.type == "code" else ways[3][1]

    def _better(self, form: FormGuess, guess: Guess, codelist: str) -> str:
        """The code or the text of a coded field: what the codelist knows more of."""
        if guess.type != "code":
            return f"raw.{guess.name}"
        by_text, by_code = (self._known(form.texts(guess.column + end), codelist) for end in ("", "_STD"))
        return f"raw.{guess.name}" if by_text[0] > by_code[0] else f"raw.{guess.name}_STD"

    def _known(self, texts: list[str], codelist: str) -> tuple[int, int]:
        """How many texts are in the list, and how many would give no value."""
        status = self.domains.terms.look_up(pd.Series(texts, dtype="str"), codelist)[1]
        return int((status == FOUND).sum()), int((status == NOT_FOUND).sum())

    def _unknown_texts(self, domain: str, form: FormGuess, word: Tree, target: Target) -> list[str]:
        codelist, named = str(word["codelist"]), str(word["term"]).removeprefix("raw.")
        base = form.fields.get(named.removesuffix("_STD")) or form.fields[named]
        texts = form.texts(base.column + ("_STD" if named not in form.fields else ""))
        if "via" in word:
            return []
        unknown = self._known(texts, codelist)[1]
        if not unknown:
            return []
        at = f"{domain}.{target.variable}"
        file = f"ct/{codelist.lower()}.csv"
        return [f"{at}: {unknown} of {len(texts)} texts of {named} are not in {codelist}: {file}"]

    def _visit(self, domain: str, form: FormGuess, words: Tree, comments: Said) -> None:
        """The visit by the EDC's folder, where the domain expects visits and no field tells it."""
        stated = self.domains.standards[domain].variables.get("VISITNUM")
        if stated is None or stated.core != "Exp" or {"VISIT", "VISITNUM"} & set(words):
            return
        if form.has("FolderSeq") and form.has("FolderName"):
            words |= {"VISITNUM": {"number": "raw.FolderSeq"}, "VISIT": "raw.FolderName"}
            comments |= dict.fromkeys(("VISITNUM", "VISIT"), "guess: the folder is the visit")

    def _findings(self, draft: Draft) -> None:
        """Test names and standard results, where there are tests and results."""
        d, stated = draft.name, stated_names(draft)
        variables = self.domains.standards[d].variables
        names = self.domains.codelist(variables[f"{d}TEST"].codelist) if f"{d}TEST" in variables else ""
        made: Tree = {}
        if f"{d}TEST" not in stated and names and f"{d}TESTCD" in stated:
            made[f"{d}TEST"] = {"term": f"{d}TESTCD", "codelist": names, "via": "code"}
        if f"{d}ORRES" in stated and f"{d}STRESC" not in stated and f"{d}STRESC" in variables:
            if f"{d}ORRESU" in stated:
                result = {"result": f"{d}ORRES", "from": f"{d}ORRESU", "test": f"{d}TESTCD"}
                for variable, give in (("STRESC", "text"), ("STRESN", "number"), ("STRESU", "unit")):
                    if f"{d}{variable}" in variables:
                        made[f"{d}{variable}"] = {**result, "give": give}
            else:
                made[f"{d}STRESC"] = f"{d}ORRES"
        for name in [each for each in made if each not in stated]:
            draft.variables[name] = made[name]
            draft.comments["variables", name] = "guess: as every study states it"

    def _keys(self, draft: Draft) -> list[str]:
        """The topic, the date, the visit and at last --SEQ, so that the keys are unique."""
        stated, d = stated_names(draft), draft.name
        wanted = [f"{d}{topic}" for topic in ("CAT", *TOPICS)] + [
            f"{d}STDTC",
            f"{d}DTC",
            "VISITNUM",
            f"{d}TPT",
        ]
        return ["STUDYID", "USUBJID", *(name for name in wanted if name in stated), f"{d}SEQ"]

    def _exposure(self) -> None:
        """EX as EC has it: SDTM wants EX wherever exposure is collected."""
        source, variables = self.drafts["EC"], self.domains.standards["EX"].variables
        rows, letters = source.tree["rows"], {"EC": "EX"}
        if "union" in rows:  # type: ignore[operator]
            return
        words = with_letters(source.variables, letters)
        words = {name: word for name, word in words.items() if name in variables}  # type: ignore[union-attr]
        draft = Draft("EX", {"dataset": "EX", "keys": [], "rows": rows, "variables": words})
        draft.comments = {("variables", name): "guess: as EC" for name in words}
        draft.comments["keys",] = "guess: as EC"
        draft.tree["keys"] = self._keys(draft)
        self.drafts["EX"] = draft

    def _person(self) -> None:
        """DM from the form with a person's data, else from the form that most persons have."""
        own = [form for form in self.forms if form.domain == "DM"]
        form = next(iter(own), None) or max(
            self.forms, key=lambda each: each.table.frame[each.subject].nunique() if each.subject else 0
        )
        rows: Tree = {"from": f"raw.{form.name}"}
        if form.table.frame[form.subject].duplicated().any() or not own:
            rows["keep"] = {"first": ["record"]}
        draft = Draft("DM", {"dataset": "DM", "keys": ["STUDYID", "USUBJID"], "rows": rows, "variables": {}})
        words, said = draft.variables, {"SUBJID": "guess: the subject's column"}
        words["SUBJID"] = f"raw.{form.subject}"
        if form.has("SiteNumber"):
            words["SITEID"], said["SITEID"] = "raw.SiteNumber", "guess: the EDC's site"
        if own:
            _, found, comments, draft.open = self._part("DM", form)
            words |= {name: word for name, word in found.items() if name not in words}
            said |= comments
        self._dates_of_person(draft, said)
        if "AGE" in words and "AGEU" not in words:
            words["AGEU"], said["AGEU"] = {"constant": "YEARS"}, "guess: nothing says another unit"
        draft.comments = {("variables", name): text for name, text in said.items() if name in words}
        self.drafts["DM"] = draft

    def _dates_of_person(self, draft: Draft, said: dict[str, str]) -> None:
        """Consent and death wherever they are collected; the first and last dose."""
        words, known = draft.variables, self.domains.standards["DM"].variables
        for form in self.forms:
            for name, guess in form.fields.items():
                target = self.domains.meaning("DM", name)
                wanted = target and target.variable in ("RFICDTC", "DTHDTC", "BRTHDTC")
                if wanted and target.variable not in words and guess.type in ("date", "datetime"):
                    words[target.variable] = {"first": f"raw.{form.name}.{name}"}
                    said[target.variable] = evidence(target, guess)
                    form.used.add(name)
        if "DTHDTC" in words:
            words["DTHFL"], said["DTHFL"] = (
                {"flag": {"DTHDTC": {"missing": "false"}}},
                "guess: who has a date died",
            )
        doses = stated_names(self.drafts["EX"]) if "EX" in self.drafts else set()
        if "EXSTDTC" in doses and "RFSTDTC" in known:
            words |= {name: {"first": "EX.EXSTDTC"} for name in ("RFSTDTC", "RFXSTDTC")}
            words["RFXENDTC"] = {"last": "EX.EXENDTC" if "EXENDTC" in doses else "EX.EXSTDTC"}
            said |= dict.fromkeys(("RFSTDTC", "RFXSTDTC", "RFXENDTC"), "guess: exposure")

    def _study_days(self) -> None:
        if "RFSTDTC" not in self.drafts["DM"].variables:
            return
        for name, draft in self.drafts.items():
            stated, known = stated_names(draft), self.domains.standards[name].variables
            for date, day in (("STDTC", "STDY"), ("ENDTC", "ENDY"), ("DTC", "DY")):
                if f"{name}{date}" in stated and f"{name}{day}" in known and f"{name}{day}" not in stated:
                    draft.variables[f"{name}{day}"] = {"study_day": f"{name}{date}"}
                    draft.comments["variables", f"{name}{day}"] = "guess: as every study states it"
