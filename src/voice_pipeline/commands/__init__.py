"""What a person types: one file a command, each with --help and exit codes."""
