"""Writes calls.json anew, from what the lives in histories.py call, and docs/security.md."""

from tests.conftest import prepare_environment
from tests.contract.privilege.allowed import TABLE, as_table
from tests.contract.privilege.histories import lives_of_fleets, lives_of_jobs, recorded
from tests.contract.privilege.security_page import PAGE, written
from tests.simulation.cloudformation.node_provider import NodeProvider

prepare_environment()
node = NodeProvider()
with recorded() as made:
    lives_of_jobs(node)
    lives_of_fleets()
node.close()
TABLE.write_text(as_table(made))
PAGE.write_text(written(), encoding="utf-8")
