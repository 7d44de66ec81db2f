use proptest::prelude::*;

use crate::chunks::{ChunkId, PeerId};
use crate::sim::links::{End, FlowId, Links};
use crate::units::{Bytes, NANO, Rate, Time};

#[derive(Clone, Debug)]
enum Step {
    Begin(u32, u32, u64),
    /// Stops the i-th of what is on its way.
    Stop(usize),
    /// A node's link gets this capacity up, and down where it has a limit.
    Change(u32, u64, u64),
    /// Goes on to the next end, or by this much when there is none earlier.
    Wait(u64),
}

const NODES: u32 = 4;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..NODES, 1..NODES, 1..40u64)
            .prop_map(|(from, hop, bytes)| Step::Begin(from, (from + hop) % NODES, bytes)),
        1 => (0..6usize).prop_map(Step::Stop),
        1 => (0..NODES, 0..9u64, 1..12u64)
            .prop_map(|(node, up, down)| Step::Change(node, up, down)),
        4 => (0..60_000_000_000u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..60)
}

fn capacities() -> impl Strategy<Value = Vec<(Rate, Option<Rate>)>> {
    let down = prop_oneof![Just(None), (1..12u64).prop_map(|rate| Some(Rate(rate)))];
    let node = ((0..9u64).prop_map(Rate), down);
    prop::collection::vec(node, NODES as usize)
}

/// A transfer in the test's own, slow books: what it has moved, in nanobits.
#[derive(Clone, Debug)]
struct Entry {
    id: FlowId,
    from: PeerId,
    to: PeerId,
    bytes: Bytes,
    moved: u128,
    rate: u64,
    /// When it last moved, or else began.
    last: Time,
    end: Option<End>,
}

/// Oldest first, each takes what both ends have left: straight from the description.
fn allot(entries: &mut [Entry], capacities: &[(Rate, Option<Rate>)]) {
    let mut up: Vec<u64> = capacities.iter().map(|(up, _)| up.0).collect();
    let mut down: Vec<u64> =
        capacities.iter().map(|(_, down)| down.map_or(u64::MAX, |rate| rate.0)).collect();
    for entry in entries {
        entry.rate = up[entry.from.index()].min(down[entry.to.index()]);
        up[entry.from.index()] -= entry.rate;
        down[entry.to.index()] -= entry.rate;
    }
}

struct Books {
    links: Links,
    entries: Vec<Entry>,
    capacities: Vec<(Rate, Option<Rate>)>,
    now: Time,
}

impl Books {
    fn settle(&mut self) {
        let (mut ends, mut touched) = (Vec::new(), Vec::new());
        self.links.settle(self.now, &mut ends, &mut touched);
        allot(&mut self.entries, &self.capacities);
        for entry in &mut self.entries {
            entry.end = ends.iter().rfind(|end| end.flow == entry.id).copied().or(entry.end);
        }
    }

    /// The books agree with the links on every end that is to come.
    fn check(&self) -> Result<(), TestCaseError> {
        for entry in &self.entries {
            let left = entry.bytes.nanobits() - entry.moved;
            let expected = Rate(entry.rate).time_for(left).map(|span| self.now + span);
            let foreseen =
                entry.end.filter(|end| self.links.current(end.flow, end.version).is_some());
            prop_assert_eq!(foreseen.map(|end| end.at), expected, "{:?}", entry);
        }
        for (node, &(up, _)) in self.capacities.iter().enumerate() {
            let node = PeerId(node as u32);
            let mine = self.entries.iter().filter(|entry| entry.from == node);
            let used: u64 = mine.map(|entry| entry.rate).sum();
            prop_assert_eq!(self.links.has_spare(node), used < up.0);
        }
        prop_assert_eq!(self.links.is_idle(), self.entries.iter().all(|entry| entry.rate == 0));
        Ok(())
    }

    fn wait(&mut self, span: Time) {
        let next = self.entries.iter().filter(|e| e.rate != 0).filter_map(|e| e.end);
        let at = next.map(|end| end.at).min().map_or(self.now + span, |at| at.min(self.now + span));
        for entry in &mut self.entries {
            let moved = u128::from(entry.rate) * u128::from(at.0 - self.now.0);
            entry.moved = (entry.moved + moved).min(entry.bytes.nanobits());
            if entry.rate != 0 {
                entry.last = at;
            }
        }
        self.now = at;
        let (over, going): (Vec<Entry>, Vec<Entry>) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|entry| entry.moved == entry.bytes.nanobits());
        self.entries = going;
        for entry in over {
            self.links.depart(entry.id, self.now);
            let flow = self.links.arrive(entry.id);
            assert_eq!((flow.from, flow.to, flow.bytes), (entry.from, entry.to, entry.bytes));
        }
    }
}

proptest! {
    /// Rates, ends, spare capacity and stopped transfers against a book that is kept the slow way.
    #[test]
    fn the_oldest_takes_what_both_ends_have_left(
        capacities in capacities(), steps in steps(),
    ) {
        let links = Links::new(capacities.iter().copied());
        let mut books = Books { links, entries: Vec::new(), capacities, now: Time::ZERO };
        for step in steps {
            match step {
                Step::Begin(from, to, bytes) => {
                    let (from, to, bytes) = (PeerId(from), PeerId(to), Bytes(bytes));
                    let id = books.links.begin((from, to), (ChunkId(0), bytes), books.now);
                    let (moved, rate, last) = (0, 0, books.now);
                    books.entries.push(Entry { id, from, to, bytes, moved, rate, last, end: None });
                }
                Step::Stop(at) if at < books.entries.len() => {
                    let entry = books.entries.remove(at);
                    let stopped = books.links.stop(entry.id, books.now);
                    prop_assert_eq!(u128::from(stopped.moved.0), entry.moved / (8 * NANO));
                    prop_assert_eq!(stopped.last, entry.last);
                }
                Step::Stop(_) => {}
                Step::Change(node, up, down) => {
                    let of_node = &mut books.capacities[node as usize];
                    *of_node = (Rate(up), of_node.1.map(|_| Rate(down)));
                    books.links.change(PeerId(node), of_node.0, of_node.1);
                }
                // As in a run: whatever one instant begins and stops is settled at once.
                Step::Wait(span) => {
                    books.settle();
                    books.check()?;
                    books.wait(Time(span));
                }
            }
        }
        books.settle();
        books.check()?;
    }
}
