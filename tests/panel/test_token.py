"""The panel's token, kept in a file of the user's alone."""

import stat

import pytest

from perform.panel import token


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state/sideman/panel-token"


def test_it_stays_the_same_and_nobody_else_can_read_it(place):
    first = token.kept()
    assert token.kept() == first
    assert place.read_text() == f"{first}\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    place.unlink()
    assert token.kept() != first


@pytest.mark.parametrize("content", [b"", b"short\n", b"x" * 5000, b"\xff\xfe" * 8])
def test_a_file_that_holds_none_is_made_anew(place, content):
    token.kept()
    place.write_bytes(content)
    made = token.kept()
    assert len(made) == 16
    assert made == token.kept()


def test_one_that_others_could_read_is_no_secret_any_more(place):
    known = token.kept()
    place.chmod(0o644)
    assert token.kept() != known
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_where_it_cannot_be_kept_there_is_one_for_this_start_and_a_line(place, caplog):
    place.parent.parent.write_text("no folder")
    assert len(token.kept()) == 16
    (line,) = [record.getMessage() for record in caplog.records]
    assert "[panel] token" in line


def test_without_a_state_folder_it_is_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert token.kept() == (tmp_path / ".local/state/sideman/panel-token").read_text().strip()
