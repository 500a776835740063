"""Which module a dotted name means, from wherever the command runs."""

import pytest

from kognitos_migrate.syntax.module_resolution import ModuleFiles

SHOP = ("shop/__init__.py", "shop/client.py", "shop/jobs/poll.py", "src/lib/base.py", "main.py")
INSIDE = ("__init__.py", "client.py", "jobs/poll.py", "../main.py", "../tests/test_client.py")


@pytest.mark.parametrize(
    ("paths", "above", "importer", "dotted", "level", "found"),
    [
        (SHOP, (), "main.py", "shop", 0, "shop/__init__.py"),
        (SHOP, (), "main.py", "shop.client", 0, "shop/client.py"),
        (SHOP, (), "main.py", "lib.base", 0, "src/lib/base.py"),
        (SHOP, (), "main.py", "main", 0, None),
        (SHOP, (), "shop/jobs/poll.py", "shop.client", 0, "shop/client.py"),
        (SHOP, (), "shop/jobs/poll.py", "client", 2, "shop/client.py"),
        (SHOP, (), "shop/client.py", "", 1, "shop/__init__.py"),
        (SHOP, (), "shop/client.py", "", 9, None),
        (INSIDE, ("work", "shop"), "client.py", "shop.jobs.poll", 0, "jobs/poll.py"),
        (INSIDE, ("work", "shop"), "jobs/poll.py", "client", 2, "client.py"),
        (INSIDE, ("work", "shop"), "jobs/poll.py", "main", 0, "../main.py"),
        (INSIDE, ("work", "shop"), "../tests/test_client.py", "shop.client", 0, "client.py"),
        (INSIDE, ("work", "other"), "client.py", "shop.jobs.poll", 0, None),
        (("/a/shop/client.py", "/a/main.py"), ("b",), "/a/main.py", "shop.client", 0, "/a/shop/client.py"),
    ],
)
def test_a_dotted_name(
    paths: tuple[str, ...], above: tuple[str, ...], importer: str, dotted: str, level: int, found: str | None
) -> None:
    assert ModuleFiles(paths, above).find(importer, dotted, level) == found
