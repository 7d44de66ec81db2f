mod judged;
mod links;
mod runs;
mod waiting;
