//! How a witness shows events and states of a choker.

use std::fmt;

use super::{ChokeAction, ChokeEvent, ChokeState, Seat};

impl fmt::Debug for ChokeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ChokeEvent::Want(neighbor) => write!(f, "{neighbor} wants something"),
            ChokeEvent::Content(neighbor) => write!(f, "{neighbor} wants nothing any more"),
            ChokeEvent::Give(neighbor) => write!(f, "{neighbor} gives a chunk"),
            ChokeEvent::Take(neighbor) => write!(f, "{neighbor} is sent a chunk"),
            ChokeEvent::Offer(neighbor) => write!(f, "{neighbor} begins to serve"),
            ChokeEvent::Withdraw(neighbor) => write!(f, "{neighbor} ceases to serve"),
            ChokeEvent::Rechoke => write!(f, "the choker decides"),
            ChokeEvent::Rotate => write!(f, "the optimistic slot moves on"),
        }
    }
}

impl fmt::Debug for ChokeAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.event)?;
        match (self.event, self.lucky) {
            (ChokeEvent::Rotate, Some(lucky)) => write!(f, " to {lucky}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ChokeState {
    /// `1 is served by luck, owes 1; 2 waits for 1; 3 is content`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (neighbor, seat) in (1u8..).zip(&self.seats) {
            let divide = if neighbor == 1 { "" } else { "; " };
            let luck = if self.lucky == Some(neighbor) { " by luck" } else { "" };
            let place = match (seat.interested, seat.served) {
                (true, true) => "is served",
                (true, false) => "waits",
                (false, false) => "is content",
                (false, true) => "is content and served",
            };
            write!(f, "{divide}{neighbor} {place}{luck}{seat:?}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Seat {
    /// What a choker sees beside the place: `, gave, owes 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if 0 < self.waited {
            // The order of all waiting times, not the times.
            write!(f, ", waited (rank {})", self.waited)?;
        }
        let said = [(self.gave, "gave"), (self.took, "took"), (self.serves, "serves")];
        for (_, word) in said.into_iter().filter(|(holds, _)| *holds) {
            write!(f, ", {word}")?;
        }
        match self.balance {
            0 => Ok(()),
            owes @ 1.. => write!(f, ", owes {owes}"),
            owed => write!(f, ", is owed {}", -i16::from(owed)),
        }
    }
}
