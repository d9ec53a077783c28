"""Stamps of turns as the pipeline makes them, for the tests of latency; milliseconds after the end of speech."""

from voice_pipeline.turn.stages import STAMPS

ORIGIN = 1_700_000_000_000_000_000  # ns since the epoch: a day in 2023

# Recognition, model and synthesis hide in the wait for the end; the answer waits for that and for the player.
SPECULATIVE = {
    "speech_end": 0,
    "pause": 96,
    "asr_start": 98,
    "verdict": 176,
    "llm_request": 232,
    "asr_final": 230,
    "llm_first_token": 300,
    "vad_end": 420,
    "commit": 425,
    "first_clause": 350,
    "tts_request": 352,
    "first_audio": 410,
    "first_played": 440,
}
# One thing after the other, no pause told of.
PLAIN = {
    "speech_end": 0,
    "vad_end": 500,
    "asr_start": 502,
    "asr_final": 702,
    "commit": 705,
    "llm_request": 706,
    "llm_first_token": 806,
    "first_clause": 906,
    "tts_request": 908,
    "first_audio": 1108,
    "first_played": 1130,
}


def at(**ms):
    """Stamps in nanoseconds since the epoch; those not named did not take place."""
    return {name: ORIGIN + int(ms[name] * 1e6) if name in ms else 0 for name in STAMPS}
