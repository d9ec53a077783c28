"""Wake words by ear: engines that hear one phrase in a stream of audio. No file here imports rclpy."""
