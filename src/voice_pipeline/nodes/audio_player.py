"""Node audio_player: plays `speech` on a sink and tells on `playback` what was really heard."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter

from voice_pipeline.audio.formats import Int16, to_bytes
from voice_pipeline.audio.meter import Report
from voice_pipeline.audio.playback import Player
from voice_pipeline.audio.sinks import SinkOptions, make_sink
from voice_pipeline.audio.track import SpeechChunk
from voice_pipeline.audio.volume import change_volume
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import PlaybackControl, PlaybackState, SpeechAudio
from voice_pipeline.nodes._audio_player_parameters import PARAMETERS, VOLUME
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import AUDIO, LATCHED, ORDERS, PLAYBACK, SPEECH
from voice_pipeline.ros.stamps import to_msg
from voice_pipeline.srv import SetVolume

_FORMAT_EVERY = 50  # blocks, 1 s


class AudioPlayerNode(VoiceNode):
    """Plays `speech` and reports on `playback`.

    Obeys `playback_control` (flush, pause, resume, duck) and ~/set_volume within one period; `playback/audio` carries what was played,
    as the reference of an echo canceller, only while somebody listens.
    """

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        self._player: Player | None = None
        self._entities: list[tuple[Any, Any]] = []
        self._device = ""
        self._refused = 0
        self._pauses_told = 0
        super().__init__("audio_player", **kwargs)
        self.add_on_set_parameters_callback(self._on_parameters)

    def open(self) -> None:
        """Open the sink, then listen."""
        options = SinkOptions(
            self.p["device"],
            self.p["file_path"],
            self.p["sample_rate"],
            self.p["period_ms"] / 1000,
            self.p["audio_system"],
        )
        sink = make_sink(self.p["sink"], options)
        sink.open()
        self._device = getattr(sink, "name", "")
        self.get_logger().info(f"plays on {self._device or self.p['sink']} at {sink.sample_rate} Hz")
        self._state = self._keep(self.create_publisher(PlaybackState, "playback", PLAYBACK), self.destroy_publisher)
        self._audio = self._keep(
            self.create_publisher(AudioDataStamped, "playback/audio", AUDIO), self.destroy_publisher
        )
        self._info = self._keep(
            self.create_publisher(AudioInfo, "playback/audio_info", LATCHED), self.destroy_publisher
        )
        self._format = _audio_info(sink.sample_rate)
        self._info.publish(self._format)
        self._blocks = 0
        self._pauses_told = 0
        self._player = Player(
            sink,
            self._publish_state,
            self._publish_audio,
            period_s=options.period_s,
            volume=self.p["volume"],
            stream_timeout_s=self.p["stream_timeout"],
            longest_pause_s=self.p["longest_pause_s"],
            on_notice=self.get_logger().warn,
        )
        self._keep(self.create_subscription(SpeechAudio, "speech", self._on_speech, SPEECH), self.destroy_subscription)
        self._keep(
            self.create_subscription(PlaybackControl, "playback_control", self._on_control, ORDERS),
            self.destroy_subscription,
        )
        self._keep(self.create_service(SetVolume, "~/set_volume", self._on_set_volume), self.destroy_service)
        self._player.start()

    def close(self) -> None:
        """Stop playing; what waits is reported as flushed."""
        player, self._player = self._player, None
        if player is not None:
            player.stop()
        while self._entities:
            entity, destroy = self._entities.pop()
            destroy(entity)

    def health(self) -> Health:
        """A sink that broke, with its cure; else queue, underruns and pauses."""
        player = self._player
        if player is None:
            return Health()
        figures = {
            "sink": self.p["sink"],
            "device": self._device,
            "volume": self.p["volume"],
            "underruns": player.underruns,
            "refused_orders": self._refused,
            "pauses_ended": player.pauses_ended,
        }
        if player.fault:
            return Health(ERROR, f"{player.fault} Trying again.", figures)
        if player.stalled_s > 2.0:
            return Health(ERROR, f"the sink took nothing for {player.stalled_s:.0f} s. Replug it, restart me.", figures)
        if player.pauses_ended > self._pauses_told:
            self._pauses_told = player.pauses_ended
            return Health(
                WARN, "a pause was ended that nobody had ended. Does the node that paused still run?", figures
            )
        if player.paused:
            return Health(WARN, "paused; RESUME or FLUSH on `playback_control` ends it", figures)
        return Health(OK, "ok", figures)

    def _keep(self, entity: Any, destroy: Any) -> Any:
        self._entities.append((entity, destroy))
        return entity

    def _on_speech(self, message: Any) -> None:
        if self._player is not None:
            self._player.feed(
                SpeechChunk(
                    message.say_id,
                    message.turn_id,
                    message.sequence,
                    message.sample_rate,
                    message.channels,
                    message.is_last,
                    bytes(message.audio.data),
                )
            )

    def _on_control(self, message: Any) -> None:
        if self._player is None:
            return
        if message.command == PlaybackControl.FLUSH:
            self._player.flush(message.say_id)
        elif message.command == PlaybackControl.PAUSE:
            self._player.pause()
        elif message.command == PlaybackControl.RESUME:
            self._player.resume()
        elif message.command == PlaybackControl.DUCK:
            self._player.duck(message.gain_db)
        else:
            self._refused += 1
            self.get_logger().warn(f"playback_control: there is no command {message.command}; use 0 to 3")

    def _on_set_volume(self, request: Any, response: Any) -> Any:
        change = change_volume(self.p["volume"], request.volume, request.relative)
        if not change.refused:  # through the parameter, so that both always tell the same
            self.set_parameters([Parameter("volume", Parameter.Type.DOUBLE, change.volume)])
        response.success, response.message, response.volume = not change.refused, change.message, self.p["volume"]
        return response

    def _publish_state(self, report: Report) -> None:
        message = PlaybackState(
            state=report.state.value,
            say_id=report.say_id,
            turn_id=report.turn_id,
            first_sample=to_msg(report.first_sample_ns),
            first_audible=to_msg(report.first_audible_ns),
            seconds_played=report.seconds_played,
            seconds_queued=report.seconds_queued,
            level_dbfs=report.level_dbfs,
            underruns=report.underruns,
            detail=report.detail,
        )
        message.header.stamp = to_msg(time.time_ns())  # asr weighs it against first_sample
        self._state.publish(message)

    def _publish_audio(self, block: Int16, start_ns: int) -> None:
        if self._audio.get_subscription_count() == 0:
            return
        # A latched message can miss who joins just then, and without it a canceller is deaf to what is played.
        if self._blocks % _FORMAT_EVERY == 0:
            self._info.publish(self._format)
        self._blocks += 1
        message = AudioDataStamped()
        message.header.stamp = to_msg(start_ns)
        message.audio.data.frombytes(to_bytes(block))
        self._audio.publish(message)

    def _on_parameters(self, parameters: Sequence[Any]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name == "volume":
                try:
                    self.p["volume"] = VOLUME.check(parameter.value, self.get_name())
                except VoiceError as error:
                    return SetParametersResult(successful=False, reason=str(error))
                if self._player is not None:
                    self._player.set_volume(self.p["volume"])
        return SetParametersResult(successful=True)


def _audio_info(rate: int) -> AudioInfo:
    return AudioInfo(channels=1, sample_rate=rate, sample_format="S16LE", bitrate=rate * 16, coding_format="wave")


def main() -> int:
    """Run the node."""
    return run(AudioPlayerNode)


if __name__ == "__main__":
    sys.exit(main())
