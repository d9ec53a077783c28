"""One file a node: parameters, topics, actions, life cycle. No model code, no algorithm."""
