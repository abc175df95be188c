"""What can stand in a job's way, where the modules of jobs look for it."""

from __future__ import annotations

from plait.job_errors import Cancelled as Cancelled  # noqa: PLC0414 - these are the classes of this package
from plait.job_errors import Expired as Expired  # noqa: PLC0414
from plait.job_errors import Full as Full  # noqa: PLC0414
from plait.job_errors import GivenUp as GivenUp  # noqa: PLC0414
from plait.job_errors import Gone as Gone  # noqa: PLC0414
from plait.job_errors import KeyReused as KeyReused  # noqa: PLC0414
from plait.job_errors import NotInstalled as NotInstalled  # noqa: PLC0414
from plait.job_errors import NotYetDurable as NotYetDurable  # noqa: PLC0414
from plait.job_errors import StoreDown as StoreDown  # noqa: PLC0414
