"""``python -m judgeline.store migrate | check``: the operator's step before a new version starts."""

import sys
from contextlib import closing

from judgeline.config import Settings
from judgeline.errors import JudgelineError
from judgeline.store.database import open_store
from judgeline.store.migrate import check_schema, migrate
from judgeline.store.schema import REVISION

USAGE = "usage: python -m judgeline.store migrate | check"


def main(arguments: list[str]) -> int:
    """Migrate or check the database of DATABASE_URL; 0 = well, 1 = not, 2 = not understood."""
    if arguments not in (["migrate"], ["check"]):
        sys.stderr.write(USAGE + "\n")
        return 2
    try:
        url = Settings.from_environment().database_url
        changed = arguments == ["migrate"] and migrate(url)
        with closing(open_store(url)) as store:
            check_schema(store)
    except JudgelineError as error:
        sys.stderr.write(f"judgeline: {error}\n")
        return 1
    sys.stdout.write(f"{store.url}: schema {REVISION}{', migrated' if changed else ''}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
