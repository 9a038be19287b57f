from __future__ import annotations

from pipeline.registries.heard import PATIENCE, Heard


def test_a_registry_is_lost_once_so_many_addresses_failed_and_none_answered() -> None:
    heard = Heard()
    for _ in range(PATIENCE):
        assert not heard.is_lost("npm")
        heard.failed("npm")
    assert heard.is_lost("npm")
    assert not heard.is_lost("PyPI")
    heard.answered("npm")
    assert not heard.is_lost("npm")


def test_an_address_is_asked_by_one_at_a_time() -> None:
    heard = Heard()
    with heard.alone("https://registry.example/a") as held:
        assert held
        assert not heard.alone("https://registry.example/a").acquire(blocking=False)
        assert heard.alone("https://registry.example/b").acquire(blocking=False)
