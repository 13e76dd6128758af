"""Open files: a server asks for as many as it needs, and for no more."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fedigroups.open_files import ENOUGH

ASK = """
import json, resource, sys
from fedigroups import open_files
resource.setrlimit(resource.RLIMIT_NOFILE, tuple(json.loads(sys.argv[1])))
print(json.dumps([open_files.allow(), *resource.getrlimit(resource.RLIMIT_NOFILE)]))
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [((256, 2_048), 2_048), ((1_024, ENOUGH + 500), ENOUGH), ((ENOUGH + 100,) * 2, ENOUGH + 100)],
)
def test_a_process_raises_its_limit_as_far_as_it_may_and_needs(
    before: tuple[int, int], after: int
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(before)], capture_output=True, check=True
    ).stdout
    assert json.loads(said) == [after, after, before[1]]
