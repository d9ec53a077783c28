"""The robot must not hear itself: what was played, how late it is heard, and what takes it out of the microphone."""
