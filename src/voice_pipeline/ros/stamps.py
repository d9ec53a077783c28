"""builtin_interfaces/Time to and from integer nanoseconds, the unit every engine computes in.

Stamps are system time (time.time_ns) even under use_sim_time: they come from the sample clock of real audio.
"""

from builtin_interfaces.msg import Time

NS = 1_000_000_000


def to_msg(nanoseconds: int) -> Time:
    """Nanoseconds since the epoch as a message; 0 (and anything below) gives the zero stamp, "did not happen"."""
    if nanoseconds <= 0:
        return Time()
    return Time(sec=nanoseconds // NS, nanosec=nanoseconds % NS)


def to_ns(stamp: Time) -> int:
    """A message stamp as integer nanoseconds since the epoch; 0 for the zero stamp."""
    return int(stamp.sec) * NS + int(stamp.nanosec)
