"""The turn: when a person has finished, who speaks next, and what becomes of an answer that is spoken over. No ROS."""
