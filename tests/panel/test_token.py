"""The panel's token, stored in a file that only the user can read."""

import stat

import pytest

from perform.panel.token import stored_token


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state/sideman/panel-token"


def test_the_token_stays_the_same_and_only_the_user_can_read_it(path):
    first = stored_token()
    assert stored_token() == first
    assert path.read_text() == f"{first}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.unlink()
    assert stored_token() != first


@pytest.mark.parametrize("content", [b"", b"short\n", b"x" * 5000, b"\xff\xfe" * 8])
def test_a_file_without_a_token_gets_a_new_one(path, content):
    stored_token()
    path.write_bytes(content)
    token = stored_token()
    assert len(token) == 16
    assert token == stored_token()


def test_a_token_that_other_users_could_read_is_replaced(path):
    readable = stored_token()
    path.chmod(0o644)
    assert stored_token() != readable
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_token_that_cannot_be_stored_is_logged(path, caplog):
    path.parent.parent.write_text("a file, and no folder")
    assert len(stored_token()) == 16
    (line,) = [record.getMessage() for record in caplog.records]
    assert "[panel] token" in line


def test_without_a_state_folder_the_token_is_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    token = stored_token()
    assert (tmp_path / ".local/state/sideman/panel-token").read_text() == f"{token}\n"
