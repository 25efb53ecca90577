"""Small pieces for the tests of the scorecard."""

from lstmmusic.score import (
    FORMS,
    Chord,
    Key,
    Metre,
    Note,
    Part,
    Score,
    TempoMap,
    Timed,
    place_chart,
)


def tune(rows, chords=(), key="C", metre="4/4", bars=None, tempo=120.0, **more):
    """A melody of rows (onset, duration, pitch) in quarters; chords are one symbol a bar."""
    metre = Metre.parse(metre)
    placed = place_chart([(Chord.parse(name),) for name in chords], metre)
    n_bars = bars or len(chords)
    return Score(
        parts=[Part([Note(*row) for row in rows], "melody")],
        chords=placed,
        metres=[Timed(0.0, metre)],
        keys=[Timed(0.0, Key.parse(key))] if key else [],
        tempo_map=TempoMap.constant(tempo),
        length_quarters=n_bars * metre.bar_quarters,
        **more,
    )


def chords_of(form="standard", key="C", choruses=1):
    """The chord symbol of every bar."""
    return [str(bar[0]) for bar in FORMS[form].chart_for(Key(key), choruses)]
