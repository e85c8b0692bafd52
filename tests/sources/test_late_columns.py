"""A row far down a file may say what no row before it said."""

from __future__ import annotations

import json

from reading import read


def test_a_late_row_that_is_private_or_deleted_is_heard(tmp_path):
    plain = [{"id": f"x:{n}", "author": "x:9", "network": "x", "text": f"hello {n}"} for n in range(150)]
    late = [{"visibility": "direct"}, {"category": "message"}, {"state": "deleted"}]
    rows = plain + [plain[0] | {"id": f"x:9{n}"} | more for n, more in enumerate(late)]
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = read("jsonl", tmp_path / "posts.jsonl", tmp_path / "scratch")
    assert done.private == 2
    assert done.records["state"].to_list().count("deleted") == 1
