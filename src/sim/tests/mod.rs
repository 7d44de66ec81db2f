mod flush;
mod judged;
mod links;
mod runs;
mod showing;
