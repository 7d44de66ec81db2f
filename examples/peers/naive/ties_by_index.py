#!/usr/bin/env python3
"""full.py, but of the rarest chunks it requests the lowest: all nodes request the same one."""
from above import conversation, full
from mechanisms.chunk_sets import chunks_of


class Node(full.Node):
    def choose(self, chunks):
        return next(chunks_of(self.rarity.rarest(chunks)))


if __name__ == "__main__":
    conversation.answer(Node)
