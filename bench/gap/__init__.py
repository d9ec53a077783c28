"""`make bench-gap`: the response gap of this pipeline beside the plain sequence and beside pipecat.

Same models, same recordings, same run. Kept out of the package: it starts another framework and is no part of a robot.
"""
