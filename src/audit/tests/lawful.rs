//! Runs that are lawful by construction, and what a rule says when one thing in them is bent.
//!
//! The runs are made here by a serial scheduler that knows nothing of the audit: every node sends
//! one transfer at a time and receives one at a time, at the slower of the two rates, and only what
//! it has received. Times are integers, rounded up.

use std::thread;

use super::*;
use crate::scenario::Protocol;

/// What a run is drawn from.
#[derive(Clone, Debug)]
struct Draws {
    uploads: Vec<u64>,
    downloads: Vec<Option<u64>>,
    joins: Vec<u64>,
    source: u64,
    file: (u64, u64),
    latency: u64,
    /// The next transfer: sender, receiver and chunk, the wait before it, and whether it breaks
    /// off or repeats.
    steps: Vec<(u16, u8, u8)>,
}

prop_compose! {
    fn draws()(peers in 1usize..6)(
        uploads in prop::collection::vec(0u64..5, peers),
        downloads in prop::collection::vec(prop::option::of(1u64..6), peers),
        joins in prop::collection::vec(prop_oneof![Just(0), 0u64..300], peers),
        source in 1u64..5,
        file in (1u64..60, 1u64..30),
        latency in prop_oneof![Just(0), 1u64..40],
        steps in prop::collection::vec((any::<u16>(), 0u8..40, any::<u8>()), 0..60),
    ) -> Draws {
        Draws { uploads, downloads, joins, source, file, latency, steps }
    }
}

/// A lawful run with what its maker knows of it.
#[derive(Clone, Debug)]
struct Made {
    run: Run,
    /// Bytes that the receivers lacked, had, and lost.
    useful: u64,
    duplicate: u64,
    aborted: u64,
}

struct Maker {
    made: Made,
    /// held[node][chunk]: since when.
    held: Vec<Vec<Option<u64>>>,
    up: Vec<u64>,
    down: Vec<u64>,
}

/// Bytes per nanosecond, in thirds: so that rounding up happens.
fn rate(thirds: u64) -> Rate {
    Rate(thirds * BYTE_PER_NS.0 / 3)
}

impl Maker {
    fn new(draws: &Draws) -> Self {
        let peers = draws.uploads.len();
        let (bytes, chunk) = draws.file;
        let run = Run::new(peers, 1).unjoined().with(|parts| {
            parts.file = Manifest::new(Bytes(bytes), Bytes(chunk)).unwrap();
            parts.source.upload = rate(draws.source);
            parts.network.latency = Time(draws.latency);
            let one = Protocol { unchoke_slots: 1, optimistic: None, ..Protocol::default() };
            parts.protocol = Some(one);
            for (at, peer) in parts.peers.iter_mut().enumerate() {
                peer.upload = rate(draws.uploads[at]);
                peer.download = draws.downloads[at].map(rate);
                peer.joins = Time(draws.joins[at]);
            }
        });
        let chunks = run.parts.file.chunks();
        let mut held = vec![vec![None; chunks]; peers + 1];
        held[0] = vec![Some(0); chunks];
        let made = Made { run, useful: 0, duplicate: 0, aborted: 0 };
        Maker { made, held, up: vec![0; peers + 1], down: vec![0; peers + 1] }
    }

    fn upload(&self, node: usize) -> u64 {
        let parts = &self.made.run.parts;
        if node == 0 { parts.source.upload.0 } else { parts.peers[node - 1].upload.0 }
    }

    fn join(&self, node: usize) -> u64 {
        if node == 0 { 0 } else { self.made.run.parts.peers[node - 1].joins.0 }
    }

    /// Everything that could be sent; wanted or not.
    fn options(&self, wanted: bool) -> Vec<(usize, usize, usize)> {
        let mut options = Vec::new();
        for (from, chunks) in self.held.iter().enumerate().filter(|(n, _)| self.upload(*n) != 0) {
            for chunk in (0..chunks.len()).filter(|&chunk| chunks[chunk].is_some()) {
                for to in (1..self.held.len()).filter(|&to| to != from) {
                    if self.held[to][chunk].is_none() == wanted {
                        options.push((from, to, chunk));
                    }
                }
            }
        }
        options
    }

    fn step(&mut self, (which, wait, fate): (u16, u8, u8)) {
        let duplicate = self.options(false);
        let options =
            if fate < 20 && !duplicate.is_empty() { duplicate } else { self.options(true) };
        let (from, to, chunk) = options[usize::from(which) % options.len()];
        let run = &self.made.run;
        let length = run.parts.file.length(ChunkId(chunk as u32)).0;
        let bytes = if 235 < fate { length.div_ceil(2) } else { length };
        let download = run.parts.peers[to - 1].download.map_or(u64::MAX, |rate| rate.0);
        let bottleneck = u128::from(self.upload(from).min(download));
        let span = (u128::from(bytes) * 8 * NANO).div_ceil(bottleneck) as u64;
        let latency = run.parts.network.latency.0;
        let held = self.held[from][chunk].unwrap();
        let free = self.up[from].max(self.down[to].saturating_sub(latency));
        let joined = self.join(from).max(self.join(to));
        let start = held.max(free).max(joined) + u64::from(wait / 4);
        let end = start + span + latency;
        (self.up[from], self.down[to]) = (start + span, end);
        let transfer = Transfer {
            from: PeerId(from as u32),
            to: PeerId(to as u32),
            chunk: ChunkId(chunk as u32),
            start: Time(start),
            end: Time(end),
            offset: Bytes(0),
            bytes: Bytes(bytes),
            outcome: if 235 < fate { Outcome::Aborted } else { Outcome::Delivered },
        };
        let made = &mut self.made;
        let choke = start + span;
        made.run = made.run.clone().unchoke(from as u32, to as u32, start);
        made.run = made.run.clone().choke(from as u32, to as u32, choke);
        made.run.events.push(Event::Transfer(transfer));
        match (transfer.outcome, self.held[to][chunk]) {
            (Outcome::Aborted, _) => made.aborted += bytes,
            (Outcome::Delivered, Some(held)) if held <= end => made.duplicate += bytes,
            (Outcome::Delivered, _) => {
                made.useful += bytes;
                self.held[to][chunk] = Some(end);
            }
        }
    }

    /// Runs until all peers have the file, then all leave at the end.
    fn make(draws: &Draws) -> Made {
        let mut maker = Maker::new(draws);
        for step in &draws.steps {
            if maker.options(true).is_empty() {
                break;
            }
            maker.step(*step);
        }
        while !maker.options(true).is_empty() {
            maker.step((0, 0, 100));
        }
        let last = maker.down.iter().max().copied().unwrap();
        let mut run = maker.made.run.clone();
        for node in 1..maker.held.len() {
            let done = maker.held[node].iter().map(|held| held.unwrap()).max().unwrap();
            let id = node as u32;
            run = run.join(id, maker.join(node)).leave(id, last).complete(id, done);
            run = run.connect(0, id, maker.join(node));
            for other in 1..node {
                let both = maker.join(node).max(maker.join(other));
                run = run.connect(other as u32, id, both);
            }
        }
        Made { run, ..maker.made }
    }
}

impl Run {
    /// The positions of the transfers for which something holds.
    fn transfers(&self, wanted: impl Fn(&Transfer) -> bool) -> Vec<usize> {
        let is = |event: &Event| matches!(event, Event::Transfer(t) if wanted(t));
        (0..self.events.len()).filter(|&at| is(&self.events[at])).collect()
    }

    fn transfer(&self, at: usize) -> Transfer {
        match &self.events[at] {
            Event::Transfer(transfer) => *transfer,
            other => panic!("not a transfer: {other:?}"),
        }
    }

    fn bend(&self, at: usize, change: impl FnOnce(&mut Transfer)) -> Run {
        let mut run = self.clone();
        match &mut run.events[at] {
            Event::Transfer(transfer) => change(transfer),
            other => panic!("not a transfer: {other:?}"),
        }
        run
    }

    /// When `node` got `chunk`.
    fn arrival(&self, node: PeerId, chunk: ChunkId) -> Option<Time> {
        let got =
            self.transfers(|t| t.to == node && t.chunk == chunk && t.outcome == Outcome::Delivered);
        got.into_iter().map(|at| self.transfer(at).end).min()
    }

    fn delivered(&self) -> Vec<usize> {
        self.transfers(|t| t.outcome == Outcome::Delivered)
    }
}

fn pick(positions: &[usize], draw: u16) -> Option<usize> {
    positions.get(usize::from(draw) % positions.len().max(1)).copied()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn lawful_runs_hold_and_their_capacity_adds_up(draws in draws()) {
        let made = Maker::make(&draws);
        made.run.assert_holds();
        let report = made.run.report();
        let slack = report.slack;
        prop_assert_eq!(slack.useful, u128::from(made.useful) * 8);
        prop_assert_eq!(slack.duplicate, u128::from(made.duplicate) * 8);
        prop_assert_eq!(slack.aborted, u128::from(made.aborted) * 8);
        prop_assert_eq!(slack.burst, 0);
        // All nodes stay to the end, so the capacity is rate x stay.
        let all = made.run.transfers(|_| true);
        let ends = all.iter().map(|&at| made.run.transfer(at).end.0);
        let horizon = report.distribution_time.unwrap().0.max(ends.max().unwrap());
        let stay = |rate: Rate, join: Time| rate.nanobits(Time(horizon - join.0)) / NANO;
        let peers = made.run.parts.peers.iter().map(|peer| stay(peer.upload, peer.joins));
        let source = stay(made.run.parts.source.upload, Time::ZERO);
        prop_assert_eq!(slack.capacity, source + peers.sum::<u128>());
        prop_assert_eq!(slack.supplied(), slack.spent());
    }

    /// What holds with exact stamps holds with a receiver's, and with gaps.
    #[test]
    fn less_evidence_never_accuses_a_lawful_run(
        draws in draws(), tolerance in 0u64..50, complete: bool, keep in any::<u64>(),
    ) {
        let made = Maker::make(&draws);
        made.run.clone().evidence(Stamps::Wire, tolerance, true).assert_holds();
        // Clocks that differ by no more than the tolerance, and lines that got lost.
        let shift = |node: PeerId| (keep.rotate_left(node.0 * 7)) % (tolerance + 1);
        let mut run = made.run.clone().evidence(Stamps::Receiver, tolerance, complete);
        for event in &mut run.events {
            if let Event::Transfer(t) = event {
                t.start.0 += shift(t.to);
                t.end.0 += shift(t.to);
            }
        }
        for rule in ["uplink_capacity", "downlink_capacity", "causality", "conservation",
                     "completion"] {
            prop_assert_eq!(run.verdict(rule), Verdict::Holds, "{}", rule);
        }
        let mut at = 0u32;
        run.evidence.complete = false;
        run.events.retain(|_| {
            at += 1;
            keep.rotate_left(at) % 4 != 0
        });
        for rule in &run.report().rules {
            prop_assert_ne!(rule.judgement.verdict, Verdict::Violated, "{:?}", rule);
        }
    }

    /// Whatever lines are lost, what is left is not accused: first joins and returns, connects and
    /// disconnects, chokes and unchokes included.
    #[test]
    fn any_lines_may_be_lost(
        draws in draws(),
        rate in 1u8..9,
        seed in any::<u64>(),
        tolerance in prop::option::of(0u64..50),
    ) {
        let made = Maker::make(&draws);
        let last = made.run.events.iter().map(|event| event.at().0).max().unwrap();
        let mut run = made.run.clone();
        for peer in 1..=draws.uploads.len() as u32 {
            let back = last + u64::from(peer);
            run = run.disconnect(0, peer, last).join(peer, back).connect(0, peer, back);
            run = run.unchoke(0, peer, back).choke(0, peer, back).leave(peer, back);
            run = run.join(peer, back).leave(peer, last + 20);
        }
        if let Some(tolerance) = tolerance {
            run = run.receiver(tolerance);
        }
        run.assert_holds();
        let mut run = run.gaps();
        let mut choose = crate::choose::Seeded::new(seed, 0);
        run.events.retain(|_| {
            let ten = 10.try_into().unwrap();
            crate::choose::Choose::index(&mut choose, ten) < usize::from(rate)
        });
        for rule in &run.report().rules {
            prop_assert_ne!(rule.judgement.verdict, Verdict::Violated, "{:?}", rule);
        }
    }

    #[test]
    fn passing_on_before_the_arrival_is_seen(draws in draws(), draw: u16, early in 1u64..20) {
        let made = Maker::make(&draws);
        let passed = made.run.transfers(|t| !t.from.is_source());
        prop_assume!(!passed.is_empty());
        let at = pick(&passed, draw).unwrap();
        let t = made.run.transfer(at);
        let got = made.run.arrival(t.from, t.chunk).unwrap();
        let run = made.run.bend(at, |t| t.start = Time(got.0.saturating_sub(early)));
        prop_assert_eq!(run.verdict("causality"), Verdict::Violated);
        let lawful = made.run.bend(at, |t| t.start = got);
        prop_assert_eq!(lawful.verdict("causality"), Verdict::Holds);
    }

    #[test]
    fn any_number_of_threads_comes_to_the_same(draws in draws(), draw: u16, threads in 2usize..6) {
        let made = Maker::make(&draws);
        let Some(at) = pick(&made.run.delivered(), draw) else { return Ok(()) };
        // Something is wrong, so that rules have different things to say.
        let trace = made.run.bend(at, |transfer| transfer.start = transfer.end).trace();
        let mut audit = Audit::new(trace.header.clone());
        trace.events.iter().for_each(|event| audit.event(event));
        let judging = audit.judging();
        thread::scope(|scope| {
            (0..threads).for_each(|_| drop(scope.spawn(|| judging.work())));
        });
        let report = judging.report();
        prop_assert_eq!(report.rules.iter().map(|ruled| ruled.name).collect::<Vec<_>>(),
            ALL.iter().map(|entry| entry.name).collect::<Vec<_>>());
        prop_assert_eq!(report, Audit::of(&trace));
    }

    #[test]
    fn a_transfer_that_is_too_fast_is_seen(draws in draws(), draw: u16) {
        let made = Maker::make(&draws);
        let at = pick(&made.run.delivered(), draw).unwrap();
        let flight = draws.latency;
        // Half the time is too little for every transfer that takes at least three nanoseconds:
        // rounding up gave it less than one too many.
        let t = made.run.transfer(at);
        let span = t.end.0 - t.start.0 - flight;
        prop_assume!(3 <= span);
        let run = made.run.bend(at, |t| t.end = Time(t.start.0 + flight + span / 2));
        let verdicts = [run.verdict("uplink_capacity"), run.verdict("downlink_capacity")];
        prop_assert!(verdicts.contains(&Verdict::Violated), "{:?}", verdicts);
        let run = made.run.bend(at, |t| t.end = Time((t.start.0 + flight).saturating_sub(1)));
        if 0 < flight && t.start <= Time(t.start.0 + flight - 1) {
            prop_assert_eq!(run.verdict("causality"), Verdict::Violated);
        }
    }

    #[test]
    fn a_chunk_that_never_came_is_seen(draws in draws(), draw: u16) {
        let made = Maker::make(&draws);
        // The useful ones: the first arrival of a chunk, and only one of them.
        let useful = made.run.transfers(|t| {
            let copies = made.run.transfers(|other| {
                (other.to, other.chunk, other.outcome) == (t.to, t.chunk, t.outcome)
            });
            t.outcome == Outcome::Delivered && copies.len() == 1
        });
        prop_assume!(!useful.is_empty());
        let at = pick(&useful, draw).unwrap();
        let mut dropped = made.run.clone();
        dropped.events.remove(at);
        let aborted = made.run.bend(at, |t| t.outcome = Outcome::Aborted);
        for run in [dropped, aborted] {
            prop_assert_eq!(run.verdict("conservation"), Verdict::Violated);
            prop_assert_eq!(run.verdict("completion"), Verdict::Violated);
            prop_assert_ne!(run.gaps().verdict("conservation"), Verdict::Violated);
        }
    }

    #[test]
    fn a_claim_that_is_off_by_a_nanosecond_is_seen(draws in draws(), draw: u16, late: bool) {
        let made = Maker::make(&draws);
        let is_claim = |event: &Event| matches!(event, Event::Complete { .. });
        let claims: Vec<usize> =
            (0..made.run.events.len()).filter(|&at| is_claim(&made.run.events[at])).collect();
        let mut run = made.run.clone();
        match &mut run.events[pick(&claims, draw).unwrap()] {
            Event::Complete { at, .. } if late => at.0 += 1,
            Event::Complete { at, .. } => at.0 -= 1,
            other => panic!("{other:?}"),
        }
        prop_assert_eq!(run.verdict("completion"), Verdict::Violated);
    }

    #[test]
    fn whoever_is_not_there_is_seen(draws in draws(), draw: u16) {
        let made = Maker::make(&draws);
        let at = pick(&made.run.delivered(), draw).unwrap();
        let t = made.run.transfer(at);
        let mut run = made.run.clone();
        for event in &mut run.events {
            match event {
                Event::Leave { at, node } if *node == t.to => *at = Time(t.end.0 - 1),
                _ => {}
            }
        }
        prop_assert_eq!(run.verdict("membership"), Verdict::Violated);
        let mut run = made.run.clone();
        run.events.retain(|event| !matches!(event, Event::Join { node, .. } if *node == t.to));
        prop_assert_eq!(run.verdict("membership"), Verdict::Violated);
    }

    #[test]
    fn strangers_and_the_choked_are_seen(draws in draws(), draw: u16) {
        let made = Maker::make(&draws);
        let t = made.run.transfer(pick(&made.run.delivered(), draw).unwrap());
        let pair = [t.from, t.to];
        let mut run = made.run.clone();
        run.events.push(Event::Connect { at: Time(0), a: PeerId(0), b: PeerId(0) });
        run.events.retain(|event| {
            !matches!(event, Event::Connect { a, b, .. } if pair.contains(a) && pair.contains(b)
                && a != b)
        });
        prop_assert_eq!(run.verdict("neighbors"), Verdict::Violated);
        // Two stays that touch are one: only an unchoke of its own can be missed.
        let is_choked = |event: &Event| {
            matches!(event, Event::Choke { at, from, to }
                if (*at, *from, *to) == (t.start, t.from, t.to))
        };
        prop_assume!(!made.run.events.iter().any(is_choked));
        let mut run = made.run.clone();
        run.events.push(Event::Choke { at: Time(0), from: PeerId(0), to: PeerId(1) });
        run.events.retain(|event| {
            !matches!(event, Event::Unchoke { at, from, to }
                if (*at, *from, *to) == (t.start, t.from, t.to))
        });
        prop_assert_eq!(run.verdict("choking"), Verdict::Violated);
    }

    /// The source never sends one chunk: then a peer that has it has it from nowhere.
    #[test]
    fn a_chunk_that_the_source_never_sent_is_seen(draws in draws(), draw: u16) {
        let made = Maker::make(&draws);
        let peers = made.run.parts.peers.len() as u32;
        prop_assume!(2 <= peers);
        let chunk = ChunkId(u32::from(draw) % made.run.parts.file.chunks() as u32);
        let mut run = made.run.clone();
        for event in &mut run.events {
            if let Event::Transfer(t) = event
                && t.chunk == chunk
                && t.from.is_source()
            {
                t.from = PeerId(t.to.0 % peers + 1);
            }
        }
        prop_assert_eq!(run.verdict("causality"), Verdict::Violated);
        prop_assert_ne!(run.gaps().verdict("causality"), Verdict::Holds);
    }
}
