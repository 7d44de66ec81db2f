#!/usr/bin/env python3
"""An engine for `swarmbound suite --engine 'python3 swarm.py'`: put yours in its place.

It reads scenarios, one a line, and answers each with a trace: one event a line, then an empty line.
Every node sends one chunk at a time, rarest first, and nobody receives two at once."""
import heapq, json, sys
from collections import Counter

NEVER = float("inf")


class Node:
    def __init__(self, number, said, network, chunks):
        self.number, self.here, self.sending, self.sent = number, number == 0, False, 0
        self.upload = 0 if said.get("behavior") == "free rider" else said["upload_bps"]
        self.download = said.get("download_bps") or NEVER  # null is no limit
        self.latency = said.get("latency_ns", network["latency_ns"])  # of what is sent to it
        self.joins, self.leaves = said.get("joins_ns", NEVER), said["leaves"]
        self.until = self.leaves.get("at_ns", NEVER)
        self.has, self.coming = set() if number else set(range(chunks)), set()
        self.ahead = Counter()  # chunks promised to a node, less those that it gave


class Swarm:
    def __init__(self, scenario):
        self.until, self.bytes = scenario["until_ns"], scenario["file"]["bytes"]
        self.chunk_bytes = scenario["file"]["chunk_bytes"]
        self.chunks = -(-self.bytes // self.chunk_bytes)  # rounded up: the last may be short
        choker = scenario.get("protocol", {}).get("choker", "")
        self.strict, credit = choker == "strict barter", choker.removeprefix("credit ")
        self.credit = 1 if self.strict else int(credit) if credit != choker else NEVER
        said = [scenario["source"]] + sorted(scenario["peers"], key=lambda peer: peer["id"])
        self.nodes = [Node(i, n, scenario["network"], self.chunks) for i, n in enumerate(said)]
        self.copies, self.trace, self.cut, self.queue = Counter(), [], False, []
        for node in self.nodes:
            self.at(node.joins, self.join, node)
            self.at(node.until, self.leave, node)

    def at(self, time, what, *who):  # at one instant: arrivals, ends of sending, joins, departures
        order = [self.arrived, self.gone, self.join, self.leave].index(what)
        heapq.heappush(self.queue, (time, order, len(self.trace), who[0].number, what, who))

    def say(self, event, time, node):
        self.trace.append({"event": event, "t": time, "node": node.number})

    def run(self):
        self.serve(0)
        while self.queue and self.queue[0][0] <= self.until:
            now, *_, what, who = heapq.heappop(self.queue)
            what(now, *who)
            if not self.queue or now < self.queue[0][0]:
                self.serve(now)
        for node in self.nodes if self.cut else []:
            self.leave(self.until, node)  # the time is up
        return self.trace

    def join(self, now, node):
        node.here = True
        self.say("join", now, node)

    def leave(self, now, node):
        node.until = now  # whoever is sending leaves when that is done
        if node.here and not node.sending:
            node.here = False
            self.say("leave", now, node)

    def gone(self, now, sender, to, chunk):
        sender.sending, copies = False, sender.leaves.get("after_copies", NEVER)
        if sender.until <= now or copies * self.bytes <= sender.sent:
            self.leave(now, sender)

    def arrived(self, now, sender, to, chunk):
        to.has.add(chunk)
        to.coming.remove(chunk)
        to.ahead[sender.number] -= 1
        if len(to.has) == self.chunks:
            self.say("complete", now, to)
            self.at(now + to.leaves.get("after_completion_ns", NEVER), self.leave, to)

    def serve(self, now):  # whoever has least chooses first: what is rarest, from the fastest
        for to in sorted(self.nodes, key=lambda node: len(node.has)):
            idle = self.nodes if to.here and not to.coming else []
            credit = self.credit if to.upload or not self.strict else 0  # it can never swap
            idle = [node for node in idle if node.here and node.upload and not node.sending
                    and (node.ahead[to.number] < credit or len(node.has) == self.chunks)]
            offers = sorted((self.copies[chunk], -node.upload, chunk, node.number)
                            for node in idle for chunk in node.has - to.has)
            any(self.send(now, self.nodes[n], to, chunk) for _, _, chunk, n in offers)

    def send(self, now, sender, to, chunk):
        size = min(self.chunk_bytes, self.bytes - chunk * self.chunk_bytes)
        gone = now - -size * 8 * 10**9 // min(sender.upload, to.download)  # rounded up
        there = gone + to.latency
        self.cut = self.cut or self.until < there
        if sender.until < gone or min(to.until, self.until) < there:
            return False  # it would not come to its end; the next best may
        sender.sending, sender.sent = True, sender.sent + size
        sender.ahead[to.number] += 1
        self.copies[chunk] += 1
        to.coming.add(chunk)
        self.trace.append({"event": "transfer", "from": sender.number, "to": to.number,
                           "chunk": chunk, "start": now, "end": there, "bytes": size})
        self.at(gone, self.gone, sender, to, chunk)
        self.at(there, self.arrived, sender, to, chunk)
        return True


def answer(engine):
    for line in sys.stdin:
        events = engine(json.loads(line)).run()
        print("\n".join(map(json.dumps, events)), end="\n\n", flush=True)


if __name__ == "__main__":
    answer(Swarm)
