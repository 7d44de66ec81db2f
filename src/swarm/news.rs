//! News that can wait.
//!
//! Most of what a swarm says is that somebody has a chunk now, and most of that changes only what a
//! peer knows: it lacks the chunk, wants something of that neighbor already, and would not request
//! the chunk of it now, be it that it may not or that it is on its way from somebody else. Such
//! news is taken later, several at once, when the peer has to act.

use super::message::Message;
use super::neighbor::Neighbor;
use super::peer::Peer;
use crate::chunks::{ChunkId, PeerId};
use crate::engine::Input;

/// How many messages memory is asked for at a time.
const AHEAD: usize = 16;

/// Where a neighbor stands in [`Peer::restless`], together with others.
fn mark(peer: PeerId) -> u64 {
    1 << (peer.0 % u64::BITS)
}

impl Peer {
    /// Does a message only add to what this peer knows?
    #[inline]
    pub(super) fn is_mere_news(&self, from: PeerId, message: &Message) -> bool {
        match *message {
            // Whoever has everything, as the source in its first pass, looks at all news.
            Message::Have(chunk) => {
                self.exists(chunk)
                    && !self.have.contains(chunk)
                    && (self.restless & mark(from) == 0 || self.is_indifferent(from, chunk))
            }
            Message::KeepAlive => true,
            _ => false,
        }
    }

    /// Does nothing follow when this neighbor gets a chunk that this peer lacks?
    fn is_indifferent(&self, from: PeerId, chunk: ChunkId) -> bool {
        self.neighbors.position(from).is_none_or(|at| {
            let neighbor = self.neighbors.record(at);
            neighbor.interesting && !(self.open.contains(chunk) && self.could_request(neighbor))
        })
    }

    fn could_request(&self, of: &Neighbor) -> bool {
        of.serves_me && self.awaited.with(of.peer).count() < self.settings.requests as usize
    }

    /// Those neighbors that this peer wants nothing of, or could request a chunk of: a bit for some
    /// ids each, which nobody else's news need look further than. It is a function of the rest of
    /// the state.
    pub(super) fn who_is_restless(&self) -> u64 {
        let restless = |n: &&Neighbor| !n.interesting || self.could_request(n);
        self.neighbors.iter().filter(restless).fold(0, |all, one| all | mark(one.peer))
    }

    /// Can an input change who is restless?
    pub(super) fn moves_restlessness(input: &Input<Message>) -> bool {
        match input {
            Input::Ready | Input::Sent { .. } => false,
            Input::Received { message, .. } => {
                !matches!(message, Message::Request(_) | Message::Cancel(_) | Message::KeepAlive)
            }
            _ => true,
        }
    }

    /// Takes news that could wait.
    pub(super) fn take_news(&mut self, news: &[(PeerId, Message)]) {
        for some in news.chunks(AHEAD) {
            // The memory that is asked for here is there when it is looked at below.
            let mut guesses = [0; AHEAD];
            for (guess, (from, message)) in guesses.iter_mut().zip(some) {
                *guess = self.neighbors.guess(*from);
                if let Message::Have(chunk) = message {
                    self.neighbors.expect(*guess, *chunk);
                    self.rarity.expect(*chunk);
                }
            }
            for (guess, (from, message)) in guesses.into_iter().zip(some) {
                let Some(at) = self.neighbors.confirm(guess, *from) else { continue };
                self.neighbors.at(at).silent = 0;
                if let Message::Have(chunk) = *message
                    && self.neighbors.add(at, chunk, 1)
                {
                    self.rarity.add(chunk);
                }
            }
        }
    }
}
