"""Where sound comes from: files, a microphone, another node's topic. One file a source."""
