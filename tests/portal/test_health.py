"""Health is for this machine only. spec: Server, `GET /healthz`."""

import pytest

from portal.app import create_app
from tests.portal.helpers import Portal, held, make_impatient


def test_a_writable_store_is_healthy(portal: Portal) -> None:
    """204 from loopback, in either family."""
    for address in ("127.0.0.1", "127.8.9.1", "::1"):
        assert portal.client.get("/healthz", environ_overrides={"REMOTE_ADDR": address}).status_code == 204


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "", "unix", None])
def test_nobody_elsewhere_learns_about_health(portal: Portal, address: str | None) -> None:
    """From elsewhere there is nothing at this path."""
    assert portal.client.get("/healthz", environ_overrides={"REMOTE_ADDR": address}).status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_a_proxy_on_this_machine_is_elsewhere(portal: Portal, header: str) -> None:
    """A proxy asks from loopback for anybody, and says so in a header."""
    assert portal.client.get("/healthz", headers={header: "for=192.0.2.1"}).status_code == 404


def test_a_store_that_cannot_be_written_is_not_healthy(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database held by another writer, health is 503 once the patience is over."""
    make_impatient(monkeypatch)
    with held(portal):
        client = create_app(portal.config, clock=portal.clock).test_client()
        assert client.get("/healthz").status_code == 503
    assert client.get("/healthz").status_code == 204
