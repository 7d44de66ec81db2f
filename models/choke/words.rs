//! Events and states of a choker in words, as a witness shows them.

use std::fmt;

use super::{Action, Event, Seat, State};

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Event::Want(neighbor) => write!(f, "{neighbor} wants something"),
            Event::Content(neighbor) => write!(f, "{neighbor} wants nothing any more"),
            Event::Give(neighbor) => write!(f, "{neighbor} gives a chunk"),
            Event::Take(neighbor) => write!(f, "{neighbor} is sent a chunk"),
            Event::Offer(neighbor) => write!(f, "{neighbor} begins to serve"),
            Event::Withdraw(neighbor) => write!(f, "{neighbor} ceases to serve"),
            Event::Rechoke => write!(f, "the choker decides"),
            Event::Rotate => write!(f, "the optimistic slot moves on"),
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.event)?;
        match (self.event, self.lucky) {
            (Event::Rotate, Some(lucky)) => write!(f, " to {lucky}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for State {
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
