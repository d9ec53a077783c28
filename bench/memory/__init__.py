"""What a long conversation costs: tokens read and time to the first one, turn by turn."""
