"""What the tests of the store of jobs share."""

from tests.control.postgres import postgres as postgres  # noqa: PLC0414 - fixtures of these tests
from tests.jobs.store.stores import another as another  # noqa: PLC0414
from tests.jobs.store.stores import watch as watch  # noqa: PLC0414
