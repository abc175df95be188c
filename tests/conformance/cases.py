"""All cases; which outcomes are right is read from RFC 9110 and 9112 (and 3629, 3986, 6265, 6455, 6585, 9113 where a case says so).

Judged are all whose level is not FREE. What is odd in them follows the list of cases that Http11Probe publishes; the requests are
written anew, for a server that takes JSON.
"""

from __future__ import annotations

from tests.conformance import bodies, lines
from tests.conformance.case import Case

CASES: list[Case] = [*lines.CASES, *bodies.CASES]
JUDGED: list[Case] = [case for case in CASES if case.judged]
