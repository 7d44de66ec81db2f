//! What is pending with neighbors: short lists, a few entries for those few that anything is
//! pending with. The type to know is [`Pending`].

use crate::chunks::PeerId;

/// Entries by neighbor, in the order in which each neighbor's came: one value for equal contents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pending<T>(Vec<(PeerId, T)>);

impl<T: Copy> Pending<T> {
    pub(super) fn new() -> Self {
        Pending(Vec::new())
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.len() * size_of::<(PeerId, T)>()
    }

    /// What is pending with a neighbor.
    pub(super) fn with(&self, peer: PeerId) -> impl Iterator<Item = T> + '_ {
        let from = self.0.partition_point(|&(other, _)| other < peer);
        let its = self.0[from..].iter().take_while(move |&&(other, _)| other == peer);
        its.map(|&(_, entry)| entry)
    }

    /// What is pending with anybody.
    pub(super) fn all(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().map(|&(_, entry)| entry)
    }

    /// The same, to change it.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, entry)| entry)
    }

    pub(super) fn push(&mut self, peer: PeerId, entry: T) {
        let at = self.0.partition_point(|&(other, _)| other <= peer);
        self.0.insert(at, (peer, entry));
    }

    /// Takes the first that fits out; says whether there was one.
    pub(super) fn take(&mut self, peer: PeerId, fits: impl Fn(T) -> bool) -> bool {
        let at = self.0.iter().position(|&(other, entry)| other == peer && fits(entry));
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// Takes everything with a neighbor out.
    pub(super) fn take_all(&mut self, peer: PeerId) -> Vec<T> {
        let taken = self.with(peer).collect();
        self.0.retain(|&(other, _)| other != peer);
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        /// A map from neighbors to lists, and equal to any other with the same contents.
        fn it_is_a_list_for_each_neighbor(steps: Vec<(u8, u8, u8)>) -> bool {
            let mut pending = Pending::new();
            let mut model: BTreeMap<PeerId, Vec<u8>> = BTreeMap::new();
            for (what, peer, entry) in steps {
                let (peer, entry) = (PeerId(u32::from(peer % 4)), entry % 8);
                let its = model.entry(peer).or_default();
                match what % 8 {
                    0 => assert_eq!(pending.take_all(peer), std::mem::take(its)),
                    1..4 => {
                        let place = its.iter().position(|&other| other == entry);
                        let taken = place.map(|at| its.remove(at)).is_some();
                        assert_eq!(pending.take(peer, |other| other == entry), taken);
                    }
                    _ => {
                        pending.push(peer, entry);
                        its.push(entry);
                    }
                }
                assert!(pending.with(peer).eq(its.iter().copied()));
            }
            let mut other = Pending::new();
            for (&peer, its) in model.iter().rev() {
                its.iter().for_each(|&entry| other.push(peer, entry));
            }
            pending == other && pending.all().eq(model.into_values().flatten())
        }
    }
}
