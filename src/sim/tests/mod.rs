mod links;
mod runs;
