"""From a profile to running nodes: one list, read by the launch files and by the single-process container."""
