"""What every node shares: parameters, QoS, life cycle, worker thread, actions, diagnostics. The only room with rclpy
besides nodes/ and bringup/."""
