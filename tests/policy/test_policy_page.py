"""The policy of docs/policy.md can be used as it stands there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from ownwords.policy.clauses import paragraph_hash
from ownwords.policy.file import check, load

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def test_the_example_of_the_page_is_a_policy_that_passes_check(tmp_path):
    words = "We train models on what you post in public, unless you object."
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    text = textwrap.dedent(block[1]).replace("64 hex digits from step 1", paragraph_hash(words))
    (tmp_path / "ours.md").write_text(f"# Ours\n\n{words}\n")
    (tmp_path / "ours.yaml").write_text(text)
    policy = load(tmp_path / "ours.yaml")
    assert check(policy).problems == ()
    assert policy.rules[0].purposes == ("train_ai",)
