"""A fully local voice for robots: ROS 2 nodes that hear, understand, answer, speak and move."""
