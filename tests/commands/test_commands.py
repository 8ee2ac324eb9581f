"""Commands as a user types them: their output, errors and exit codes."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from perform import __version__
from perform.cli import _complete_panel_option
from perform.cli import app as perform_app
from training.cli import app as training_app


def command(*arguments, module="perform", stdin="", **kwargs):
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=stdin, capture_output=True, text=True, timeout=300, check=False, **kwargs,
    )  # fmt: skip


def test_chord_reads_lines_and_prints_json():
    done = command("chord", "--json", stdin="Cm7/Eb\n60 64 67 70\nN.C.\n")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"symbol": "Cm7/Eb", "root": 0, "bass": 3, "notes": [0, 3, 7, 10]},
        {"symbol": "C7", "root": 0, "bass": 0, "notes": [0, 4, 7, 10]},
        {"symbol": "N.C.", "root": None, "bass": None, "notes": []},
    ]
    assert command("chord", "64", "67", "72").stdout.startswith("C/E")
    assert command("chord", "53", "57", "59", "64", "--after", "Dm7").stdout.startswith("G13 ")
    assert command("chord", "53", "57", "59", "64", "--bass", "D").stdout.startswith("Dm6/9 ")
    assert command("chord", "53", "57", "59", "64", "--key", "C").stdout.startswith("G13 ")


def test_chord_goes_on_after_a_line_that_is_no_chord_and_counts_them():
    done = command("chord", stdin="Cm7\nFmj7\n\nQ\nH7\nG7\n")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["Cm7", "G7"]
    first, second, third, last = done.stderr.splitlines()
    assert first.startswith("line 2: Fmj7: ")
    assert "did you mean Fmaj7?" in first
    assert second.startswith("line 4: Q: ")
    assert third.startswith("line 5: H7: ")
    assert last == "perform: 3 of 5 are no chord; each is named above"
    assert done.returncode == 2
    german = command("chord", "--spelling", "german", "H7", "B", "Cism")
    assert [line.split()[0] for line in german.stdout.splitlines()] == ["B7", "Bb", "Dbm"]


@pytest.mark.parametrize(
    ("arguments", "status", "mend"),
    [
        (("chord", "Hm7"), 2, "write Bm7"),
        (("chord", "C", "--spelling", "dutch"), 2, "there are international, german"),
        (("chord", "53", "57", "--bass", "x"), 2, "write it like"),
        (("chord", "53", "57", "--key", "Q"), 2, "write C, F#m or Bb"),
        (("render", "C7 | F7", "-o", "x.mid", "--model", "bluse"), 2, "did you mean 'blues'"),
        (("render", "C7 | Q7", "-o", "x.mid"), 2, "character 6"),
        (("render", "C7", "-o", "x.doc"), 2, "end it in .mid, .wav or .png"),
        (("render", "C7", "-o", "x.mid", "--metre", "1/4"), 2, "write it like 3/4"),
        (("run", "none.toml"), 2, "perform init"),
        (("check", "taken.toml"), 2, "did you mean 'tempo'"),
        (("check", "other.toml"), 2, "did you mean 'reels'"),
        (("run", "nowhere.toml", "--set", "taken.toml"), 2, "keys of a song stand below [[songs]]"),
        (("check", "none.toml", "--set", "gig.toml"), 2, "perform init"),
        (("check", "gig.toml"), 2, "perform run RIG.toml --set gig.toml"),
        (("check", "nowhere.toml", "--set", "gig.toml"), 2, "gig.toml: song 'A': "),
        (("check", "nowhere.toml"), 3, "there is no folder nowhere; make it"),
        (("run", "nowhere.toml", "--strict"), 3, "there is no folder nowhere; make it"),
        (("models", "nothing"), 2, "known are"),
        (("stats", "nohost.invalid:9000"), 3, "no daemon answers"),
        (("demo", "--seconds", "1", "--out", "taken.toml"), 3, "name another --out"),
        (("init", "taken.toml"), 2, "there already"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(tmp_path, root, arguments, status, mend):
    (tmp_path / "taken.toml").write_text("[clock]\ntempoo = 3\n")
    (tmp_path / "gig.toml").write_text("[[songs]]\nname = 'A'\nmodel = 'bluse'\n")
    (tmp_path / "other.toml").write_text('[[voices]]\nname = "a"\nother = "reelz"\n')
    (tmp_path / "nowhere.toml").write_text("[outputs.e]\nkind='midifile'\npath='nowhere/e.mid'\n")
    done = command(*arguments, cwd=tmp_path, env=environment(root))
    assert done.returncode == status
    assert mend in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "x.mid").exists()


def environment(root, **more):
    return {**os.environ, "PYTHONPATH": str(root), **more}


def test_a_changed_bundle_is_rejected_in_one_line(tmp_path, root):
    shutil.copytree(root / "models" / "blues-bars", tmp_path / "mine")
    with (tmp_path / "mine" / "generator.tflite").open("ab") as file:
        file.write(b"!")
    own = environment(root, SIDEMAN_MODELS=str(tmp_path))
    (tmp_path / "rig.toml").write_text(
        "[outputs.o]\nkind='osc'\nto='127.0.0.1:9'\n[[voices]]\nname='a'\nmodel='mine'\n"
    )
    done = command("run", "rig.toml", "--strict", cwd=tmp_path, env=own)
    assert (done.returncode, "the manifest says" in done.stderr) == (2, True)
    assert len(done.stderr.strip().splitlines()) == 1
    shutil.copytree(root / "models" / "reels", tmp_path / "whole")
    done = command("models", env=own)
    assert (done.returncode, "the manifest says" in done.stderr) == (2, True)
    assert "whole" in done.stdout


def test_without_libasound_everything_but_ports_works(tmp_path, root):
    """Without libasound neither library can be imported."""
    hidden = environment(root, PYTHONPATH=f"{tmp_path}:{root}")
    for binding, module in (("rtmidi", "rtmidi"), ("supriya", "supriya_midi")):
        fault = "raise ImportError('libasound.so.2: cannot open')"
        (tmp_path / f"{module}.py").write_text(fault)
        done = command("ports", "--binding", binding, "--system", "alsa", env=hidden)
        assert (done.returncode, "apt install libasound2" in done.stderr) == (3, True)
        assert len(done.stderr.strip().splitlines()) == 1
    done = command("render", "C7", "-o", "x.mid", cwd=tmp_path, env=hidden)
    assert done.returncode == 0, done.stderr


def test_standard_output_may_be_closed_or_ascii(tmp_path, root):
    closed = ["sh", "-c", '"$0" -m perform controls >&-', sys.executable]
    done = subprocess.run(closed, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    shutil.copytree(root / "models" / "reels", tmp_path / "żab" / "mine")
    own = environment(root, SIDEMAN_MODELS=str(tmp_path / "żab"), PYTHONIOENCODING="ascii")
    assert "\\u017cab/mine" in command("models", env=own).stdout


def test_init_check_render_demo(tmp_path, root):
    env = environment(root)
    assert command("init", "rig.toml", cwd=tmp_path, env=env).returncode == 0
    rig = (tmp_path / "rig.toml").read_text()
    anywhere = re.sub("127.0.0.1:(9000|8137)", "127.0.0.1:0", rig)
    (tmp_path / "rig.toml").write_text(anywhere)
    done = command("check", "rig.toml", cwd=tmp_path, env=env)
    assert "ready" in done.stdout, done.stderr


def test_a_demo_without_sound_prints_its_files_and_what_to_install(tmp_path, root):
    """A module fluidsynth that cannot be found stands for a system without the extra."""
    (tmp_path / "fluidsynth.py").write_text("raise ModuleNotFoundError('No such module')\n")
    hidden = environment(root, PYTHONPATH=f"{tmp_path}{os.pathsep}{root}")
    done = command("demo", "--seconds", "1", cwd=tmp_path, env=hidden)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"1  \[C7\] [A-G]", done.stdout)
    last = done.stdout.splitlines()[-1]
    assert last.startswith("written: demo.mid; for a demo.wav and sound: pip install '.[audio]'")
    assert (tmp_path / "demo.mid").stat().st_size > 150


def test_ports_that_are_missing_are_all_named_with_a_way_to_play_without(tmp_path, root):
    (tmp_path / "rig.toml").write_text(
        "[midi]\nsystem='winmm'\n[inputs.midi]\nvirtual='in'\n[inputs.osc]\nlisten='127.0.0.1:0'\n"
        "[outputs.a]\nkind='midi'\nport='a'\n[outputs.b]\nkind='midi'\nport='b'\n"
    )
    done = command("check", "rig.toml", cwd=tmp_path, env=environment(root))
    *named, mend = done.stderr.splitlines()
    assert [line.split()[1] for line in named] == ["[outputs.a]", "[outputs.b]", "[inputs.midi]"]
    assert mend == "perform: to play without it: perform run rig.toml"
    assert done.returncode == 3
    done = command("run", "rig.toml", "--strict", cwd=tmp_path, env=environment(root))
    assert re.fullmatch(
        r"perform: \[outputs.a\] .*; or play without it: leave out --strict\n", done.stderr
    )
    assert done.returncode == 3


def test_a_check_leaves_recorded_files_alone(tmp_path, root):
    (tmp_path / "evening.mid").write_bytes(b"what was played")
    (tmp_path / "rig.toml").write_text(
        "[inputs.osc]\nlisten='127.0.0.1:0'\n[outputs.e]\nkind='midifile'\npath='evening.mid'\n"
    )
    done = command("check", "rig.toml", cwd=tmp_path, env=environment(root))
    assert "ready" in done.stdout, done.stderr
    assert (tmp_path / "evening.mid").read_bytes() == b"what was played"


def test_models_lists_what_ships_and_shows_cards():
    assert "blues" in command("models").stdout
    assert "near-copies" in command("models", "blues-bars").stdout


@pytest.mark.parametrize("module", ["perform", "training"])
def test_both_programs_print_their_version(module):
    done = command("--version", module=module)
    assert (done.stdout, done.stderr) == (f"sideman {__version__}\n", "")


def test_every_command_of_the_readme_is_a_command(root):
    readme = (root / "README.md").read_text()
    commands = set(
        re.findall(r"^(?:\.venv/bin/)?(perform|training) ([a-z]+)", readme, re.MULTILINE)
    )
    commands |= set(re.findall(r"`(perform|training) ([a-z]+)", readme))
    assert len(commands) >= 10
    there = {
        (module, found.name or found.callback.__name__)
        for module, app in (("perform", perform_app), ("training", training_app))
        for found in app.registered_commands
    }
    assert commands <= there


def test_the_readme_renders(tmp_path, root):
    readme = (root / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith("perform render")]
    assert len(lines) >= 2
    for line in lines:
        import shlex

        words = shlex.split(line)[1:]
        assert command(*words, cwd=tmp_path, env=environment(root)).returncode == 0, line


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("run --panel rig.toml", ["run", "--panel", "", "rig.toml"]),
        ("run rig.toml --panel", ["run", "rig.toml", "--panel", ""]),
        ("run --panel --view", ["run", "--panel", "", "--view"]),
        ("run --panel 0.0.0.0:8137", ["run", "--panel", "0.0.0.0:8137"]),
        ("run --panel [::1]:8137 a", ["run", "--panel", "[::1]:8137", "a"]),
        ("run --panel=pi.local:80 a", ["run", "--panel=pi.local:80", "a"]),
        ("run --panel 0.0.0.0 a", ["run", "--panel", "0.0.0.0", "a"]),
        ("run --panel 8137", ["run", "--panel", "8137"]),
        ("run --panel :8137", ["run", "--panel", ":8137"]),
        ("run --panel ::", ["run", "--panel", "::"]),
        ("render --panelled", ["render", "--panelled"]),
    ],
)
def test_the_panel_option_takes_an_address_or_none(typed, meant):
    assert _complete_panel_option(typed.split()) == meant
