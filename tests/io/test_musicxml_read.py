"""MusicXML of other people: compressed, repeated, damaged, hostile."""

import io
import re
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.io import load, notation_read
from lstmmusic.io.notation_read import read_musicxml
from lstmmusic.io.notation_write import format_musicxml
from lstmmusic.score import Chord, Key, Metre, Note, Part, Score, Timed

# music21 warns of the measure in which its own exception took place; the exception is what counts.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The following exception took place:music21.musicxml.xmlObjects.MusicXMLWarning"
)

EWLD = (
    "Black_and_Tan_Fantasy__ewld",
    "Careless_Love__ewld",
    "Frankie_and_Johnny__ewld",
    "I_Believe_I_ll_Dust_My_Broom__ewld",
    "Trouble_in_Mind_Blues__ewld",
)
SCORE = Score(
    [Part([Note(0, 1, 60), Note(1, 3, 63), Note(4, 4, 67)], "melody")],
    chords=[Timed(0.0, Chord("C", "7")), Timed(4.0, Chord("F", "7"))],
    metres=[Timed(0.0, Metre(4, 4))],
    keys=[Timed(0.0, Key("C"))],
    title="Two bars",
    length_quarters=8,
)


@pytest.fixture(scope="module")
def xml():
    return format_musicxml(SCORE)


def zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def score_or_refusal(path):
    try:
        return read_musicxml(path)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("name", EWLD)
def test_lead_sheets_sound_as_their_midi_twins(shared_data, name):
    sheet = load(shared_data / "blues" / f"{name}.mxl")
    twin = load(shared_data / "blues" / f"{name}.mid")
    melody, voicings = twin.parts
    assert [note[:3] for note in sheet.parts[0]] == [note[:3] for note in melody]
    assert sheet.length_quarters == twin.length_quarters
    assert sheet.metres == twin.metres
    assert sheet.keys == twin.keys
    tones = {}
    for note in voicings:
        tones.setdefault(note.onset_quarters, set()).add(note.pitch % 12)
    assert tones == {
        onset: {*chord.pitch_classes, chord.bass_pitch_class} for onset, chord in sheet.chords
    }


def test_a_lead_sheet_with_a_pickup_begins_with_bar_0(shared_data):
    sheet = load(shared_data / "blues" / "I_Believe_I_ll_Dust_My_Broom__ewld.mxl")
    assert sheet.pickup_quarters == 1
    assert sheet.bar_at(0) == 0
    assert sheet.title == "Dust My Broom"


@pytest.mark.parametrize("suffix", [".musicxml", ".xml", ".mxl", ".MusicXML"])
def test_every_suffix_of_musicxml_is_read(tmp_path, xml, suffix):
    path = tmp_path / f"tune{suffix}"
    path.write_bytes(zipped({"META-INF/container.xml": b"<container/>", "tune.xml": xml}))
    compressed = load(path)
    path.write_bytes(xml)
    assert load(path) == compressed
    assert [note[:3] for note in compressed.parts[0]] == [note[:3] for note in SCORE.parts[0]]


def test_repeats_are_played_out(tmp_path, xml):
    forward = b'<barline location="left"><repeat direction="forward" /></barline>'
    backward = b'<barline location="right"><repeat direction="backward" /></barline>'
    start = xml.index(b">", xml.index(b"<measure")) + 1
    stop = xml.index(b"</measure>")
    path = tmp_path / "repeated.xml"
    path.write_bytes(xml[:start] + forward + xml[start:stop] + backward + xml[stop:])
    score = load(path)
    assert score.parts[0].notes["pitch"].tolist() == [60, 63, 60, 63, 67]
    assert score.length_quarters == 12


def test_grace_notes_take_no_time(tmp_path, xml):
    grace = b"<note><grace /><pitch><step>B</step><octave>3</octave></pitch></note>"
    first = xml.index(b"<note")
    path = tmp_path / "grace.xml"
    path.write_bytes(xml[:first] + grace + xml[first:])
    assert load(path).parts == read_back(tmp_path, xml).parts


def degree(number, alter, change):
    return (
        f"<degree><degree-value>{number}</degree-value><degree-alter>{alter}</degree-alter>"
        f"<degree-type>{change}</degree-type></degree>"
    ).encode()


@pytest.mark.parametrize(
    ("degrees", "quality"),
    [
        (degree(5, 0, "subtract"), "7"),
        (degree(5, 0, "subtract") + degree(11, 1, "add"), "7#11"),
        (degree(9, -1, "add") + degree(13, -1, "add"), "7b9b13"),
        (degree(5, 1, "alter"), "7#5"),
        (degree(9, -2, "add"), "7"),
    ],
)
def test_degrees_alter_the_chord_where_they_mean_something(tmp_path, xml, degrees, quality):
    kind = re.compile(rb"(<kind[^>]*>dominant</kind>)")
    assert len(kind.findall(xml)) == 2
    chords = read_back(tmp_path, kind.sub(rb"\1" + degrees, xml)).chords
    assert [str(chord) for _, chord in chords] == [f"C{quality}", f"F{quality}"]


def test_a_tie_that_leads_nowhere_joins_nothing(tmp_path):
    notes = [Note(0, 1, 60), Note(1, 1, 63), Note(2, 1, 60)]
    xml = format_musicxml(Score([Part(notes, "melody")], length_quarters=4))
    first, second, third, *rest = xml.split(b"</duration>")
    tied = [first, b'<tie type="start" />' + second, third, b'<tie type="stop" />' + rest[0]]
    read = read_back(tmp_path, b"</duration>".join([*tied, *rest[1:]]))
    assert [note[:3] for note in read.parts[0]] == [note[:3] for note in notes]


def read_back(folder, data):
    path = folder / "read_back.xml"
    path.write_bytes(data)
    return load(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a MusicXML score, got an empty file"),
        (b"MThd\x00\x00\x00\x06", "a MusicXML score, got a MIDI file"),
        (b"<html><body>404</body></html>", "a MusicXML score, got an HTML page"),
        (b"<?xml version='1.0'?><svg/>", "a MusicXML score, got an XML file"),
        (b"PK\x03\x04 and nothing more", "a compressed MusicXML file, got damage"),
        (zipped({"readme.txt": b"no score"}), "a score inside the archive, got none"),
        (zipped({"META-INF/container.xml": b"<c/>"}), "a score inside the archive, got none"),
        (zipped({"tune.xml": b"\x89PNG"}), "a MusicXML score, got a PNG image"),
        (b"<score-partwise><part-list>", "musicxml that can be read, got damage"),
    ],
)
def test_what_is_no_musicxml_is_refused_with_what_it_is(tmp_path, data, message):
    path = tmp_path / "tune.mxl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        load(path)
    assert caught.value.argument == str(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_compression_is_refused(tmp_path, xml, method):
    data = bytearray(zipped({"tune.xml": xml}, method))
    start = len("tune.xml") + 30
    data[start + 9 : start + 60] = b"\xff" * 51
    path = tmp_path / "tune.mxl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"tune\.mxl: expected a compressed MusicXML file, got da"):
        load(path)


def test_an_encrypted_archive_is_refused(tmp_path, xml):
    data = bytearray(zipped({"tune.xml": xml}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path = tmp_path / "tune.mxl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"tune\.mxl: expected .* password required"):
        load(path)


def test_a_zip_bomb_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(notation_read, "MAX_BYTES", 2**20)
    path = tmp_path / "bomb.mxl"
    path.write_bytes(zipped({"tune.xml": bytes(2**24)}))
    assert path.stat().st_size < 2**15
    with pytest.raises(InputError, match=r"bomb\.mxl: expected at most 1 MiB inside, got more"):
        load(path)


def test_a_bomb_of_entities_is_refused(tmp_path, xml):
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 100}">' for n in range(12)
    )
    bomb = re.sub(
        rb"<!DOCTYPE[^>]*>", f"<!DOCTYPE score-partwise [{laughs}]>".encode(), xml
    ).replace(b"Two bars", b"&l11;")
    path = tmp_path / "bomb.xml"
    path.write_bytes(bomb)
    with pytest.raises(InputError, match=r"bomb\.xml: expected (musicxml that can|a MusicXML)"):
        load(path)


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("beats", "99999999999"),
        ("beats", "0"),
        ("beat-type", "0"),
        ("beat-type", "3"),
        ("divisions", "0"),
        ("fifths", "many"),
        ("octave", "99999"),
        ("step", "H"),
    ],
)
def test_absurd_values_load_or_are_refused_by_name(tmp_path, xml, element, value):
    tag = element.encode()
    damaged = re.sub(
        rb"<%b>[^<]*</%b>" % (tag, tag), f"<{element}>{value}</{element}>".encode(), xml
    )
    assert damaged != xml
    path = tmp_path / "absurd.xml"
    path.write_bytes(damaged)
    read = score_or_refusal(path)
    if isinstance(read, str):
        assert read.startswith(f"{path}: expected ")
    else:
        assert read.title == "Two bars"


@settings(max_examples=30)
@given(data=st.data())
def test_no_change_of_text_raises_anything_but_one_error_that_names_the_file(
    tmp_path_factory, xml, data
):
    damaged = bytearray(xml)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=3))
    path = tmp_path_factory.getbasetemp() / "damaged.xml"
    path.write_bytes(damaged)
    read = score_or_refusal(path)
    if isinstance(read, str):
        assert read.startswith(f"{path}: expected ")
    else:
        assert len(read.parts) <= 1
