"""What does not fit a field of a message never reaches the robot as another number; the messages of Jazzy do not look."""

import pytest
from std_msgs.msg import Float32, Float64, Int8, UInt8, UInt32, UInt64

from voice_pipeline.ros.interface import set_field


@pytest.mark.parametrize(
    ("kind", "value"),
    [(UInt8, 300), (UInt8, -1), (Int8, 128), (Int8, -129), (UInt32, 2**32), (UInt64, 2**64), (UInt8, 255.6)],
)
def test_a_whole_number_that_would_wrap_around_is_refused(kind, value):
    with pytest.raises((ValueError, AssertionError)):
        set_field(kind(), "data", value)


@pytest.mark.parametrize("value", [1e39, -1e39, float("inf"), float("nan"), 10**39])
def test_a_number_too_large_for_its_field_is_refused(value):
    with pytest.raises((ValueError, AssertionError)):
        set_field(Float32(), "data", value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(UInt8, 255), (Int8, -128), (UInt64, 2**64 - 1), (Float32, 3.4e38), (Float64, 1e39), (UInt8, 254.6)],
)
def test_what_fits_is_set(kind, value):
    message = kind()
    set_field(message, "data", value)
    assert message.data == pytest.approx(value, abs=0.5)
