"""Recordings of conversations as MCAP files: what `recorder` writes and `eval --bag` reads. No rclpy in here."""
