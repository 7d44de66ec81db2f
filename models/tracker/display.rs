//! How a witness shows actions and states around a tracker.

use std::fmt;

use super::{Listed, TrackedPeer, TrackerAction, TrackerState};

impl fmt::Debug for TrackerAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TrackerAction::Join(peer) => write!(f, "{peer} joins and announces itself"),
            TrackerAction::Announce(peer) => write!(f, "{peer} announces itself again"),
            TrackerAction::Leave(peer) => write!(f, "{peer} leaves and says goodbye"),
            TrackerAction::Die(peer) => write!(f, "{peer} crashes silently"),
            TrackerAction::Hear { peer, .. } => write!(f, "the tracker hears {peer}"),
            TrackerAction::Part(peer) => write!(f, "the tracker hears the goodbye of {peer}"),
            TrackerAction::LoseHello(peer) => write!(f, "the announce of {peer} is lost"),
            TrackerAction::LoseGoodbye(peer) => write!(f, "the goodbye of {peer} is lost"),
            TrackerAction::Tick => write!(f, "an interval passes"),
        }
    }
}

impl<T: Listed> fmt::Debug for TrackerState<T> {
    /// `tracker lists {1}; 1 alive, heard 0 intervals ago; 2 away, goodbye under way`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed: Vec<String> =
            self.tracker.listed().iter().map(|member| member.index().to_string()).collect();
        write!(f, "tracker lists {{{}}}", listed.join(","))?;
        for (peer, node) in (1u8..).zip(&self.nodes) {
            write!(f, "; {peer} {node:?}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TrackedPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", if self.alive { "alive" } else { "away" })?;
        if self.hello {
            write!(f, ", announce under way")?;
        }
        if self.goodbye {
            write!(f, ", goodbye under way")?;
        }
        match self.heard {
            None => Ok(()),
            Some(1) => write!(f, ", heard 1 interval ago"),
            Some(ago) => write!(f, ", heard {ago} intervals ago"),
        }
    }
}
