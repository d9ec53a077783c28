"""What the body does under random and hostile orders, how fast it stops, how fast a lost robot is noticed."""
