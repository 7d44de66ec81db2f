#!/usr/bin/env python3
"""A lawful engine as simple as can be: the whole swarm makes one transfer at a time."""
import json
import sys

NEVER = float("inf")


class Node:
    def __init__(self, said, network, chunks):
        self.joins = said.get("joins_ns", 0)  # the source is there from the start
        self.goes = said["leaves"].get("at_ns", NEVER)
        self.stays = said["leaves"].get("after_completion_ns", NEVER)
        self.copies = said["leaves"].get("after_copies", NEVER)  # of the source
        self.upload = 0 if said.get("behavior") == "free rider" else said["upload_bps"]
        self.download = said.get("download_bps") or NEVER  # null is no limit
        self.latency = said.get("latency_ns", network["latency_ns"])  # of what is sent to it
        self.has, self.sent = set(chunks), 0


def run(scenario):
    until, size = scenario["until_ns"], scenario["file"]["bytes"]
    chunk_bytes = scenario["file"]["chunk_bytes"]
    chunks = range(-(-size // chunk_bytes))  # rounded up: the last may be short
    peers = sorted(scenario["peers"], key=lambda peer: peer["id"])
    nodes = [Node(scenario["source"], scenario["network"], chunks)]
    nodes += [Node(peer, scenario["network"], ()) for peer in peers]
    choker = scenario.get("protocol", {}).get("choker", "")
    strict = choker == "strict barter"
    credit = 1 if strict else int(choker[7:]) if choker.startswith("credit ") else NEVER
    given = [[0] * len(nodes) for _ in nodes]  # chunks, by sender and receiver
    events, now, cut = [], 0, False

    def grants(a, b):  # a node with the whole file gives freely
        allowed = 0 if strict and nodes[b].upload == 0 else credit
        return len(nodes[a].has) == len(chunks) or given[a][b] - given[b][a] < allowed

    def transfer():  # the first that comes to its end; None if there is none
        nonlocal cut
        here = [i for i, node in enumerate(nodes) if node.joins <= now < node.goes]
        for b in here:
            for a in here if len(nodes[b].has) < len(chunks) else []:
                serves = nodes[a].upload and grants(a, b)
                chunk = min(nodes[a].has - nodes[b].has, default=None) if serves else None
                if chunk is None:
                    continue
                count = min(chunk_bytes, size - chunk * chunk_bytes)
                rate = min(nodes[a].upload, nodes[b].download)
                gone = now - -count * 8 * 10**9 // rate  # rounded up
                there = gone + nodes[b].latency
                cut = cut or until < there
                if gone <= nodes[a].goes and there <= min(nodes[b].goes, until):
                    return a, b, chunk, count, gone, there
        return None

    def say(event, time, node):
        events.append({"event": event, "t": time, "node": node})

    while True:
        found = transfer()
        if not found:  # wait for the next that joins
            now = min((node.joins for node in nodes if now < node.joins), default=NEVER)
            if until < now:
                break
            continue
        a, b, chunk, count, gone, there = found
        events.append({"event": "transfer", "from": a, "to": b, "chunk": chunk,
                       "start": now, "end": there, "bytes": count})
        given[a][b] += 1
        nodes[a].sent += count
        nodes[b].has.add(chunk)
        if nodes[a].copies * size <= nodes[a].sent:
            nodes[a].goes = gone
        if len(nodes[b].has) == len(chunks):
            say("complete", there, b)
            nodes[b].goes = min(nodes[b].goes, there + nodes[b].stays)
        now = there
    for i, node in enumerate(nodes):
        if i and node.joins <= until:
            say("join", node.joins, i)
        if node.joins <= until and (node.goes <= until or cut):
            say("leave", min(node.goes, until), i)  # where time was short, the end says so
    return events


for line in sys.stdin:
    print("\n".join(map(json.dumps, run(json.loads(line)))), end="\n\n", flush=True)
