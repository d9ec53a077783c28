"""Parameters of the dialogue node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from voice_pipeline.dialogue import ENGINES
from voice_pipeline.ros.parameters import Param

MODEL = (
    Param(
        "engine",
        "llama_cpp",
        "Language model engine. llama_cpp runs inside this node and needs no server.",
        choices=tuple(ENGINES),
    ),
    Param(
        "model",
        "qwen2.5-coder-0.5b-instruct",
        "Model: id of the store or path of a .gguf (llama_cpp), or a name the server knows (ollama: phi3:mini, "
        "qwen2.5:1.5b, llama3.2:1b; openai: empty takes the only one it has). The default is the smallest that uses tools "
        "well.",
    ),
    Param(
        "host",
        "http://127.0.0.1:11434",
        "Address of the server (ollama, openai). Loopback, so that what is said stays on this machine. A key that the "
        "server wants is taken from the environment, VOICE_PIPELINE_API_KEY.",
    ),
    Param(
        "server_tools",
        False,
        "Give the tools to the server's own template (openai). False: the prompt teaches them, which works with every "
        "server; true needs one that was started for it (llama.cpp --jinja, vLLM --enable-auto-tool-choice).",
    ),
    Param(
        "fallback_engine",
        "",
        "Engine that answers while the first cannot; the first is tried again between turns. Each has half of "
        "first_token_timeout_s, so that the second still answers in time. Empty: none, because a second model takes memory.",
        choices=("", *ENGINES),
    ),
    Param("fallback_model", "", "Its model. Empty: the smallest one, qwen2.5-coder-0.5b-instruct."),
    Param("fallback_host", "", "Its server, where it needs one. Empty: `host`."),
    Param(
        "temperature",
        0.0,
        "Randomness of the answers. 0 is repeatable, and small models call tools best with it.",
        minimum=0.0,
        maximum=2.0,
    ),
    Param("max_tokens", 120, "Longest answer. About 40 s of speech; small models ramble.", "tokens", 8, 2048),
    Param(
        "context_length",
        4096,
        "Context of the model. Prompt and history fit well, and more costs memory.",
        "tokens",
        1024,
        131072,
    ),
    Param(
        "threads",
        0,
        "Threads of the model. 0: one less than the cores (llama_cpp), because all cores collapse to 1 token/s as soon "
        "as anything else runs; the server's own choice (ollama).",
        minimum=0,
        maximum=256,
    ),
    Param(
        "prompt_threads",
        0,
        "Threads that read the prompt (llama_cpp). 0: as threads. Reading comes before speech is synthesised, so more "
        "may be free than later; docs/performance.md has the measurement.",
        minimum=0,
        maximum=256,
    ),
    Param(
        "gpu_layers",
        0,
        "Layers on the GPU (llama_cpp built with one). 0, because the wheels from PyPI have none.",
        minimum=0,
        maximum=1000,
    ),
    Param(
        "keep_alive",
        "-1",
        "How long ollama keeps the model loaded: seconds, or 5m; -1 is for ever, because loading again costs up to a "
        "minute on a Jetson.",
    ),
    Param(
        "connect_timeout_s",
        2.0,
        "How long to wait for the server to take a connection. On one machine it is instant.",
        "s",
        0.1,
        30.0,
    ),
    Param(
        "first_token_timeout_s",
        8.0,
        "How long the first word of an answer may take before the robot apologises. People think it is broken then.",
        "s",
        0.5,
        120.0,
    ),
    Param(
        "stall_timeout_s",
        5.0,
        "How long the model may pause inside an answer. Longer than any contention seen.",
        "s",
        0.5,
        60.0,
    ),
    Param(
        "load_timeout_s",
        120.0,
        "How long the first reading of the prompt may take, loading included (ollama). Slow disks need a minute.",
        "s",
        5.0,
        900.0,
    ),
)

CONVERSATION = (
    Param(
        "persona",
        "reachy",
        "Who the robot is: NAME of config/personas/NAME.yaml, or a path. Set it while the node runs, and the next turn is "
        "the other's. Reachy is the first robot.",
        live=True,
    ),
    Param("tools_file", "config/tools.yaml", "What the robot may do on request: the allow-list."),
    Param(
        "phrases_dir",
        "config/phrases",
        "Folder of phrase files, one for each language besides that of the tools file: plain commands in it need no model. "
        "The shipped ones; with a tools file of your own they are used as far as they fit. Empty: none.",
    ),
    Param(
        "language",
        "en",
        "Language of the answers, ISO 639-1. What is said is taken to be in it where asr does not know better.",
    ),
    Param(
        "voices",
        [],
        "Voices of tts by language, such as fr=ff_siwis: a question in one of these languages is answered in it and with "
        "this voice, one in another in `language`. Empty: one language, because voices belong to an engine (these to "
        "kokoro) and asr guesses languages only with `language: auto`.",
    ),
    Param(
        "history_turns",
        12,
        "Turns the model remembers word by word. From 70 % on it sums up the older half while nobody speaks; what is full "
        "before that loses it, all at once, which keeps the model's cache useful. 1: none, each question stands alone.",
        "turns",
        1,
        200,
    ),
    Param(
        "facts_file",
        "memory.md",
        "Where the robot keeps what people ask it to remember: a path, or a name in ~/.local/state/voice_pipeline. Plain "
        "text, for reading and correcting. On, because nothing is written before somebody asks for it; empty: no memory.",
    ),
    Param(
        "tell_surroundings",
        False,
        "Tell the model date and time, where the head looks and the volume, in front of a question when they are news. "
        "Off, because the examples that teach a small model hold no such note, and get_time and get_date need none.",
    ),
    Param("max_tool_calls", 3, "Tool calls in one turn. Three is a long request for a person.", "", 1, 10),
    Param("tool_calls_per_minute", 30, "A model in a loop must not drive the robot.", "1/min", 1, 600),
    Param(
        "use_phrases",
        True,
        "Plain commands go to the tools without the model: at once, and also while it is down.",
    ),
    Param(
        "first_clause_chars",
        10,
        "The first clause is cut at the first mark after this many characters. Shorter ones cost more in synthesis "
        "than they gain.",
        "characters",
        1,
        200,
    ),
    Param(
        "retry_window_s",
        30.0,
        "How long a question is tried again when the model fails; then the robot says that it stays unanswered. "
        "A server restarts within this.",
        "s",
        0.0,
        600.0,
    ),
    Param(
        "apology",
        "One moment, I can't think right now.",
        "Said at once when the model fails, so that nobody waits in silence.",
    ),
    Param(
        "gave_up",
        "Sorry, I could not answer that. Please ask me again later.",
        "Said when retry_window_s is over, so that the person knows.",
    ),
    Param("cannot", "Sorry, I can't do that.", "Said when the model wants what no tool can do."),
    Param("cannot_move", "I can't move right now.", "Said when a tool's node is absent or refuses."),
    Param("will_not", "Okay, I won't.", "Said when a person asked not to do something and the model wanted to."),
    Param(
        "too_late",
        "That took too long. Please ask me again.",
        "Said when a yes comes after the time that a tool's `confirm_within_s` gives it, so that the person knows why "
        "nothing happens.",
    ),
)

TURN = (
    Param(
        "speculate",
        True,
        "Begin the answer at a pause, and keep it if the person has finished: the model works while one waits for the "
        "end. True; False where the model's work costs (battery, a shared server).",
    ),
    Param(
        "barge_in",
        True,
        "Speech over the answer pauses it at once and words end it. False: only a complete new question ends it, for a "
        "robot that hears itself.",
    ),
    Param(
        "barge_in_words",
        2,
        "Words in a provisional transcript that end the answer; at a pause one is enough, and so is 'stop'. 2: a single "
        "one is often a noise that the recogniser took for 'you'.",
        "words",
        1,
        20,
    ),
    Param(
        "barge_in_confidence",
        0.35,
        "Words less sure than this (confidence times the probability of speech) do not end the answer ('stop' does). "
        "0.35: babble reaches 0.29.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "barge_in_verdict_s",
        0.9,
        "How long the answer is paused without words before it goes on. 0.9: the first words of speech are known 0.7 s "
        "after it began.",
        "s",
        0.1,
        5.0,
    ),
    Param(
        "acknowledge_after_s",
        0.0,
        "Say one of acknowledgements when an answer takes longer than this; 0 is never, because on a fast machine it "
        "only delays. 1.2 suits a slow model.",
        "s",
        0.0,
        30.0,
    ),
    Param(
        "acknowledgements", ["Let me think.", "One moment."], "What it says then, in turn. Short, so that it ends soon."
    ),
)
