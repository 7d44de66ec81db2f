#!/usr/bin/env python3
"""The engine of swarm.py with a bug that most tests miss: it takes a chunk for there as soon as its
last byte has left the sender. So a peer passes it on too early, by the latency of its link."""
import swarm


class Early(swarm.Swarm):
    def gone(self, now, sender, to, chunk):
        to.has.add(chunk)
        super().gone(now, sender, to, chunk)


if __name__ == "__main__":
    swarm.answer(Early)
