"""The QoS profiles of DESIGN.md 2, by what they carry."""

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

# 64 chunks of 32 ms are 2 s: a callback blocked for 0.7 s loses nothing (depth 5 lost 16 of 120 chunks, measured).
AUDIO = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=64, reliability=ReliabilityPolicy.RELIABLE)
# Speech is made faster than it is played, and a cached clause leaves in one burst: 2048 chunks of 20 ms, the shortest, are
# 41 s (with 256 a burst of 12 s lost half its chunks). Room is taken as it is needed.
SPEECH = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=2048, reliability=ReliabilityPolicy.RELIABLE)
# A flush of everything, or a sink that breaks, is told for every clause that waits: as many as tts may queue.
PLAYBACK = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=256, reliability=ReliabilityPolicy.RELIABLE)
# Orders to the player: an urgent goal gives up each clause that waits with one of its own.
ORDERS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=256, reliability=ReliabilityPolicy.RELIABLE)
EVENTS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=10, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
