#!/usr/bin/env python3
"""rarest.py with a bug: it never chokes, and soon serves more neighbors than it has slots."""
import conversation
import rarest


class Node(rarest.Node):
    def serve(self, chosen):
        served = [neighbor for neighbor in self.neighbors.values() if neighbor.served]
        super().serve(served + chosen)


if __name__ == "__main__":
    conversation.answer(Node, churn=False, barter=False)
