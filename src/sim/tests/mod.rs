mod judged;
mod links;
mod runs;
