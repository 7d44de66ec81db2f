//! The smallest useful engine in Rust, with its suite: `cargo test --example minimal`.

use std::collections::{BTreeMap, VecDeque};

use swarmbound::choose::{Choose, pick};
use swarmbound::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use swarmbound::engine::*;
use swarmbound::scenario::{Behavior, Preset};
use swarmbound::{audit::Audit, sim, swarm::Tracker};

#[derive(Clone, Debug)]
enum Message {
    Holds(ChunkSet),
    Request(ChunkId),
    Chunk(ChunkId),
}

impl Payload for Message {
    fn kind(&self) -> Kind<'_> {
        match self {
            Message::Chunk(chunk) => Kind::Chunk(*chunk),
            Message::Holds(_) | Message::Request(_) => Kind::Control,
        }
    }
}

#[derive(Debug)]
struct Minimal {
    me: PeerId,
    role: Role,
    have: ChunkSet,
    holdings: BTreeMap<PeerId, ChunkSet>,
    asked: Option<PeerId>,
    outputs: VecDeque<Output<Message>>,
}

impl NewEngine for Minimal {
    fn new(me: PeerId, manifest: &Manifest, role: Role, _: &Settings) -> Self {
        let all = manifest.chunks();
        let have = if role == Role::Source { ChunkSet::full(all) } else { ChunkSet::empty(all) };
        Minimal { me, role, have, holdings: BTreeMap::new(), asked: None, outputs: [].into() }
    }
}

impl Engine for Minimal {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        match input {
            Input::Start => {
                self.outputs.push_back(Output::Announce { presence: Presence::Here, want: 1000 });
            }
            Input::Members(all) => {
                self.outputs.extend(all.into_iter().filter(|p| *p != self.me).map(Output::Connect));
            }
            Input::Asked(peer) => self.outputs.push_back(Output::Accept(peer)),
            Input::Connected(peer) => {
                self.holdings.insert(peer, ChunkSet::empty(self.have.capacity()));
                self.tell(vec![peer]);
            }
            Input::Disconnected(peer) => drop(self.holdings.remove(&peer)),
            Input::Received { from, message: Message::Holds(chunks) } => {
                self.holdings.entry(from).and_modify(|known| *known = chunks);
            }
            Input::Received { from: to, message: Message::Request(chunk) } => {
                let send = Output::Send { to, message: Message::Chunk(chunk) };
                self.outputs.extend(self.have.contains(chunk).then_some(send));
            }
            Input::Received { message: Message::Chunk(chunk), .. } => {
                self.asked = None;
                if chunk.index() < self.have.capacity() && self.have.insert(chunk) {
                    self.tell(self.holdings.keys().copied().collect());
                    self.outputs.extend(self.have.is_full().then_some(Output::Completed));
                }
            }
            Input::Ready | Input::Sent { .. } | Input::Expired(_) | Input::Leave => {}
        }
        self.request(choose);
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        self.outputs.pop_front()
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }
}

impl Minimal {
    /// A free rider serves nothing, so it says nothing.
    fn tell(&mut self, to: Vec<PeerId>) {
        if self.role != Role::Peer(Behavior::FreeRider) {
            self.outputs.push_back(Output::Tell { to, message: Message::Holds(self.have.clone()) });
        }
    }

    /// Asks for any of the chunks that neighbors hold, unless one is on its way.
    fn request(&mut self, choose: &mut dyn Choose) {
        let awaits = self.asked.is_some_and(|peer| self.holdings.contains_key(&peer));
        let mut offers = Vec::new();
        for (&peer, holds) in self.holdings.iter().filter(|_| !awaits) {
            offers.extend(self.have.missing().filter(|c| holds.contains(*c)).map(|c| (peer, c)));
        }
        if let Some((to, chunk)) = pick(&offers, choose) {
            self.asked = Some(to);
            self.outputs.push_back(Output::Send { to, message: Message::Request(chunk) });
        }
    }
}

fn main() {
    let figure = Preset::named("figure").expect("it is one").scenario(None).expect("it is sound");
    println!("{}", Audit::of(&sim::run::<Minimal, Tracker>(&figure)));
}

#[cfg(test)]
mod tests {
    swarmbound::suite! { engine: crate::Minimal, cases: 16,
    scope: { peers: 20, churn: Churn::None, barter: Barter::None } }
}
