"""The configuration: frozen, complete, and helpful when it is not."""

import re
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import get_type_hints

import pytest

from crypto.labels import DEMO_ROOT_KEY
from portal.config import Config, load
from portal.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = (ROOT / "config.example.toml").read_text()
KEYS = [(section, key) for section, shape in get_type_hints(Config).items() for key in get_type_hints(shape)]


def write(folder: Path, text: str) -> Path:
    """Write a configuration."""
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_the_example_loads_and_is_the_demo(tmp_path: Path) -> None:
    """`config.example.toml` is complete, and its root key is the demo's."""
    config = load(write(tmp_path, EXAMPLE))
    assert config.organisation.root_key == DEMO_ROOT_KEY
    assert config.demo


def test_another_root_key_is_no_demo(tmp_path: Path) -> None:
    """The demo is known by its root key and by nothing else."""
    text = EXAMPLE.replace("WrxNvNhI_P0R9mCRebnYxAknGsWjk94aO37Zpjn-odw", "A" * 43)
    assert not load(write(tmp_path, text)).demo


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """The folder of the configuration decides, not the one where the server was started."""
    config = load(write(tmp_path, EXAMPLE))
    assert config.site.release == tmp_path / "var" / "release"
    assert config.store.url == f"sqlite:///{tmp_path}/var/portal.sqlite"


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    """Four slashes name the database from the root."""
    config = load(write(tmp_path, EXAMPLE.replace("sqlite:///var/", "sqlite:////srv/")))
    assert config.store.url == "sqlite:////srv/portal.sqlite"


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_no_key_has_a_default(tmp_path: Path, section: str, key: str) -> None:
    """Whichever key is missing, the error names it, its section and its meaning."""
    text = re.sub(rf"(?m)(^\[{section}\](?:\n(?!\[).*)*?)\n{key} = .*", r"\1", EXAMPLE)
    assert text != EXAMPLE
    with pytest.raises(ConfigError, match=rf"config\.toml: \[{section}\] {key} is missing; add it: \w+"):
        load(write(tmp_path, text))


@pytest.mark.parametrize("section", get_type_hints(Config))
def test_an_unknown_key_is_an_error(tmp_path: Path, section: str) -> None:
    """A key that nobody reads may be a misspelt one."""
    text = EXAMPLE.replace(f"[{section}]\n", f"[{section}]\nblok_term = 1\n")
    with pytest.raises(ConfigError, match=rf"key in \[{section}\] named 'blok_term' is unknown; remove it, or correct"):
        load(write(tmp_path, text))


def test_an_unknown_or_missing_section_is_an_error(tmp_path: Path) -> None:
    """The same for whole sections."""
    with pytest.raises(ConfigError, match="section named 'sotre' is unknown"):
        load(write(tmp_path, EXAMPLE.replace("[store]", "[sotre]")))
    with pytest.raises(ConfigError, match=r"the section \[server\] is missing"):
        load(write(tmp_path, EXAMPLE[: EXAMPLE.index("[server]")]))
    with pytest.raises(ConfigError, match=r"the section \[server\] is missing"):
        load(write(tmp_path, "server = 1\n" + EXAMPLE[: EXAMPLE.index("[server]")]))


WRONG = [
    ("port = 8000", "port = 0"),
    ("port = 8000", "port = 65536"),
    ("port = 8000", "port = true"),
    ("port = 8000", 'port = "8000"'),
    ("port = 8000", "port = 8000.0"),
    ('id = "demo"', 'id = "Demo"'),
    ('id = "demo"', 'id = ""'),
    ('id = "demo"', f'id = "{"a" * 65}"'),
    ('id = "demo"', 'id = "demo\\n"'),
    ('root_key = "WrxN', 'root_key = "Wrx'),
    ('root_key = "WrxN', 'root_key = "=rxN'),
    ('secret = "ZGVtby1v', 'secret = "'),
    ("block_term_weeks = 26", "block_term_weeks = 0"),
    ('prefix = "000"', 'prefix = "0G0"'),
    ('prefix = "000"', 'prefix = ""'),
    ('address = "https://', 'address = "http://'),
    ('address = "https://vertrouwenspost.example"', 'address = "https://vertrouwenspost.example/"'),
    ('address = "https://vertrouwenspost.example"', 'address = "https://vertrouwenspost.example/nl/"'),
    ('address = "https://vertrouwenspost.example"', 'address = "https://anna@vertrouwenspost.example"'),
    ('address = "https://vertrouwenspost.example"', 'address = "vertrouwenspost.example"'),
    ('leave_to = "https://', 'leave_to = "http://'),
    ('leave_to = "https://', 'leave_to = "javascript:'),
    ('url = "sqlite:///var/portal.sqlite"', 'url = "sqlite://"'),
    ('url = "sqlite:///var/portal.sqlite"', 'url = "sqlite:///:memory:"'),
    ('url = "sqlite:///var/portal.sqlite"', 'url = "mysql://localhost/portal"'),
    ('url = "sqlite:///var/portal.sqlite"', 'url = "var/portal.sqlite"'),
]


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_a_value_that_cannot_be_is_an_error(tmp_path: Path, right: str, wrong: str) -> None:
    """The error names the key and what it must be."""
    assert right in EXAMPLE
    key = right.split(" ", 1)[0]
    with pytest.raises(ConfigError, match=rf"\] {key} must .*; it is "):
        load(write(tmp_path, EXAMPLE.replace(right, wrong)))


def test_an_error_never_repeats_a_secret(tmp_path: Path) -> None:
    """A secret that is too short, or pasted into the wrong place, is not printed."""
    for text in (EXAMPLE.replace("ZGVtby1vbmx5LWRlbW8tb25seS1kZW1vLW9ubHktZGVtbw", "Z2VoZWlt"),):
        with pytest.raises(ConfigError) as error:
            load(write(tmp_path, text))
        assert "Z2VoZWlt" not in str(error.value)


def test_a_secret_does_not_show_when_the_configuration_is_printed(tmp_path: Path) -> None:
    """Neither the ticket secret nor a database password is part of the text of a configuration."""
    text = EXAMPLE.replace("sqlite:///var/portal.sqlite", "postgresql+psycopg://portal:geheim@localhost/portal")
    config = load(write(tmp_path, text))
    assert config.store.url == "postgresql+psycopg://portal:geheim@localhost/portal"
    assert "demo-only" not in repr(config)
    assert "geheim" not in repr(config)


def test_a_configuration_is_frozen(tmp_path: Path) -> None:
    """It is read once and nothing changes it."""
    config = load(write(tmp_path, EXAMPLE))
    with pytest.raises(FrozenInstanceError):
        config.server.port = 1  # type: ignore[misc]


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    """Not there, not TOML and not text are told apart."""
    with pytest.raises(ConfigError, match=r"does not exist; copy config\.example\.toml"):
        load(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="is not TOML"):
        load(write(tmp_path, "[store"))
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)
