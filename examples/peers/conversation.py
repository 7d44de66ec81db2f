"""The conversation with swarmbound: each input goes to its node, each line is answered with one."""
import json
import random
import sys


def chunks_in(ranges):
    return {chunk for start, end in ranges for chunk in range(start, end)}


def ranges_of(chunks):
    ranges = []
    for chunk in sorted(chunks):
        if ranges and ranges[-1][1] == chunk:
            ranges[-1][1] += 1
        else:
            ranges.append([chunk, chunk + 1])
    return ranges


class Node:
    """What every node has. A peer adds `handle(event)`, which takes one input."""

    def __init__(self, number, init, start, out):
        self.number, self.chunks, self.out = number, init["chunks"], out
        self.protocol = start["protocol"]
        self.requests = start["requests"]  # how many chunks to have requested of one neighbor
        self.gives = start["role"] != "free rider"  # else its uplink carries nothing
        # With one seed for all, each node would draw the same chunk.
        self.random = random.Random(f"{init['seed']} {number}")

    def do(self, kind, **fields):
        self.out.append({"node": self.number, "type": kind, **fields})

    def send(self, peers, say, **fields):
        self.do("send", peers=peers, say=say, **fields)


def answer(make_node, **declared):
    """Runs until the input ends. `declared` says what the peer does not do, as `churn=False`."""
    nodes, out = {}, []
    for line in sys.stdin:
        said = json.loads(line)
        if said.get("type") == "init":
            init = said
            nodes.clear()
            print(json.dumps({"swarmbound": 1, **declared}), flush=True)
            continue
        for event in said["in"]:
            for number in event.get("nodes") or [event["node"]]:
                if event["type"] == "start":
                    nodes[number] = make_node(number, init, event, out)
                nodes[number].handle(event)
        print(json.dumps({"out": out}, separators=(",", ":")), flush=True)
        out.clear()
