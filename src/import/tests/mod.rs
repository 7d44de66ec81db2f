mod captures;
mod streams;
