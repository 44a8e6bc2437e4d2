//! Attacks on the log by whoever runs it: each test rewrites the log of the demo city in one way and signs it anew with the
//! log's own key. The tree is right then, and only replay, or what a watchdog remembers, can find what was done. Each finding
//! names the entry. Attacks by those who hold no key are in the tests of `commonweal-verify`.

mod credit;
mod operator;
mod tender;
mod tree;
