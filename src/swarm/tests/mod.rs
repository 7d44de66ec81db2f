mod peer;
mod policies;
mod tracker;
