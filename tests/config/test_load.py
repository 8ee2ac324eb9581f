import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.config.load import load_rig, parse_rig
from perform.errors import RigError
from perform.net.address import host_port


def test_the_commented_rig_can_be_read(root):
    text = (root / "perform" / "config" / "rig.toml").read_text()
    rig = parse_rig(text)
    assert rig.voices[0].output == "synth"
    uncommented = "\n".join(
        line[2:] if line.startswith("# ") and ("=" in line or line.startswith("# [")) else line
        for line in text.splitlines()
        if not line.startswith("# Try")
    )
    both = uncommented.replace('virtual = "Sideman chords"', "")
    assert parse_rig(both).inputs.midi.split == "C4"


def test_an_empty_rig_has_defaults():
    rig = parse_rig("")
    assert rig.inputs.osc.listen == "127.0.0.1:9000"
    assert rig.outputs["synth"].virtual == "Sideman"
    assert (rig.voices[0].model, rig.voices[0].output) == ("sideman", "synth")


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("[clock]\ntempoo = 90", "did you mean 'tempo'"),
        ("[clok]\ntempo = 90", "did you mean 'clock'"),
        ("tempo = 90", r"'tempo'; it belongs in \[clock\]$"),
        ("[clock]\nvoices = 3", "it belongs at the top"),
        ("model = 'reels'", r"it belongs in \[\[voices\]\]"),
        ("[voices]\nname = 'a'", r"each begins \[\[voices\]\]"),
        ("[clock]\nbpm = 90", "known are .*tempo"),
        ("[output.synth]\nkind = 'midi'", "did you mean 'outputs'"),
        ("[clock]\nsource = 'lnk'", "did you mean 'link'"),
        ("[outputs.a]\nkind = 'udp'", "known are midi, midifile, osc"),
        ("[outputs.a]\nkind = 'midi'\nto = 'h:1'", "another kind of outputs"),
        ("[clock]\ntempo = 9000", "400"),
        ("[[voices]]\nname = 'a'\noutput = 'nowhere'", "no such output"),
        ("[[voices]]\nname = 'a'\nrange = ['C6', 'C3']", "from high to low"),
        ("[[voices]]\nname = 'a'\nrange = ['C6', 'X3']", "is no note"),
        ("[[voices]]\nname = 'a'\n[[voices]]\nname = 'a'", "its own name"),
        ("[[voices]]\nname = 'player'", "cannot be called 'player'"),
        ("[[voices]]\nname = ''", "one line, without /"),
        ("[[voices]]\nname = 'lead/2'", "one line, without /"),
        ('[[voices]]\nname = "a\\u0000b"', "one line, without /"),
        (
            "\n".join(f"[[voices]]\nname = 'v{n}'" for n in range(17)),
            "17 voices; a rig has at most 16",
        ),
        ("[inputs.surface]\ncc = { '21' = '/weight/stepz' }", "did you mean '/weight/steps'"),
        ("[inputs.surface]\ncc = { '21' = '/voice/led/swing' }", "mean '/voice/lead/swing'"),
        ("[inputs.surface]\ncc = { '21' = '/transport' }", 'like "/transport start"'),
        ("[inputs.surface]\ncc = { '21' = '/transport go' }", "takes one of start, stop, continue"),
        ("[inputs.surface]\ncc = { '21' = '/tempo fast' }", "takes one number"),
        ("[inputs.surface]\ncc = { '21' = '/learn /swing' }", "cannot send this"),
        ("[inputs.surface]\ncc = { 'knob' = '/swing' }", 'as "21"'),
        ("[inputs.surface]\ncc = { 'note 128' = '/more' }", "up to 127"),
        ("[inputs.surface]\ncc = { '64' = '/swing' }", "sustain pedal"),
        ("[inputs.surface]\ncc = { 'program 0' = '/more' }", '"program 1" to "program 128"'),
        ("[inputs.surface]\ncc = { 'program 5' = '/swing' }", "a program change has no position"),
        ("[inputs.surface]\ncc = { '21' = { to = '/more', mode = 'twos' } }", "with a number"),
        ("[inputs.surface]\ncc = { 'bend' = { to = '/swing', mode = 'twos' } }", "a controller"),
        ("[inputs.surface]\ncc = { '21' = { to = '/swing', mode = 'two' } }", "mean 'twos'"),
        ("[outputs.a]\nkind = 'osc'\nto = 'here'", "host:port"),
        ("[outputs.a]\nkind = 'midi'", "either port"),
        ("[harmony]\nchange = 'glide'", "glide"),
        ("[[voices]]\nname = 'a'\nfeel = 'swnig'", "swnig"),
        ("[mqtt]\nbroker = 'h'", "host:port"),
        ("[mqtt]\nbroker = 'h:1883'\nname = 'a/b'", "part of a topic"),
        ("[mqtt]\nbroker = 'h:1883'\nname = 'all'", "is reserved"),
        ("[mqtt]\nbroker = 'h:1883'\ngroups = ['+']", "part of a topic"),
        ("[mqtt]\nbroker = 'h:1883'\n[[voices]]\nname = 'a#'", "part of a topic"),
        ("[mqtt]\nbroker = 'h:1883'\nprefix = '/gallery'", "prefix '/gallery'"),
        ("[panel]\npath = 'jam'", 'begin and end it with /, as "/jam/"'),
        ("[mqtt]\nbroker = 'h:1883'\ndiscovery = 'home#'", "discovery 'home#'"),
        ("[mqtt]\nbroker = 'h:1883'\ntls = true\ncert = 'c.pem'", "both cert and key"),
        ("[mqtt]\nbroker = 'h:1883'\nca = 'ca.pem'", "tls = true"),
        ("[mqtt]\nbroker = 'h:1883'\nuser = 'u'\npassword = 'p'\npassword_env = 'P'", "not both"),
        ("[mqtt]\nbroker = 'h:1883'\npassword = 'p'", "needs a user"),
        (
            "[mqtt]\nbroker = 'h:1883'\nuser = 'u'\npassword_env = 'NOT_THERE_AT_ALL'",
            "export NOT_THERE_AT_ALL",
        ),
        ("[mqtt]\nbroker = 'h:1883'\nqos = { chord = 3 }", "qos"),
        ("[mqtt]\nbroker = 'h:1883'\nqos = { chrod = 2 }", "did you mean 'chord'"),
        ("[mqtt]\nbroker = 'h:1883'\nqos = { '/chord' = 2 }", "did you mean 'chord'"),
        ("[mqtt]\nbroker = 'h:1883'\nqos = { 'state/tempi' = 2 }", "did you mean 'state/tempo'"),
        ("[mqtt]\nbroker = 'h:1883'\npasswrd = 'p'", "did you mean 'password'"),
        ("= 3", "not TOML"),
    ],
)
def test_an_error_is_one_line_that_names_the_mend(text, mend):
    with pytest.raises(RigError, match=mend) as error:
        parse_rig(text)
    assert "\n" not in str(error.value)


@given(st.text(max_size=60))
def test_any_text_is_a_rig_or_a_rig_error(text):
    try:
        parse_rig(text)
    except RigError:
        pass


def test_every_topic_can_have_a_quality_of_service():
    topics = ("", "chord", "weight", "voice/left hand", "state", "state/chart/bar", "state/stats",
             "state/voice/left hand/swing", "notes", "beat", "error")  # fmt: skip
    named = ", ".join(f"'{topic}' = 1" for topic in topics)
    rig = parse_rig(
        f"[mqtt]\nbroker = 'h:1883'\nqos = {{ {named} }}\n[[voices]]\nname = 'left hand'"
    )
    assert tuple(rig.mqtt.qos) == topics


def test_a_rig_can_have_sixteen_voices():
    text = "\n".join(f"[[voices]]\nname = 'v{n}'" for n in range(16))
    assert len(parse_rig(text).voices) == 16


def test_a_missing_file_names_init(tmp_path):
    with pytest.raises(RigError, match="perform init"):
        load_rig(tmp_path / "none.toml")


def test_every_rig_of_the_readme_can_be_read(root):
    import re

    rigs = re.findall(r"```toml\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    assert rigs
    for text in rigs:
        rig = parse_rig(text)
        assert all(voice.settings() for voice in rig.voices)


def test_localhost_is_the_ipv4_loopback_address():
    assert host_port("localhost:9001") == host_port("LocalHost:9001") == ("127.0.0.1", 9001)
    assert host_port("[::1]:9001") == ("::1", 9001)
    assert host_port("studio.local:9001") == ("studio.local", 9001)


def test_the_output_with_the_least_latency_is_delayed_longest():
    rig = parse_rig(
        "[outputs.slow]\nkind = 'osc'\nto = 'localhost:9001'\nahead_ms = 40\n"
        "[outputs.synth]\nkind = 'midi'\nvirtual = 'a'\nahead_ms = 10\n"
        "[outputs.song]\nkind = 'midifile'\npath = 'song.mid'"
    )
    assert rig.ahead == 0.04
    delays = {name: round(rig.delay_of(output), 6) for name, output in rig.outputs.items()}
    assert delays == {"slow": 0.0, "synth": 0.03, "song": 0.0}


def test_a_voice_can_have_a_feel():
    rig = parse_rig("[[voices]]\nname = 'a'\nfeel = 'shuffle'\n[[voices]]\nname = 'b'")
    assert [voice.settings().feel for voice in rig.voices] == ["shuffle", "auto"]


def test_a_rig_can_have_a_chart_and_a_key():
    harmony = parse_rig('[harmony]\nchart = "C | |: F :|"\nkey = "Gm"').harmony
    key, chart = harmony.events()
    assert 10 in key.key
    assert chart.chart.vamps == ((1, 1),)
    for line in ('chart = "C | Q7"', 'key = "H"', 'key = "C7"'):
        with pytest.raises(RigError, match="harmony"):
            parse_rig(f"[harmony]\n{line}")
