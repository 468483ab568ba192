"""Policies: settings of study.yml with named options, and lines of rules that stand under some of them only.

```yaml
policies: {study.nact_policy: [censor, ignore]}                     # what the setting may be
events:
  - {when: {study.nact_policy: censor}, ...}                        # a line that does not stand is not there
```
"""

from __future__ import annotations

from adam.rules import chosen, need, only, refuse, setting, text, texts
from clinical.read import Mapping
from clinical.spec import Dataset

HEAD = "study."


class Policies:
    """The option that the study chose for each policy of a dataset.

    Raises: SpecError for a policy that study.yml lacks, or for which it says what is no option.
    """

    def __init__(self, spec: Dataset):
        owner = f"{spec.name}.policies"
        node = spec.parameters.get("policies", Mapping())
        only(node, [name for name in node if name.startswith(HEAD)], owner)
        self.options = {name: texts(node, name, owner) for name in node}
        self.chosen: dict[str, str] = {}
        for name, options in self.options.items():
            key = name.removeprefix(HEAD)
            value = setting(spec.study, key, owner, node.line(name))
            self.chosen[name] = chosen(spec.study, key, str(value), options, owner)

    def stands(self, line: Mapping, owner: str) -> bool:
        """Whether a line stands: one without `when`, or whose `when` is what the study chose.

        Raises: SpecError for a policy or an option that there is not.
        """
        if "when" not in line:
            return True
        asked = need(line, "when", owner)
        if not isinstance(asked, Mapping) or not asked:
            raise refuse("rules.shape", line.line("when"), owner, key="when", shape="{study.POLICY: option}")
        only(asked, self.options, f"{owner}.when")
        said = {name: text(asked, name, owner) for name in asked}
        for name, option in said.items():
            chosen(asked, name, option, self.options[name], owner)
        return all(self.chosen[name] == option for name, option in said.items())
