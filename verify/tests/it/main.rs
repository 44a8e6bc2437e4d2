//! A log written with the code of `domain`, then tampered with in every way that a watchdog must notice.
#![cfg(test)]

mod binary;
mod clean;
mod demo_log;
mod items;
mod keys;
mod server;
mod tampered;
