"""For editors and for tests that need no ROS (`pip install -e .`); the robot builds the package with colcon."""

from setuptools import find_packages, setup

setup(
    name="voice_pipeline",
    version="0.1.0",
    description="A fully local voice for robots, as ROS 2 nodes",
    license="Apache-2.0",
    python_requires=">=3.10,<3.13",
    package_dir={"": "src"},
    packages=find_packages("src"),
    install_requires=["numpy", "pyyaml", "soxr", "soundfile", "jsonschema", "psutil", "rich"],
    extras_require={
        "asr": ["onnxruntime", "faster-whisper"],
        "distil": ["distil-whisper-fastrtc==0.1.0.post1"],  # brings torch (1.2 GB)
        "tts": ["onnxruntime", "kokoro-onnx", "wetext"],
        "llm": ["xllamacpp", "ollama", "httpx"],
        "robot": ["websockets", "httpx"],
        "audio": ["sounddevice"],
        "record": ["mcap"],
        "report": ["matplotlib>=3.10"],
        "test": ["pytest", "pytest-timeout", "hypothesis", "jiwer", "whisper-normalizer", "mcap-ros2-support"],
        "dev": ["ruff", "mypy", "types-PyYAML", "types-psutil", "types-jsonschema", "uv"],
    },
)
