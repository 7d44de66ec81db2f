mod judged;
mod links;
mod runs;
mod scenarios;
