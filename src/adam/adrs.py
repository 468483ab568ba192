"""ADRS: responses, MRD samples and every response parameter of a subject (rules D.3, E-ORR).

What each parameter is called and which rule makes it stands in the spec (`adam.adrs_rules`); the rules
themselves are `adam.adrs_parameters`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from adam.adrs_evidence import BESIDE, COLUMNS, REASON, SAMPLE, completed, gather
from adam.adrs_parameters import MAKERS
from adam.adrs_rules import Parameter, read_rules
from clinical.distinct import spread_text
from clinical.frames import Frame, as_text, take
from clinical.spec import Dataset


def adrs(
    adsl: Frame,
    rs: Frame,
    cp: Frame | None = None,
    sv: Frame | None = None,
    *,
    spec: Dataset,
    **components: Frame,
) -> tuple[Frame, Frame]:
    """ADRS: one record per subject, parameter and date or analysis visit.

    Rows:    collected responses and MRD samples of the safety population, all dates; of every other parameter
             one record for each subject of its population, or for those alone who have what it dates.
    Needs:   LB, TU and TR under their names in lower case where a response is made of its components.
    Gives:   PARAM, PARAMCD, PARAMN, PARCAT1, PARAMTYP and COLUMNS, AVALRSN of such a response; a record
             without a source record cites the column of ADSL that decided, the horizon where none was found
             up to it. The lineage is the source, then the sample that decides beside it.
    Source:  rules D.3, A.4, D-IMP, E-PD, E-EVSET, E-MRDSET, E-ORR.
    """
    rules = read_rules(spec)
    named_here = [components[name] for name in ("lb", "tu", "tr")] if rules.algorithm else []
    evidence = gather(adsl, rs, cp, sv, rules, named_here)
    parts = [
        MAKERS[parameter.rule](evidence, parameter).assign(parameter=place)
        for place, parameter in enumerate(rules.parameters)
    ]
    whole = completed(pd.concat(parts, ignore_index=True))
    rows = named(whole, evidence.adsl, rules.parameters)
    return rows, lineage_of(rows, whole)


def lineage_of(rows: Frame, whole: Frame) -> Frame:
    """The records that each row comes from: what it cites and, of an answer of Y, the sample beside it."""
    cited = pd.DataFrame({"row": rows.index, "source": rows["SRCDOM"], "number": rows["SRCSEQ"]})
    parts = [cited]
    if BESIDE in whole:
        number = whole[BESIDE].where(whole["AVALC"] == "Y").dropna()
        parts.append(pd.DataFrame({"row": number.index, "source": SAMPLE[0], "number": number}))
    found = pd.concat(parts, ignore_index=True)
    person = take(rows["USUBJID"], found["row"].to_numpy())
    record = person + ("/" + as_text(found["number"])).fillna("")
    return pd.DataFrame({"row": found["row"], "source": found["source"], "record": record})


def named(rows: Frame, adsl: Frame, parameters: tuple[Parameter, ...]) -> Frame:
    """The rows with USUBJID and what their parameter is called."""
    place, index = rows["parameter"].to_numpy(), rows.index
    typed = np.where(np.array([bool(p.type) for p in parameters]), np.arange(len(parameters)), -1)
    return pd.DataFrame(
        {
            "USUBJID": take(adsl["USUBJID"], rows["subject"].to_numpy()),
            "PARAM": spread_text(place, [p.label for p in parameters], index),
            "PARAMCD": spread_text(place, [p.code for p in parameters], index),
            "PARAMN": np.array([float(p.number) for p in parameters])[place],
            "PARCAT1": spread_text(place, [p.category for p in parameters], index),
            "PARAMTYP": spread_text(typed[place], [p.type for p in parameters], index),
            **{column: rows[column] for column in (*COLUMNS, REASON) if column in rows},
        }
    )
