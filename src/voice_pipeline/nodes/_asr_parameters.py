"""Parameters of the asr node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from voice_pipeline.asr.phantoms import PHANTOM_PHRASES
from voice_pipeline.asr.registry import TRANSCRIBERS
from voice_pipeline.nodes._asr_attention import ATTENTION
from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    Param(
        "engine",
        "faster_whisper",
        "The recogniser. faster_whisper: a third of the memory and time of PyTorch on a CPU.",
        choices=tuple(TRANSCRIBERS),
    ),
    Param(
        "model",
        "",
        "Model id or folder. Empty: whisper-tiny.en-ct2 for faster_whisper, distil-whisper/distil-small.en for "
        "distil_whisper; nothing is ever downloaded by the node.",
    ),
    Param(
        "language",
        "en",
        "ISO 639-1 of the speech; auto lets the engine guess it of each utterance. en: as the default model, which knows "
        "nothing else; whisper-base-ct2 knows 99.",
    ),
    Param(
        "languages",
        [],
        "What auto chooses from; empty is all that the model knows. Empty, but name the two or three that are spoken: "
        "short utterances are then guessed right more often (docs/hearing.md).",
    ),
    Param("device", "auto", "Where it computes. auto: CUDA where there is one.", choices=("auto", "cpu", "cuda")),
    Param(
        "compute_type",
        "auto",
        "Number format: int8, int8_float16, float16, float32. auto: the fastest there is (int8 on a CPU).",
    ),
    Param(
        "cpu_threads",
        2,
        "Threads of one transcription. 2: more than the free cores makes every stage slower.",
        minimum=1,
        maximum=64,
    ),
    Param(
        "beam_size",
        1,
        "Hypotheses kept while decoding (faster_whisper). 1: 5 costs half as much time again for 0.5 points of WER.",
        minimum=1,
        maximum=10,
    ),
    Param(
        "encoder_window_s",
        10.0,
        "Length that an utterance is padded to where it fits with half a second to spare (faster_whisper); a doubtful "
        "result is made again at 30, which is Whisper's own and means off. 10: a third of the time at the same word error "
        "rate (make eval-windows), 6 of 123 recordings are made again; at 8 it is a tenth.",
        unit="s",
        minimum=8.0,
        maximum=30.0,
    ),
    Param(
        "speculate",
        True,
        "Transcribe at every pause, so that the words are ready when the end is known, and publish them as speculative. "
        "True: it hides the recogniser.",
    ),
    Param(
        "first_partial_s",
        0.4,
        "When words are first shown, from the start of speech as vad reports it. 0.4: that report takes 0.06 s, and half "
        "a second holds the one or two words that interrupt the robot; from less Whisper invents.",
        unit="s",
        minimum=0.1,
        maximum=10.0,
    ),
    Param(
        "partial_period_s",
        0.8,
        "How often words are shown after that, 0 for never. 0.8: at 0.15 s a transcription a fifth of the time; a slow "
        "engine is asked less often, half of its time at most.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    ),
    Param(
        "reject_credibility",
        0.2,
        "Reject three words or more with a credibility below this, one or two below half of it, 0 for never. Credibility: "
        "confidence * (1 - no-speech probability). 0.2: babble of 10 s reaches 0.18, real sentences begin at 0.2 and single "
        "words at 0.13.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "reject_no_speech",
        0.6,
        "Reject above this no-speech probability if also below reject_confidence, 1 for never. 0.6: Whisper's own.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "reject_confidence",
        0.5,
        "See reject_no_speech. 0.5: real words with a high no-speech probability are above it.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "reject_below_confidence",
        0.15,
        "Reject below this confidence whatever else, 0 for never. 0.15: babble is at 0.04, hard real speech above 0.2.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "reject_compression_ratio",
        2.4,
        "Reject a text that repeats itself more than this. 2.4: Whisper's own.",
        minimum=1.0,
        maximum=100.0,
    ),
    Param(
        "reject_repetitions",
        6,
        "Reject a phrase that stands this often in a row (digits twice as often), 0 for never. 6: people say `no no no`, Whisper loops without end.",
        minimum=0,
        maximum=1000,
    ),
    Param(
        "reject_words_per_second",
        8.0,
        "Reject a text with more words than this for every second of speech. 8: the fastest real recording tried had 4.4.",
        minimum=1.0,
        maximum=1000.0,
    ),
    Param(
        "reject_seconds_per_word",
        1.5,
        "Reject a doubtful text (credibility below 0.3) of more than 3 s with more than this for every word. 1.5: babble "
        "of 10 s becomes `Thank you.`; the slowest real recording of that length has 1.0.",
        unit="s",
        minimum=0.1,
        maximum=1000.0,
    ),
    Param(
        "reject_own_voice",
        0.7,
        "Reject a text of which this share of the words, in order, is what the loudspeaker was saying meanwhile, above 1 for "
        "never. `stop` always passes. 0.7: two thirds of hard, mis-heard echo are above; `no, look left` after `I look "
        "left` is at 0.67.",
        minimum=0.1,
        maximum=1.1,
    ),
    Param(
        "phantom_phrases",
        list(PHANTOM_PHRASES),
        "Reject these where they are the whole text and doubtful (credibility below 0.3); case and punctuation do not "
        "matter. What Whisper is known to write where nobody spoke; said clearly they pass.",
    ),
    Param(
        "reject_level_dbfs",
        -60.0,
        "Reject speech quieter than this. -60: the quietest real recording tried was at -42.",
        unit="dB",
        minimum=-120.0,
        maximum=0.0,
    ),
    *ATTENTION,
)
