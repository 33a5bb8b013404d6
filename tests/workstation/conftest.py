"""Fixtures: an organisation of three, founded once and copied for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workstation.helpers import Organisation, found
from workstation.texts import choose


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found the organisation that tests copy."""
    folder = tmp_path_factory.mktemp("founded")
    found(folder)
    return folder


@pytest.fixture
def organisation(founded: Path, tmp_path: Path) -> Organisation:
    """Give a test an organisation of its own."""
    shutil.copytree(founded, tmp_path / "organisation")
    return Organisation(tmp_path / "organisation")


@pytest.fixture(autouse=True)
def unspoken() -> Iterator[None]:
    """Leave no language to the next test: one that is chosen holds for the thread, and all tests share one."""
    yield
    choose("")
