"""One colour a stage, the same in the terminal and in the report; apart because both draw with it."""

from __future__ import annotations

# Okabe and Ito's palette (2008): told apart with every kind of colour vision. Its black would vanish in a terminal,
# and what ran after the turn was taken needs a ninth.
COLOURS = {
    "wait for a pause": "#56b4e9",
    "recognition": "#009e73",
    "end-of-turn check": "#cc79a7",
    "wait for the end": "#0072b2",
    "first token": "#e69f00",
    "first clause": "#f0e442",
    "synthesis": "#d55e00",
    "playback": "#8c6bb1",
    "hand-over": "#8a8a8a",
}
