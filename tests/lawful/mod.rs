//! Logs that are lawful by construction, drawn without any code that they are to test, and faults
//! planted in them.
//!
//! A log is lawful when some swarm that keeps to what the header declares can have written it. Here
//! such a swarm is played (`play`, `start`, `act`), nanosecond by nanosecond, with what is true of
//! it at each instant (`world`); then it is observed as the header says (`observe`): by clocks that
//! differ, by receivers, with lines missing, in any order. What is kept to:
//!
//! - *Links*. In every window of time a node sends, and receives, at most capacity x length +
//!   burst. Rates are whole numbers of bits per second and add up to the capacity at most; a
//!   transfer ends in the first nanosecond by which its bytes have moved. What is sent to a node
//!   arrives its latency later. A free rider sends nothing; a node without capacity may spend its
//!   burst.
//! - *Held*. Without `multi_source` a chunk is held when the delivered transfers of one sender
//!   cover it, with it when delivered transfers do. A node sends a chunk, or a part of it, that it
//!   holds; under `cut_through` also bytes that have come, each after it came, while others still
//!   come. Under `coded` any bytes that came may be sent, once they are as many as a chunk has
//!   (under `cut_through` at once), under any label; the file is complete when every byte of it has
//!   come.
//! - *Instant*. What happens at one instant may have happened in any order. A leave and a join at
//!   one instant are a departure and an arrival: what was under way is broken off, connections and
//!   unchokes are over.
//! - *Aborted*. A transfer that is broken off has the bytes that left, and ends when the last of
//!   them arrives; a receiver that left or disconnected in between is no fault. A failed hash is an
//!   aborted transfer with all its bytes. What is broken off may also be logged as delivered in
//!   part.
//! - *Claims*. With exact stamps a peer claims at the instant at which it holds the last chunk.
//!   With receiver or wire stamps it may claim later, at its departure or the cut-off at the
//!   latest.
//! - *Members*. Nodes join at or after their announced arrival and are gone by the announced
//!   departure; they may come late, leave early, come back or never come.
//! - *Neighbors, chokes, slots*. Where they are logged, bytes leave over connections only, a
//!   transfer starts while its sender unchokes the receiver, and no more neighbors are unchoked
//!   than there are slots.
//! - *Barter*. A leecher is ahead of a peer by no more chunks than the barter allows, whether what
//!   is on the way counts or not; in strict barter it gives nothing to a peer without uplink.
//! - *End*. Either nothing can move any more; or the run is cut off, with a line at `until`; or it
//!   is cut off while every peer that is there and lacks something waits for a transfer, to itself
//!   or to a neighbor that will pass it on, of which a link was full since the last line that shows
//!   that it could begin, though these transfers are not logged. A declared stall is longer than
//!   any time for which a peer could have been served and was not.
//! - *Evidence*. The clocks of any two nodes, and that of the announced times, differ by the
//!   tolerance at most. With receiver or wire stamps a transfer may wait in a queue on its way for
//!   any time, after its sender has left, too, and its start is stamped between the first byte's
//!   departure and its arrival. Where the log may have gaps, any lines are missing.

pub(crate) mod act;
pub(crate) mod campaign;
pub(crate) mod draw;
pub(crate) mod extreme;
pub(crate) mod judge;
pub(crate) mod log;
pub(crate) mod observe;
pub(crate) mod plant;
pub(crate) mod play;
pub(crate) mod ranges;
pub(crate) mod setup;
pub(crate) mod shrink;
pub(crate) mod sowing;
pub(crate) mod start;
pub(crate) mod world;
